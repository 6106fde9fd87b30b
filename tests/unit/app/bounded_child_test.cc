#include "proxy/app/bounded_child.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>

#include "proxy/app/setup/signal_hold.h"

namespace portcullis::app {
namespace {

TEST(BoundedChildTest, RootBecomesTheUserOrRunsNothing) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  const auto done = run_child({.program = "/usr/bin/id", .arguments = {"-un"}, .user = "nobody"});
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->out, "nobody\n");
  const auto none =
      run_child({.program = "/usr/bin/id", .arguments = {"-un"}, .user = "no-such-user"});
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().message.find("no user \"no-such-user\""), std::string::npos);
}

TEST(BoundedChildTest, ASignalThatWaitsEndsIt) {
  const SignalHold hold;
  EXPECT_FALSE(is_asked_to_end());
  ::raise(SIGTERM);
  EXPECT_TRUE(is_asked_to_end());
  const auto done = run_child({.program = "/usr/bin/sleep", .arguments = {"60"}});
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().message.find("stopped by a signal"), std::string::npos);
  int taken = 0;
  const auto signals = end_signals();
  EXPECT_EQ(::sigwait(&signals, &taken), 0);
  EXPECT_EQ(taken, SIGTERM);
}

TEST(BoundedChildTest, HasSignalsOfItsOwn) {
  const SignalHold hold;
  const auto done =
      run_child({.program = "/bin/sh", .arguments = {"-c", "kill -TERM $$; echo still here"}});
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->status, 128 + SIGTERM);
  EXPECT_EQ(done->out, "");
}

}  // namespace
}  // namespace portcullis::app
