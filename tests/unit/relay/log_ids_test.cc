// Unit tests of LogIds, the names of streams in the log.

#include "proxy/relay/log_ids.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <set>
#include <thread>
#include <vector>

namespace portcullis::relay {
namespace {

constexpr std::chrono::sys_time<std::chrono::milliseconds> kStarted{
    std::chrono::milliseconds(0x19abb8a4d10)};

TEST(LogIds, NamesTheMillisecondOfTheStartAndTheNumber) {
  const LogIds ids(kStarted);
  EXPECT_EQ(ids.text(17), "19abb8a4d10-17");
  EXPECT_EQ(ids.text(UINT64_MAX), "19abb8a4d10-18446744073709551615");
}

TEST(LogIds, CountsFromOne) {
  LogIds ids(kStarted);
  EXPECT_EQ(ids.next(), 1U);
  EXPECT_EQ(ids.next(), 2U);
  EXPECT_EQ(ids.next(), 3U);
}

TEST(LogIds, MakingATextTakesNoNumber) {
  LogIds ids(kStarted);
  EXPECT_EQ(ids.text(1), ids.text(1));
  EXPECT_EQ(ids.next(), 1U);
}

TEST(LogIds, TwoRunsThatStartInDifferentMillisecondsShareNoName) {
  const LogIds first(kStarted);
  const LogIds second(kStarted + std::chrono::milliseconds(1));
  EXPECT_NE(first.text(1), second.text(1));
}

TEST(LogIds, GivesNoNumberTwiceToManyThreads) {
  constexpr std::size_t kThreads = 4;
  constexpr std::size_t kEach = 5'000;
  LogIds ids(kStarted);
  std::vector<std::vector<std::uint64_t>> taken(kThreads);
  {
    std::vector<std::jthread> threads;
    for (auto& mine : taken)
      threads.emplace_back([&ids, &mine] {
        for (std::size_t i = 0; i < kEach; ++i) mine.push_back(ids.next());
      });
  }
  std::set<std::uint64_t> all;
  for (const auto& mine : taken) {
    EXPECT_TRUE(std::is_sorted(mine.begin(), mine.end()));
    all.insert(mine.begin(), mine.end());
  }
  EXPECT_EQ(all.size(), kThreads * kEach);
  EXPECT_EQ(*all.begin(), 1U);
  EXPECT_EQ(*all.rbegin(), kThreads * kEach);
}

}  // namespace
}  // namespace portcullis::relay
