// Unit tests of StreamWatch, which ends streams that are idle, stalled or over.

#include "proxy/relay/stream_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "tests/support/memory_scheduler.h"

namespace portcullis::relay {
namespace {

using namespace std::chrono_literals;
using Over = StreamWatch::Over;

constexpr auto kNoEnd = std::chrono::sys_seconds::max();

class StreamWatchTest : public testing::Test {
 protected:
  std::unique_ptr<StreamWatch> watch(std::chrono::milliseconds idle) {
    return std::make_unique<StreamWatch>(
        scheduler_, StreamWatch::Times{idle, 5min, 10min},
        StreamWatch::Owner{[this] {
                             return std::array{near_, far_};
                           },
                           [this] { return slow_; }, [this](Over over) { told_.push_back(over); }});
  }
  // In seconds of the test's time, so that an end is seen in the second in which it is told.
  std::chrono::seconds seconds_until_told(std::chrono::seconds at_most) {
    for (auto passed = 0s; passed < at_most; passed += 1s) {
      if (!told_.empty()) return passed;
      scheduler_.advance(1s);
    }
    return at_most;
  }

  test::MemoryScheduler scheduler_;
  Delivery near_;
  Delivery far_;
  bool slow_ = false;
  std::vector<Over> told_;
};

TEST_F(StreamWatchTest, SaysNothingBeforeItIsStarted) {
  const auto stream = watch(10s);
  scheduler_.advance(24h);
  EXPECT_THAT(told_, testing::IsEmpty());
}

TEST_F(StreamWatchTest, EndsAStreamWhosePeerSendsTooSlowly) {
  const auto stream = watch(10h);
  stream->start(kNoEnd);
  EXPECT_EQ(seconds_until_told(60s), 60s);
  slow_ = true;
  EXPECT_LE(seconds_until_told(60s), 31s);
  EXPECT_THAT(told_, testing::ElementsAre(Over::kSlow));
}

TEST_F(StreamWatchTest, EndsAStreamThatIsIdleForTheWholeTime) {
  const auto stream = watch(10s);
  stream->start(kNoEnd);
  scheduler_.advance(9'999ms);
  EXPECT_THAT(told_, testing::IsEmpty());
  scheduler_.advance(1ms);
  EXPECT_THAT(told_, testing::ElementsAre(Over::kIdle));
}

TEST_F(StreamWatchTest, SaysItOnce) {
  const auto stream = watch(10s);
  stream->start(kNoEnd);
  scheduler_.advance(24h);
  EXPECT_THAT(told_, testing::ElementsAre(Over::kIdle));
  EXPECT_EQ(scheduler_.running_timers(), 0U);
}

TEST_F(StreamWatchTest, CountsTheIdleTimeFromTheStartAndNotFromWhenItWasMade) {
  const auto stream = watch(10min);
  scheduler_.advance(9min);
  stream->start(kNoEnd);
  scheduler_.advance(9min);
  EXPECT_THAT(told_, testing::IsEmpty());
  EXPECT_EQ(seconds_until_told(2min), 60s);
}

TEST_F(StreamWatchTest, CountsTheIdleTimeFromTheLastByte) {
  const auto stream = watch(10min);
  stream->start(kNoEnd);
  scheduler_.advance(9min);
  stream->moved();
  scheduler_.advance(9min);
  EXPECT_THAT(told_, testing::IsEmpty());
  scheduler_.advance(1min);
  EXPECT_THAT(told_, testing::ElementsAre(Over::kIdle));
}

TEST_F(StreamWatchTest, LooksNoLaterThanOneIntervalBehindTheIdleTime) {
  const auto stream = watch(10min);
  stream->start(kNoEnd);
  scheduler_.advance(7s);
  stream->moved();
  scheduler_.advance(10min - 1ms);
  EXPECT_THAT(told_, testing::IsEmpty());
  scheduler_.advance(30s);
  EXPECT_THAT(told_, testing::ElementsAre(Over::kIdle));
}

TEST_F(StreamWatchTest, DoesNotEndAStreamOnWhichBytesMove) {
  const auto stream = watch(10s);
  stream->start(kNoEnd);
  for (int i = 0; i < 100; ++i) {
    scheduler_.advance(9s);
    stream->moved();
  }
  EXPECT_THAT(told_, testing::IsEmpty());
}

TEST_F(StreamWatchTest, EndsAStreamOfWhichAnEndTakesNothing) {
  for (const bool near : {true, false}) {
    near_ = far_ = {};
    told_.clear();
    const auto stream = watch(1h);
    stream->start(kNoEnd);
    scheduler_.advance(29s);
    (near ? near_ : far_).sent = 5000;
    EXPECT_GE(seconds_until_told(10min), 5min);
    EXPECT_THAT(told_, testing::ElementsAre(near ? Over::kNearStalled : Over::kFarStalled));
  }
}

TEST_F(StreamWatchTest, EndsAStalledStreamAlsoWhileTheOtherEndTakesAll) {
  const auto stream = watch(1h);
  stream->start(kNoEnd);
  near_.sent = 5000;
  for (int i = 0; i < 331; ++i) {
    scheduler_.advance(1s);
    far_.sent = far_.acknowledged += 100;
    stream->moved();
  }
  EXPECT_THAT(told_, testing::ElementsAre(Over::kNearStalled));
}

TEST_F(StreamWatchTest, DoesNotEndAStreamWhoseReaderIsSlow) {
  const auto stream = watch(24h);
  stream->start(kNoEnd);
  far_.sent = 1'000'000'000;
  for (int i = 0; i < 100; ++i) {
    far_.acknowledged += 1;
    far_.sent += 1;  // what waits does not become less
    scheduler_.advance(4min + 29s);
  }
  EXPECT_THAT(told_, testing::IsEmpty());
}

TEST_F(StreamWatchTest, CountsAStallAnewWhenAllWasTakenInBetween) {
  const auto stream = watch(24h);
  stream->start(kNoEnd);
  for (int i = 0; i < 20; ++i) {
    far_.sent += 100;
    scheduler_.advance(4min);
    far_.acknowledged = far_.sent;
    scheduler_.advance(1min);
  }
  EXPECT_THAT(told_, testing::IsEmpty());
}

TEST_F(StreamWatchTest, LooksAsOftenAsAShortStallNeeds) {
  const StreamWatch::Times times{1h, 2s, 10min};
  StreamWatch stream(
      scheduler_, times,
      StreamWatch::Owner{[this] {
                           return std::array{near_, far_};
                         },
                         [this] { return slow_; }, [this](Over over) { told_.push_back(over); }});
  stream.start(kNoEnd);
  near_.sent = 1;
  EXPECT_LE(seconds_until_told(1min), 5s);
  EXPECT_THAT(told_, testing::ElementsAre(Over::kNearStalled));
}

TEST_F(StreamWatchTest, EndsAStreamThatOneSideHasEndedAndTheOtherDoesNot) {
  const auto stream = watch(24h);
  stream->start(kNoEnd);
  scheduler_.advance(13s);
  stream->ends();
  scheduler_.advance(9min);
  stream->ends();
  EXPECT_THAT(told_, testing::IsEmpty());
  EXPECT_EQ(seconds_until_told(2min), 1min);
  EXPECT_THAT(told_, testing::ElementsAre(Over::kLingered));
  EXPECT_EQ(scheduler_.running_timers(), 0U);
}

// A configuration that is loaded every few seconds.
TEST_F(StreamWatchTest, WhoeverChangesTheEndAgainAndAgainDoesNotPutOffTheLooks) {
  for (const bool stalls : {true, false}) {
    near_ = {stalls ? 1U : 0U, 0};
    told_.clear();
    const auto stream = watch(10min);
    stream->start(kNoEnd);
    for (int i = 0; i < 11 * 60 && told_.empty(); ++i) {
      scheduler_.advance(1s);
      if (told_.empty()) stream->change(scheduler_.wall_clock() + 12h);
    }
    EXPECT_THAT(told_, testing::ElementsAre(stalls ? Over::kNearStalled : Over::kIdle));
  }
}

TEST_F(StreamWatchTest, EndsAStreamOnceThePeersChainIsOver) {
  const auto stream = watch(24h);
  stream->start(scheduler_.wall_clock() + 95s);
  // A certificate is valid up to and including its last second (RFC 5280 section 4.1.2.5).
  scheduler_.advance(95s);
  EXPECT_THAT(told_, testing::IsEmpty());
  scheduler_.advance(1s);
  EXPECT_THAT(told_, testing::ElementsAre(Over::kExpired));
}

TEST_F(StreamWatchTest, EndsAtOnceWhatIsOverAlready) {
  const auto stream = watch(24h);
  stream->start(scheduler_.wall_clock() - 24h);
  EXPECT_EQ(seconds_until_told(1min), 1s);
  EXPECT_THAT(told_, testing::ElementsAre(Over::kExpired));
}

TEST_F(StreamWatchTest, NeverExpiresAChainWithoutAnEnd) {
  const auto stream = watch(std::chrono::hours(24 * 31));
  stream->start(kNoEnd);
  scheduler_.advance(std::chrono::hours(24 * 30));
  EXPECT_THAT(told_, testing::IsEmpty());
}

TEST_F(StreamWatchTest, SeesAWallClockThatWasSetForward) {
  const auto stream = watch(24h);
  stream->start(scheduler_.wall_clock() + 1h);
  scheduler_.set_wall_clock(scheduler_.wall_clock() + 2h);
  EXPECT_LE(seconds_until_told(5min), 30s);
  EXPECT_THAT(told_, testing::ElementsAre(Over::kExpired));
}

TEST_F(StreamWatchTest, AnEarlierEndReplacesTheOne) {
  const auto stream = watch(24h);
  stream->start(scheduler_.wall_clock() + 12h);
  scheduler_.advance(10s);
  stream->change(scheduler_.wall_clock() + 5s);
  EXPECT_EQ(seconds_until_told(1min), 6s);
  EXPECT_THAT(told_, testing::ElementsAre(Over::kExpired));
}

TEST_F(StreamWatchTest, ALaterEndReplacesTheOne) {
  const auto stream = watch(24h);
  stream->start(scheduler_.wall_clock() + 20s);
  stream->change(scheduler_.wall_clock() + 40s);
  EXPECT_EQ(seconds_until_told(2min), 41s);
  EXPECT_THAT(told_, testing::ElementsAre(Over::kExpired));
}

TEST_F(StreamWatchTest, ANewEndIsNoByte) {
  const auto stream = watch(60s);
  stream->start(kNoEnd);
  scheduler_.advance(50s);
  stream->change(scheduler_.wall_clock() + 12h);
  EXPECT_LE(seconds_until_told(2min), 40s);
  EXPECT_THAT(told_, testing::ElementsAre(Over::kIdle));
}

TEST_F(StreamWatchTest, StopsWhenItIsDestroyed) {
  auto stream = watch(10s);
  stream->start(kNoEnd);
  stream.reset();
  scheduler_.advance(1h);
  EXPECT_THAT(told_, testing::IsEmpty());
}

}  // namespace
}  // namespace portcullis::relay
