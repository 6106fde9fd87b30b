// Work on a loop has an owner, who is told when memory runs out in it; everybody else goes on.

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <new>

#include "proxy/net/turn_task.h"
#include "tests/unit/net/harness.h"

namespace portcullis::net {
namespace {

struct Someone final : Loop::Owner {
  int told = 0;
  std::function<void()> then;
  void on_no_memory() noexcept override {
    ++told;
    if (then) then();
  }
};

[[noreturn]] void run_out() {
  throw std::bad_alloc();
}

class OwnerTest : public testing::Test {
 protected:
  bool until(const std::function<bool()>& condition) { return test::run_until(loop_, condition); }

  Loop loop_;
  const std::shared_ptr<Someone> one_ = std::make_shared<Someone>();
  const std::shared_ptr<Someone> other_ = std::make_shared<Someone>();
};

TEST_F(OwnerTest, IsToldWhenMemoryRunsOut) {
  loop_.enter(one_, [] { run_out(); });
  EXPECT_EQ(one_->told, 1);
  EXPECT_EQ(loop_.owner(), nullptr);
  EXPECT_EQ(loop_.failures(), 0U);
}

TEST_F(OwnerTest, IsNotToldOfOtherErrors) {
  EXPECT_THROW(loop_.enter(one_, [] { throw std::runtime_error("a mistake of ours"); }),
               std::runtime_error);
  EXPECT_EQ(one_->told, 0);
}

TEST_F(OwnerTest, WorkOfNobodyIsOnlyCounted) {
  loop_.enter(nullptr, [] { run_out(); });
  EXPECT_EQ(loop_.failures(), 1U);
}

TEST_F(OwnerTest, WithinItsOwnWorkAllOfItIsLeft) {
  bool went_on = false;
  loop_.enter(one_, [&] {
    loop_.enter(one_, [] { run_out(); });
    went_on = true;
  });
  EXPECT_FALSE(went_on);
  EXPECT_EQ(one_->told, 1);
}

TEST_F(OwnerTest, AnotherOwnersFailureIsNotItsOwn) {
  bool went_on = false;
  loop_.enter(one_, [&] {
    loop_.enter(other_, [] { run_out(); });
    went_on = loop_.owner() == one_;
  });
  EXPECT_TRUE(went_on);
  EXPECT_EQ(one_->told, 0);
  EXPECT_EQ(other_->told, 1);
}

TEST_F(OwnerTest, WhatIsMadeInItsWorkBelongsToIt) {
  std::unique_ptr<Timer> timer;
  std::unique_ptr<TurnTask> task;
  loop_.enter(one_, [&] {
    timer = std::make_unique<Timer>(loop_, &run_out);
    task = std::make_unique<TurnTask>(loop_, &run_out);
    loop_.defer(&run_out);
  });
  timer->start(std::chrono::milliseconds(0));
  task->schedule();
  EXPECT_TRUE(until([this] { return one_->told == 3; }));
  EXPECT_EQ(loop_.failures(), 0U);
}

TEST_F(OwnerTest, WhatIsMadeInATaskOfItBelongsToItToo) {
  loop_.enter(one_, [this] { loop_.defer([this] { loop_.defer(&run_out); }); });
  EXPECT_TRUE(until([this] { return one_->told == 1; }));
}

TEST_F(OwnerTest, TasksBehindOneThatFailsAreRun) {
  int ran = 0;
  loop_.enter(one_, [this] { loop_.defer(&run_out); });
  loop_.enter(other_, [&] { loop_.defer([&] { ++ran; }); });
  loop_.defer(&run_out);
  loop_.post(&run_out);
  loop_.post([&] { ++ran; });
  EXPECT_TRUE(until([&] { return ran == 2; }));
  EXPECT_EQ(one_->told, 1);
  EXPECT_EQ(other_->told, 0);
  EXPECT_EQ(loop_.failures(), 2U);
}

TEST_F(OwnerTest, MayDestroyWhatFailed) {
  auto timer = std::make_unique<std::unique_ptr<Timer>>();
  one_->then = [&] { timer.reset(); };
  loop_.enter(one_, [&] { *timer = std::make_unique<Timer>(loop_, &run_out); });
  (*timer)->start(std::chrono::milliseconds(0));
  EXPECT_TRUE(until([&] { return timer == nullptr; }));
}

// A socket of one owner fails in the middle of a read; the other end sees the connection closed.
TEST_F(OwnerTest, ItsSocketsBelongToIt) {
  test::Recorder accepted;
  auto listener = Listener::listen(loop_, test::loopback(), [&](const auto& accept, const auto&) {
    loop_.enter(one_, [&] { accepted.socket = accept(accepted); });
    accepted.socket->read_start();
  });
  ASSERT_TRUE(listener);
  accepted.hook = &run_out;
  one_->then = [&] { accepted.socket.reset(); };
  test::Recorder client;
  client.socket = std::make_unique<TcpSocket>(loop_, client);
  client.socket->read_start();
  client.socket->connect((*listener)->address());
  client.socket->write("too much");
  EXPECT_TRUE(until([&] { return client.ended || client.errors > 0; }));
  EXPECT_EQ(one_->told, 1);
}

}  // namespace
}  // namespace portcullis::net
