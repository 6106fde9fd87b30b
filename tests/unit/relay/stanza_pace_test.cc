#include "proxy/relay/stanza_pace.h"

#include <gtest/gtest.h>

namespace portcullis::relay {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kStart{1'000'000};

TEST(StanzaPace, IsNeverTooSlowBetweenStanzas) {
  StanzaPace pace(100);
  EXPECT_FALSE(pace.too_slow(kStart));
  pace.read(500, 0, kStart);
  EXPECT_FALSE(pace.too_slow(kStart + 24h));
}

TEST(StanzaPace, AStanzaThatStopsIsTooSlowAfterTheWindow) {
  StanzaPace pace(100);
  pace.read(500, 500, kStart);
  EXPECT_FALSE(pace.too_slow(kStart + 29s)) << "too early to tell";
  EXPECT_TRUE(pace.too_slow(kStart + 30s));
}

TEST(StanzaPace, OctetsThatCameLongAgoDoNotHelp) {
  StanzaPace pace(100);
  pace.read(1'000'000, 1'000'000, kStart);
  EXPECT_FALSE(pace.too_slow(kStart + 30s));
  EXPECT_TRUE(pace.too_slow(kStart + 60s)) << "nothing came in this window";
}

TEST(StanzaPace, WhoKeepsTheRateGoesOn) {
  StanzaPace pace(100);
  std::size_t held = 0;
  auto now = kStart;
  for (int second = 0; second < 600; ++second, now += 1s) {
    pace.read(101, held += 101, now);
    if (second % 30 == 29) {
      EXPECT_FALSE(pace.too_slow(now)) << second;
    }
  }
}

TEST(StanzaPace, WhoStaysALittleBelowDoesNot) {
  StanzaPace pace(100);
  std::size_t held = 0;
  bool slow = false;
  auto now = kStart;
  for (int second = 0; second <= 60; ++second, now += 1s) {
    pace.read(90, held += 90, now);
    slow = slow || pace.too_slow(now);
  }
  EXPECT_TRUE(slow);
}

TEST(StanzaPace, TheNextStanzaHasItsOwnTime) {
  StanzaPace pace(100);
  pace.read(500, 500, kStart);
  // The rest of the first stanza, and the beginning of another one.
  pace.read(300, 200, kStart + 29s);
  EXPECT_FALSE(pace.too_slow(kStart + 58s));
  EXPECT_TRUE(pace.too_slow(kStart + 59s));
}

TEST(StanzaPace, TheClockStandsStillWhileWeDoNotRead) {
  StanzaPace pace(100);
  pace.read(500, 500, kStart);
  pace.pause(kStart + 10s);
  pace.pause(kStart + 20s);
  EXPECT_FALSE(pace.too_slow(kStart + 1h));
  pace.resume(kStart + 1h);
  pace.resume(kStart + 1h);
  EXPECT_FALSE(pace.too_slow(kStart + 1h + 19s));
  EXPECT_TRUE(pace.too_slow(kStart + 1h + 20s));
}

TEST(StanzaPace, AStanzaThatBeginsWhileWeStopReadingCountsFromThenOn) {
  StanzaPace pace(100);
  pace.pause(kStart);
  pace.read(500, 200, kStart + 1s);
  EXPECT_FALSE(pace.too_slow(kStart + 5min));
  pace.resume(kStart + 5min);
  EXPECT_FALSE(pace.too_slow(kStart + 5min + 29s));
  EXPECT_TRUE(pace.too_slow(kStart + 5min + 30s));
}

}  // namespace
}  // namespace portcullis::relay
