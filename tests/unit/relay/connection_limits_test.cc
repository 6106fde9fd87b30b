#include "proxy/relay/connection_limits.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace portcullis::relay {
namespace {

TEST(ConnectionLimits, TheTotalIsBoundedAndGivenBack) {
  const auto limits = std::make_shared<ConnectionLimits>(2, 10);
  auto first = limits->take();
  auto second = limits->take();
  ASSERT_TRUE(first && second);
  EXPECT_FALSE(limits->take());
  EXPECT_EQ(limits->open(), 2U);
  first.reset();
  EXPECT_TRUE(limits->take());
}

TEST(ConnectionLimits, AnAddressIsBoundedAndOthersAreNot) {
  const auto limits = std::make_shared<ConnectionLimits>(10, 1);
  auto first = limits->take("192.0.2.1");
  ASSERT_TRUE(first);
  EXPECT_FALSE(limits->take("192.0.2.1"));
  EXPECT_TRUE(limits->take("192.0.2.2"));
  first.reset();
  EXPECT_TRUE(limits->take("192.0.2.1"));
}

TEST(ConnectionLimits, ANewLimitHoldsForWhatComesAfterIt) {
  const auto limits = std::make_shared<ConnectionLimits>(2, 2);
  auto first = limits->take();
  auto second = limits->take();
  const auto address = limits->take("192.0.2.1");
  limits->change(1, 1);
  EXPECT_EQ(limits->open(), 2U) << "what is open stays";
  first.reset();
  EXPECT_FALSE(limits->take());
  EXPECT_FALSE(limits->take("192.0.2.1"));
  limits->change(2, 2);
  EXPECT_TRUE(limits->take());
  EXPECT_TRUE(limits->take("192.0.2.1"));
}

TEST(ConnectionLimits, APlaceOfAnAddressDoesNotCountInTotal) {
  const auto limits = std::make_shared<ConnectionLimits>(1, 5);
  const auto address = limits->take("192.0.2.1");
  EXPECT_EQ(limits->open(), 0U);
  EXPECT_TRUE(limits->take());
}

TEST(ConnectionLimits, AMovedPlaceIsGivenBackOnce) {
  const auto limits = std::make_shared<ConnectionLimits>(1, 1);
  ConnectionLimits::Place kept;
  {
    auto place = limits->take();
    ASSERT_TRUE(place);
    kept = std::move(*place);
  }
  EXPECT_EQ(limits->open(), 1U);
  kept = ConnectionLimits::Place();
  EXPECT_EQ(limits->open(), 0U);
}

TEST(ConnectionLimits, ThreadsNeverExceedTheLimit) {
  const auto limits = std::make_shared<ConnectionLimits>(50, 7);
  std::vector<std::thread> threads;
  std::atomic<int> taken{0};
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      std::vector<ConnectionLimits::Place> mine;
      for (int i = 0; i < 100; ++i)
        if (auto place = limits->take()) {
          mine.push_back(std::move(*place));
          ++taken;
        }
      while (taken < 50) std::this_thread::yield();
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(limits->open(), 0U);
  EXPECT_GE(taken, 50);
}

}  // namespace
}  // namespace portcullis::relay
