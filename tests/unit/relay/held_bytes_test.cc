#include "proxy/relay/held_bytes.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

namespace portcullis::relay {
namespace {

constexpr std::size_t kKiB = 1024;

TEST(HeldBytes, AShareIsGivenBack) {
  HeldBytes all(100 * kKiB);
  {
    HeldBytes::Share share(all);
    share.set(60 * kKiB);
    EXPECT_EQ(all.total(), 60 * kKiB);
    share.set(40 * kKiB);
    EXPECT_EQ(all.total(), 40 * kKiB);
  }
  EXPECT_EQ(all.total(), 0U);
}

TEST(HeldBytes, BelowTheLimitNobodyHasToEnd) {
  HeldBytes all(100 * kKiB);
  HeldBytes::Share share(all);
  share.set(100 * kKiB);
  EXPECT_FALSE(all.too_many());
  EXPECT_FALSE(share.must_end());
}

// Nobody can fill the memory under made-up names so that those end who are known.
TEST(HeldBytes, StrangersHaveToEndBeforeEverybodyElse) {
  HeldBytes all(1000 * kKiB);
  HeldBytes::Share known(all);
  known.set(500 * kKiB);
  known.trust();
  std::vector<std::unique_ptr<HeldBytes::Share>> strangers;
  for (int i = 0; i < 60; ++i) {
    strangers.push_back(std::make_unique<HeldBytes::Share>(all));
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
  HeldBytes::Share large(all);
  HeldBytes::Share small(all);
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
  std::vector<std::unique_ptr<HeldBytes::Share>> large;
  for (int i = 0; i < 3; ++i) {
    large.push_back(std::make_unique<HeldBytes::Share>(all));
    large.back()->set(400 * kKiB);
  }
  HeldBytes::Share small(all);
  small.set(100 * kKiB);
  HeldBytes::Share none(all);
  EXPECT_TRUE(large[0]->must_end());
  EXPECT_FALSE(small.must_end()) << "it grew last, but others hold four times as much";
  EXPECT_FALSE(none.must_end());
  large.pop_back();
  EXPECT_FALSE(large[0]->must_end()) << "one was enough";
}

TEST(HeldBytes, WhenAllAreSmallTheyAreTheLargest) {
  HeldBytes all(10 * kKiB);
  HeldBytes::Share one(all);
  HeldBytes::Share other(all);
  one.set(6 * kKiB);
  other.set(5 * kKiB);
  EXPECT_TRUE(one.must_end());
  EXPECT_TRUE(other.must_end());
}

TEST(HeldBytes, WhoGivesUpCountsNoMore) {
  HeldBytes all(10 * kKiB);
  HeldBytes::Share one(all);
  HeldBytes::Share other(all);
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
        HeldBytes::Share share(all);
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
  HeldBytes::Share share(all);
  share.set(50 * kKiB);
  all.change(49 * kKiB);
  EXPECT_TRUE(share.must_end());
}

TEST(HeldBytes, SmallDifferencesAreNotTold) {
  HeldBytes all(100 * kKiB);
  HeldBytes::Share share(all);
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
      HeldBytes::Share share(all);
      for (std::size_t i = 0; i < 10'000; ++i) share.set(i * 97 % (64 * kKiB));
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(all.total(), 0U);
  HeldBytes::Share last(all);
  last.set(101 * kKiB);
  EXPECT_TRUE(last.must_end()) << "no stream is still counted as larger";
}

// ---- Everything that streams cost

constexpr std::chrono::milliseconds kNow{1'000};

TEST(HeldBytes, AStreamCostsSomethingEvenIfItHoldsNothing) {
  HeldBytes all(100 * kKiB, 1000 * kKiB);
  {
    HeldBytes::Share share(all);
    EXPECT_EQ(all.memory(), HeldBytes::kNegotiating);
    EXPECT_EQ(all.total(), 0U);
    share.set(10 * kKiB);
    EXPECT_EQ(all.memory(), HeldBytes::kNegotiating + 10 * kKiB);
    share.established();
    share.established();
    EXPECT_EQ(all.memory(), HeldBytes::kEstablished + 10 * kKiB);
  }
  EXPECT_EQ(all.memory(), 0U);
}

TEST(HeldBytes, NewcomersAreRefusedNearTheLimitAndThoseOfTheBackendLater) {
  HeldBytes all(2000 * kKiB, 1600 * kKiB);
  HeldBytes::Share share(all);
  const auto take = [&](std::size_t kib) { share.set(kib * kKiB - HeldBytes::kNegotiating); };
  take(1399);
  EXPECT_FALSE(all.refuses_newcomer(false, kNow));
  take(1401);
  EXPECT_TRUE(all.refuses_newcomer(false, kNow));
  EXPECT_FALSE(all.refuses_newcomer(true, kNow));
  take(1501);
  EXPECT_TRUE(all.refuses_newcomer(true, kNow));
  take(1450);
  EXPECT_TRUE(all.refuses_newcomer(true, kNow)) << "it must not flap";
  take(1390);
  EXPECT_FALSE(all.refuses_newcomer(true, kNow));
  EXPECT_TRUE(all.refuses_newcomer(false, kNow)) << "it must not flap";
  take(1190);
  EXPECT_FALSE(all.refuses_newcomer(false, kNow));
}

TEST(HeldBytes, WhatStreamsCostLeavesLessToBeHeld) {
  HeldBytes all(1000 * kKiB, 400 * kKiB);
  HeldBytes::Share share(all);
  share.set(336 * kKiB);
  EXPECT_FALSE(all.too_many());
  share.set(338 * kKiB);
  EXPECT_TRUE(all.too_many());
  EXPECT_TRUE(share.must_end());
}

// Nothing that is held can be ended for what streams cost.
TEST(HeldBytes, SomethingMayBeHeldHoweverMuchStreamsCost) {
  HeldBytes all(1000 * kKiB, 160 * kKiB);
  std::vector<std::unique_ptr<HeldBytes::Share>> many;
  many.reserve(10);
  for (int i = 0; i < 10; ++i) many.push_back(std::make_unique<HeldBytes::Share>(all));
  many.front()->set(12 * kKiB);
  EXPECT_FALSE(many.front()->must_stop());
  many.front()->set(20 * kKiB);
  EXPECT_FALSE(many.front()->must_end());
  many.front()->set(21 * kKiB);
  EXPECT_TRUE(many.front()->must_end());
}

TEST(HeldBytes, AfterTheSystemHadNoMemoryNewcomersAreRefusedForAWhile) {
  HeldBytes all(100 * kKiB);
  EXPECT_FALSE(all.refuses_newcomer(false, kNow));
  all.ran_out(kNow);
  EXPECT_TRUE(all.refuses_newcomer(false, kNow + std::chrono::milliseconds(9'999)));
  EXPECT_FALSE(all.refuses_newcomer(true, kNow)) << "the backend is no stranger";
  EXPECT_FALSE(all.refuses_newcomer(false, kNow + std::chrono::seconds(10)));
}

// Of those who wait for each other, one is enough; and who holds little is never the one.
TEST(HeldBytes, OfThoseThatAreStoppedOnlyAsManyEndAsItTakes) {
  HeldBytes all(1000 * kKiB);
  std::vector<std::unique_ptr<HeldBytes::Share>> streams;
  streams.reserve(4);
  for (const std::size_t kib : {300U, 260U, 257U, 20U}) {
    streams.push_back(std::make_unique<HeldBytes::Share>(all));
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
