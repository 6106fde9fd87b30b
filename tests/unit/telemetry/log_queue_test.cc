#include "proxy/telemetry/log_queue.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace portcullis::telemetry {
namespace {

constexpr std::size_t kLine = 1000;

std::string line(char first) {
  std::string text(kLine, '.');
  text.front() = first;
  return text;
}

// Room for `routine` lines of level info, and for `all` lines together.
LogQueue queue_for(std::size_t routine, std::size_t all, std::size_t refusals = 0) {
  const std::size_t one = line('x').capacity() + sizeof(LogQueue::Entry);
  return LogQueue({routine * one, refusals * one, all * one});
}

std::string firsts(LogQueue& queue) {
  std::string letters;
  while (const auto entry = queue.pop()) letters += entry->line.front();
  return letters;
}

TEST(LogQueue, KeepsTheOrderOfBothRanks) {
  LogQueue queue{LogQueue::Bounds{}};
  EXPECT_TRUE(queue.empty());
  EXPECT_TRUE(queue.push(line('a'), LogRank::kRoutine));
  EXPECT_TRUE(queue.push(line('b'), LogRank::kImportant));
  EXPECT_TRUE(queue.push(line('c'), LogRank::kRoutine));
  EXPECT_EQ(firsts(queue), "abc");
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.octets(), 0U);
}

TEST(LogQueue, DropsRoutineLinesFirst) {
  LogQueue queue = queue_for(2, 4);
  EXPECT_TRUE(queue.push(line('a'), LogRank::kRoutine));
  EXPECT_TRUE(queue.push(line('b'), LogRank::kRoutine));
  EXPECT_FALSE(queue.push(line('c'), LogRank::kRoutine));
  EXPECT_TRUE(queue.push(line('D'), LogRank::kImportant));
  EXPECT_FALSE(queue.push(line('e'), LogRank::kRoutine));
  EXPECT_TRUE(queue.push(line('F'), LogRank::kImportant));
  EXPECT_FALSE(queue.push(line('G'), LogRank::kImportant));
  EXPECT_EQ(firsts(queue), "abDF");
}

// Whoever is refused cannot make the log forget whom it let in, or an error.
TEST(LogQueue, DropsRefusalsBeforeWhatIsImportant) {
  LogQueue queue = queue_for(1, 4, 2);
  EXPECT_TRUE(queue.push(line('r'), LogRank::kRefusal));
  EXPECT_TRUE(queue.push(line('r'), LogRank::kRefusal));
  EXPECT_FALSE(queue.push(line('r'), LogRank::kRefusal));
  EXPECT_FALSE(queue.push(line('a'), LogRank::kRoutine));
  EXPECT_TRUE(queue.push(line('D'), LogRank::kImportant));
  EXPECT_TRUE(queue.push(line('E'), LogRank::kImportant));
  EXPECT_FALSE(queue.push(line('F'), LogRank::kImportant));
  EXPECT_EQ(firsts(queue), "rrDE");
}

TEST(LogQueue, ImportantLinesLeaveNoRoomForRoutineOnes) {
  LogQueue queue = queue_for(2, 4);
  EXPECT_TRUE(queue.push(line('A'), LogRank::kImportant));
  EXPECT_TRUE(queue.push(line('B'), LogRank::kImportant));
  EXPECT_FALSE(queue.push(line('c'), LogRank::kRoutine));
  ASSERT_TRUE(queue.pop());
  EXPECT_TRUE(queue.push(line('d'), LogRank::kRoutine));
  EXPECT_EQ(firsts(queue), "Bd");
}

TEST(LogQueue, SaysWhereLinesAreMissing) {
  LogQueue queue = queue_for(1, 3);
  queue.push(line('a'), LogRank::kRoutine);
  queue.push(line('b'), LogRank::kRoutine);
  queue.push(line('c'), LogRank::kRoutine);
  queue.push(line('D'), LogRank::kImportant);
  queue.push(line('E'), LogRank::kImportant);
  queue.push(line('F'), LogRank::kImportant);
  std::vector<std::uint64_t> before;
  while (const auto entry = queue.pop()) before.push_back(entry->dropped_before);
  EXPECT_EQ(before, (std::vector<std::uint64_t>{0, 2, 0}));
  EXPECT_EQ(queue.take_dropped(), 1U);
  EXPECT_EQ(queue.take_dropped(), 0U);
}

TEST(LogQueue, CountsOctetsAndNotLines) {
  LogQueue queue({100'000, 100'000, 100'000});
  std::size_t kept = 0;
  while (queue.push(line('x'), LogRank::kImportant)) ++kept;
  EXPECT_LE(queue.octets(), 100'000U);
  EXPECT_LT(kept, 100U);
  EXPECT_GT(kept, 80U);
  // A short line takes room as well, so that a million of them is bounded, too.
  LogQueue of_short({100'000, 100'000, 100'000});
  kept = 0;
  while (of_short.push("\n", LogRank::kImportant)) ++kept;
  EXPECT_LT(kept, 100'000 / sizeof(LogQueue::Entry));
}

TEST(LogQueue, DropsALineThatIsLargerThanAllRoom) {
  LogQueue queue({500, 500, 500});
  EXPECT_FALSE(queue.push(line('x'), LogRank::kImportant));
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.take_dropped(), 1U);
}

}  // namespace
}  // namespace portcullis::telemetry
