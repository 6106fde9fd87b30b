#include "proxy/relay/held_bytes.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "proxy/relay/held_share.h"

namespace portcullis::relay {
namespace {

constexpr std::size_t kKiB = 1024;

TEST(HeldBytes, AShareIsGivenBack) {
  HeldBytes all(100 * kKiB);
  {
    HeldShare share(all);
    share.set(60 * kKiB);
    EXPECT_EQ(all.total(), 60 * kKiB);
    share.set(40 * kKiB);
    EXPECT_EQ(all.total(), 40 * kKiB);
  }
  EXPECT_EQ(all.total(), 0U);
}

TEST(HeldBytes, BelowTheLimitNobodyHasToEnd) {
  HeldBytes all(100 * kKiB);
  HeldShare share(all);
  share.set(100 * kKiB);
  EXPECT_FALSE(all.too_many());
  EXPECT_FALSE(share.must_end());
}

// Nobody can fill the memory under made-up names so that those end who are known.
TEST(HeldBytes, StrangersHaveToEndBeforeEverybodyElse) {
  HeldBytes all(1000 * kKiB);
  HeldShare known(all);
  known.set(500 * kKiB);
  known.trust();
  std::vector<std::unique_ptr<HeldShare>> strangers;
  for (int i = 0; i < 60; ++i) {
    strangers.push_back(std::make_unique<HeldShare>(all));
    strangers.back()->set(10 * kKiB);
  }
  ASSERT_TRUE(all.too_many());
  EXPECT_FALSE(known.must_end());
  EXPECT_TRUE(strangers.front()->must_end());
  strangers.clear();
  known.set(1100 * kKiB);
  EXPECT_TRUE(known.must_end()) << "there is no stranger any more";
}

TEST(HeldBytes, AmongStrangersTheLargestHaveToEnd) {
  HeldBytes all(100 * kKiB);
  HeldShare large(all);
  HeldShare small(all);
  large.set(90 * kKiB);
  small.set(20 * kKiB);
  EXPECT_TRUE(large.must_end());
  EXPECT_FALSE(small.must_end());
  large.trust();
  EXPECT_FALSE(large.must_end());
  EXPECT_TRUE(small.must_end());
  small.set(0);
  EXPECT_FALSE(small.must_end());
}

TEST(HeldBytes, OnlyTheLargestHaveToEnd) {
  HeldBytes all(1000 * kKiB);
  std::vector<std::unique_ptr<HeldShare>> large;
  for (int i = 0; i < 3; ++i) {
    large.push_back(std::make_unique<HeldShare>(all));
    large.back()->set(400 * kKiB);
  }
  HeldShare small(all);
  small.set(100 * kKiB);
  HeldShare none(all);
  EXPECT_TRUE(large[0]->must_end());
  EXPECT_FALSE(small.must_end()) << "it grew last, but others hold four times as much";
  EXPECT_FALSE(none.must_end());
  large.pop_back();
  EXPECT_FALSE(large[0]->must_end()) << "one was enough";
}

TEST(HeldBytes, WhenAllAreSmallTheyAreTheLargest) {
  HeldBytes all(10 * kKiB);
  HeldShare one(all);
  HeldShare other(all);
  one.set(6 * kKiB);
  other.set(5 * kKiB);
  EXPECT_TRUE(one.must_end());
  EXPECT_TRUE(other.must_end());
}

TEST(HeldBytes, WhoGivesUpCountsNoMore) {
  HeldBytes all(10 * kKiB);
  HeldShare one(all);
  HeldShare other(all);
  one.set(6 * kKiB);
  other.set(5 * kKiB);
  EXPECT_TRUE(one.give_up());
  EXPECT_EQ(all.total(), 5 * kKiB);
  EXPECT_FALSE(other.give_up()) << "one was enough";
  EXPECT_FALSE(one.give_up()) << "it holds nothing any more";
}

// Two event loops look at the same moment: if both took the excess for theirs, one stream more than
// needed would end.
TEST(HeldBytes, ThreadsDoNotBothGiveUp) {
  for (int round = 0; round < 200; ++round) {
    HeldBytes all(10 * kKiB);
    std::atomic<int> ready{0};
    std::atomic<int> ended{0};
    std::vector<std::thread> threads;
    threads.reserve(2);
    for (int t = 0; t < 2; ++t)
      threads.emplace_back([&] {
        HeldShare share(all);
        share.set(6 * kKiB);
        ++ready;
        while (ready < 2) std::this_thread::yield();
        if (share.give_up()) ++ended;
        ++ready;
        while (ready < 4) std::this_thread::yield();
      });
    for (auto& thread : threads) thread.join();
    ASSERT_EQ(ended, 1);
  }
}

TEST(HeldBytes, ALowerLimitHoldsAtOnce) {
  HeldBytes all(100 * kKiB);
  HeldShare share(all);
  share.set(50 * kKiB);
  all.change(49 * kKiB);
  EXPECT_TRUE(share.must_end());
}

TEST(HeldBytes, SmallDifferencesAreNotTold) {
  HeldBytes all(100 * kKiB);
  HeldShare share(all);
  share.set(1023);
  EXPECT_EQ(all.total(), 0U);
  share.set(1024);
  EXPECT_EQ(all.total(), 1024U);
  share.set(500);
  EXPECT_EQ(all.total(), 1024U);
  share.set(0);
  EXPECT_EQ(all.total(), 0U);
}

TEST(HeldBytes, ThreadsLoseNothing) {
  HeldBytes all(100 * kKiB);
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      HeldShare share(all);
      for (std::size_t i = 0; i < 10'000; ++i) share.set(i * 97 % (64 * kKiB));
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(all.total(), 0U);
  HeldShare last(all);
  last.set(101 * kKiB);
  EXPECT_TRUE(last.must_end()) << "no stream is still counted as larger";
}

// ---- Everything that streams cost

TEST(HeldBytes, AStreamCostsSomethingEvenIfItHoldsNothing) {
  HeldBytes all(100 * kKiB, 1000 * kKiB);
  {
    HeldShare share(all);
    EXPECT_EQ(all.memory(), HeldShare::kNegotiating);
    EXPECT_EQ(all.total(), 0U);
    share.set(10 * kKiB);
    EXPECT_EQ(all.memory(), HeldShare::kNegotiating + 10 * kKiB);
    share.established();
    share.established();
    EXPECT_EQ(all.memory(), HeldShare::kEstablished + 10 * kKiB);
  }
  EXPECT_EQ(all.memory(), 0U);
}

TEST(HeldBytes, WhatStreamsCostLeavesLessToBeHeld) {
  HeldBytes all(1000 * kKiB, 400 * kKiB);
  HeldShare share(all);
  share.set(336 * kKiB);
  EXPECT_FALSE(all.too_many());
  share.set(338 * kKiB);
  EXPECT_TRUE(all.too_many());
  EXPECT_TRUE(share.must_end());
}

// Nothing that is held can be ended for what streams cost.
TEST(HeldBytes, SomethingMayBeHeldHoweverMuchStreamsCost) {
  HeldBytes all(1000 * kKiB, 160 * kKiB);
  std::vector<std::unique_ptr<HeldShare>> many;
  many.reserve(10);
  for (int i = 0; i < 10; ++i) many.push_back(std::make_unique<HeldShare>(all));
  many.front()->set(12 * kKiB);
  EXPECT_FALSE(many.front()->must_stop());
  many.front()->set(20 * kKiB);
  EXPECT_FALSE(many.front()->must_end());
  many.front()->set(21 * kKiB);
  EXPECT_TRUE(many.front()->must_end());
}

// Of those who wait for each other, one is enough; and who holds little is never the one.
TEST(HeldBytes, OfThoseThatAreStoppedOnlyAsManyEndAsItTakes) {
  HeldBytes all(1000 * kKiB);
  std::vector<std::unique_ptr<HeldShare>> streams;
  streams.reserve(4);
  for (const std::size_t kib : {300U, 260U, 257U, 20U}) {
    streams.push_back(std::make_unique<HeldShare>(all));
    streams.back()->trust();
    streams.back()->set(kib * kKiB);
  }
  ASSERT_TRUE(streams[0]->must_stop());
  EXPECT_FALSE(streams[3]->must_stop());
  EXPECT_FALSE(streams[0]->give_up()) << "there is not too much";
  EXPECT_FALSE(streams[3]->give_up_stopped());
  EXPECT_TRUE(streams[1]->give_up_stopped());
  EXPECT_FALSE(streams[0]->give_up_stopped());
  EXPECT_FALSE(streams[2]->give_up_stopped());
  EXPECT_TRUE(streams[0]->may_go_on());
}

}  // namespace
}  // namespace portcullis::relay
