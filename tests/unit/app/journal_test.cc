#include "proxy/app/journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

#include "proxy/app/log_files.h"

namespace portcullis::app {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using Clock = std::chrono::steady_clock;

constexpr milliseconds kLong{60'000};
constexpr milliseconds kShort{200};

const std::string kDecision =
    "2026-06-01T10:00:00+0000 here portcullis[7]: level=notice event=decision kind=s2s_in id=a-1 "
    "from=peer.example to=legacy.example verdict=would_reject reason=expired";

// With a program in the place of journalctl.
class JournalTest : public ::testing::Test {
 protected:
  JournalTest() {
    std::string pattern = testing::TempDir() + "journal-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
  }
  ~JournalTest() override { std::filesystem::remove_all(directory_); }

  Result<void> read(const std::string& script, milliseconds at_most) {
    const auto program = (directory_ / "journalctl").string();
    std::ofstream(program) << "#!/bin/sh\n" << script << "\n";
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
    const auto began = Clock::now();
    auto done = read_journal(reader_, program, at_most);
    took_ = Clock::now() - began;
    return done;
  }

  std::filesystem::path directory_;
  report::LogReader reader_{{time_reference(), std::nullopt}};
  Clock::duration took_{};
};

TEST_F(JournalTest, ReadsWhatTheServiceHasSaid) {
  const auto done = read("echo '" + kDecision + "'", kLong);
  EXPECT_TRUE(done) << done.error().message;
  EXPECT_EQ(reader_.tally().all().streams, 1U);
}

TEST_F(JournalTest, SaysWhereNothingIsInIt) {
  const auto done = read("echo nothing", kLong);
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().message, HasSubstr("has no decision in it"));
  const auto failed = read("exit 1", kLong);
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().message, HasSubstr("run this as root"));
  const auto none = read_journal(reader_, "", kLong);
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().message, HasSubstr("there is no journalctl"));
}

TEST_F(JournalTest, DoesNotWaitForOneThatHangs) {
  const auto done = read("echo '" + kDecision + "'; exec sleep 50", kShort);
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().message, HasSubstr("did not come to its end within 1 seconds"));
  EXPECT_LT(took_, std::chrono::seconds(20));
}

TEST_F(JournalTest, DoesNotWaitForOneThatNeverStops) {
  const auto done = read("while :; do echo '" + kDecision + "'; done", kShort);
  ASSERT_FALSE(done);
  EXPECT_LT(took_, std::chrono::seconds(20));
}

TEST_F(JournalTest, DoesNotWaitForOneThatHasOnlyClosedItsOutput) {
  const auto done = read("exec >&-; exec sleep 50", kShort);
  ASSERT_FALSE(done);
  EXPECT_LT(took_, std::chrono::seconds(20));
}

}  // namespace
}  // namespace portcullis::app
