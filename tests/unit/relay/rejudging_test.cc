// Unit tests of Rejudging: few streams in one turn of the loop, and few ends in a time.

#include "proxy/relay/rejudging.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <new>
#include <numeric>
#include <set>

#include "tests/support/memory_scheduler.h"

namespace portcullis::relay {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class RejudgingTest : public testing::Test {
 protected:
  static std::vector<std::uint64_t> first(std::uint64_t count) {
    std::vector<std::uint64_t> ids(count);
    std::iota(ids.begin(), ids.end(), 1);
    return ids;
  }
  // What was judged or ended since the last call.
  static std::vector<std::uint64_t> taken(std::vector<std::uint64_t>& list) {
    return std::exchange(list, {});
  }

  test::MemoryScheduler scheduler_;
  std::set<std::uint64_t> changed_;
  std::vector<std::uint64_t> judged_;
  std::vector<std::uint64_t> ended_;
  std::unique_ptr<Rejudging> rejudging_ = std::make_unique<Rejudging>(
      scheduler_, Rejudging::Streams{[this](std::uint64_t id) {
                                       judged_.push_back(id);
                                       return changed_.contains(id);
                                     },
                                     [this](std::uint64_t id) { ended_.push_back(id); }});
};

TEST_F(RejudgingTest, JudgesAFewInEachTurn) {
  rejudging_->begin(first(Rejudging::kJudgedPerTurn + 1));
  EXPECT_THAT(taken(judged_), SizeIs(Rejudging::kJudgedPerTurn));
  scheduler_.settle();
  EXPECT_THAT(taken(judged_), SizeIs(1));
  scheduler_.advance(10s);
  EXPECT_THAT(judged_, IsEmpty());
  EXPECT_THAT(ended_, IsEmpty());
}

TEST_F(RejudgingTest, EndsTheChangedOnesOneAfterTheOther) {
  for (const auto id : first(200)) changed_.insert(id);
  rejudging_->begin(first(200));
  scheduler_.settle();
  EXPECT_THAT(judged_, SizeIs(200));
  EXPECT_LE(ended_.size(), Rejudging::kEndedPerSecond / 10) << "not all at once";
  for (int second = 0; second < 3; ++second) {
    taken(ended_);
    scheduler_.advance(1s);
    EXPECT_THAT(ended_, SizeIs(Rejudging::kEndedPerSecond)) << second;
  }
  scheduler_.advance(2s);
  EXPECT_EQ(scheduler_.running_timers(), 0U);
}

TEST_F(RejudgingTest, EachIsEndedOnce) {
  for (const auto id : first(7)) changed_.insert(id);
  rejudging_->begin(first(10));
  scheduler_.advance(10s);
  EXPECT_THAT(ended_, testing::UnorderedElementsAre(1, 2, 3, 4, 5, 6, 7));
}

// A second reload, while the ends of the first are under way, does not make them faster.
TEST_F(RejudgingTest, BeginningAnewKeepsThePace) {
  for (const auto id : first(100)) changed_.insert(id);
  for (int i = 0; i < 10; ++i) rejudging_->begin(first(100));
  scheduler_.settle();
  EXPECT_LE(ended_.size(), Rejudging::kEndedPerSecond / 10);
  scheduler_.advance(1s);
  EXPECT_LE(ended_.size(), Rejudging::kEndedPerSecond + Rejudging::kEndedPerSecond / 10);
}

// The configuration was set back: nobody has to end any more.
TEST_F(RejudgingTest, WhatIsSetBackEndsNobody) {
  for (const auto id : first(100)) changed_.insert(id);
  rejudging_->begin(first(100));
  scheduler_.settle();
  taken(ended_);
  changed_.clear();
  rejudging_->begin(first(100));
  scheduler_.advance(10s);
  EXPECT_THAT(ended_, IsEmpty());
}

TEST_F(RejudgingTest, MayBeDestroyedWhileItWorks) {
  changed_.insert(1);
  rejudging_->begin(first(100));
  rejudging_.reset();
  taken(judged_);
  scheduler_.advance(10s);
  EXPECT_THAT(judged_, IsEmpty());
}

// The loop leaves what runs out of memory. No stream may keep what a reload has taken from it.
TEST_F(RejudgingTest, GoesOnWhereItWasLeftAndBeginsAnew) {
  bool enough = false;
  const auto judge = [&](std::uint64_t id) {
    if (id == 2 && !enough) throw std::bad_alloc();
    judged_.push_back(id);
    return false;
  };
  Rejudging rejudging(scheduler_, {judge, [](std::uint64_t) {}});
  EXPECT_THROW(rejudging.begin(first(3)), std::bad_alloc);
  EXPECT_THAT(taken(judged_), ElementsAre(3));
  enough = true;
  rejudging.go_on();
  EXPECT_THAT(taken(judged_), ElementsAre(2, 1));
  rejudging.go_on();
  EXPECT_THAT(judged_, IsEmpty());
  enough = false;
  EXPECT_THROW(rejudging.begin(first(3)), std::bad_alloc);
  enough = true;
  taken(judged_);
  rejudging.begin(first(4));
  EXPECT_THAT(judged_, ElementsAre(4, 3, 2, 1));
}

}  // namespace
}  // namespace portcullis::relay
