#include "proxy/relay/held_bytes.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace portcullis::relay
