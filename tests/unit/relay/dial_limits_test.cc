// Unit tests of DialLimits: how many peers are called at one time.

#include "proxy/relay/dial_limits.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace portcullis::relay {
namespace {

DomainName domain(const std::string& name) {
  return *DomainName::parse(name);
}

policy::Limits limits_of(std::size_t total, std::size_t per_domain) {
  policy::Limits limits;
  limits.dials = total;
  limits.dials_per_domain = per_domain;
  return limits;
}

TEST(DialLimits, OneDomainTakesNoMoreThanItsPart) {
  DialLimits limits;
  const auto allowed = limits_of(10, 2);
  auto first = limits.take(domain("a.example"), allowed);
  const auto second = limits.take(domain("A.example"), allowed);
  ASSERT_TRUE(first && second);
  EXPECT_FALSE(limits.take(domain("a.example"), allowed));
  EXPECT_TRUE(limits.take(domain("b.example"), allowed));
  first.reset();
  EXPECT_TRUE(limits.take(domain("a.example"), allowed));
}

TEST(DialLimits, AllTogetherTakeNoMoreThanTheTotal) {
  DialLimits limits;
  const auto allowed = limits_of(2, 2);
  const auto first = limits.take(domain("a.example"), allowed);
  {
    const auto second = limits.take(domain("b.example"), allowed);
    ASSERT_TRUE(first && second);
    EXPECT_FALSE(limits.take(domain("c.example"), allowed));
    EXPECT_EQ(limits.under_way(), 2U);
  }
  EXPECT_TRUE(limits.take(domain("c.example"), allowed));
  EXPECT_EQ(limits.under_way(), 1U);
}

TEST(DialLimits, FurtherPlacesAreThoseOfTheFirstHalf) {
  DialLimits limits;
  const auto allowed = limits_of(6, 4);
  const auto first = limits.take(domain("a.example"), allowed);
  const auto further = limits.take_further(domain("a.example"), allowed);
  ASSERT_TRUE(first && further);
  EXPECT_FALSE(limits.take_further(domain("a.example"), allowed)) << "half of the domain's";
  EXPECT_TRUE(limits.take(domain("a.example"), allowed));
  const auto other = limits.take(domain("b.example"), allowed);
  EXPECT_FALSE(limits.take_further(domain("b.example"), allowed)) << "half of all";
  EXPECT_TRUE(limits.take(domain("b.example"), allowed));
  EXPECT_EQ(limits.under_way(), 3U);
}

TEST(DialLimits, ALowerLimitHoldsFromThenOn) {
  DialLimits limits;
  auto first = limits.take(domain("a.example"), limits_of(5, 5));
  const auto second = limits.take(domain("a.example"), limits_of(5, 5));
  ASSERT_TRUE(first && second);
  EXPECT_FALSE(limits.take(domain("a.example"), limits_of(5, 1)));
  first.reset();
  EXPECT_FALSE(limits.take(domain("a.example"), limits_of(5, 1)));
}

TEST(DialLimits, HoldOverAllThreads) {
  DialLimits limits;
  const auto allowed = limits_of(50, 50);
  std::atomic<int> taken{0};
  std::vector<std::vector<DialLimits::Place>> places(4);
  std::vector<std::thread> threads;
  for (auto& mine : places)
    threads.emplace_back([&] {
      for (int i = 0; i < 100; ++i)
        if (auto place = limits.take(domain("a.example"), allowed)) {
          ++taken;
          mine.push_back(std::move(place));
        }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(taken, 50);
  places.clear();
  EXPECT_EQ(limits.under_way(), 0U);
}

}  // namespace
}  // namespace portcullis::relay
