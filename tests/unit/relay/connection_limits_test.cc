#include "proxy/relay/connection_limits.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace portcullis::relay {
namespace {

using Settings = ConnectionLimits::Settings;
using telemetry::Limit;

std::shared_ptr<ConnectionLimits> make(Settings settings) {
  return std::make_shared<ConnectionLimits>(std::move(settings));
}

net::SocketAddress at(const std::string& host, std::uint16_t port = 1) {
  return net::SocketAddress::from(Endpoint{host, port}).value();
}

TEST(ConnectionLimits, TheTotalIsBoundedAndGivenBack) {
  const auto limits = make({2, 10});
  auto first = limits->take();
  auto second = limits->take();
  ASSERT_TRUE(first && second);
  EXPECT_FALSE(limits->take());
  EXPECT_EQ(limits->open(), 2U);
  first.reset();
  EXPECT_TRUE(limits->take());
}

TEST(ConnectionLimits, AnAddressIsBoundedAndOthersAreNot) {
  const auto limits = make({10, 1});
  {
    const auto first = limits->take(at("192.0.2.1", 1));
    ASSERT_TRUE(first);
    const auto second = limits->take(at("192.0.2.1", 2));
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error(), Limit::kConnectionsPerAddress);
    EXPECT_TRUE(limits->take(at("192.0.2.2")));
  }
  EXPECT_TRUE(limits->take(at("192.0.2.1")));
}

TEST(ConnectionLimits, ANewLimitHoldsForWhatComesAfterIt) {
  const auto limits = make({2, 2});
  auto first = limits->take();
  auto second = limits->take();
  const auto address = limits->take(at("192.0.2.1"));
  limits->change({1, 1});
  EXPECT_EQ(limits->open(), 2U) << "what is open stays";
  first.reset();
  EXPECT_FALSE(limits->take());
  EXPECT_FALSE(limits->take(at("192.0.2.1")));
  limits->change({2, 2});
  EXPECT_TRUE(limits->take());
  EXPECT_TRUE(limits->take(at("192.0.2.1")));
}

TEST(ConnectionLimits, APlaceOfAnAddressDoesNotCountInTotal) {
  const auto limits = make({1, 5});
  const auto address = limits->take(at("192.0.2.1"));
  EXPECT_EQ(limits->open(), 0U);
  EXPECT_TRUE(limits->take());
}

TEST(ConnectionLimits, ExemptAddressesHaveATotalOfTheirOwn) {
  const auto limits = make({10, 1, {net::CidrBlock::parse("172.18.0.0/16").value()}, 3});
  std::vector<ConnectionLimits::Place> places;
  for (const auto* host : {"172.18.0.1", "172.18.0.1", "172.18.0.2"}) {
    auto place = limits->take(at(host));
    ASSERT_TRUE(place);
    places.push_back(std::move(*place));
  }
  const auto more = limits->take(at("172.18.0.3"));
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error(), Limit::kExemptConnections);
  const auto other = limits->take(at("192.0.2.1"));
  EXPECT_TRUE(other) << "others have theirs";
  EXPECT_FALSE(limits->take(at("192.0.2.1")));
  places.pop_back();
  EXPECT_TRUE(limits->take(at("172.18.0.3")));
}

TEST(ConnectionLimits, APlaceKnowsWhatItWasTakenFrom) {
  const auto limits = make({10, 2});
  {
    const auto counted = limits->take(at("192.0.2.1"));
    limits->change({10, 2, {net::CidrBlock::parse("192.0.2.0/24").value()}, 1});
    const auto exempt = limits->take(at("192.0.2.1"));
    EXPECT_TRUE(exempt);
    EXPECT_FALSE(limits->take(at("192.0.2.1")));
    EXPECT_EQ(limits->busiest().connections, 1U);
    EXPECT_EQ(limits->busiest().all, 2U);
  }
  EXPECT_EQ(limits->busiest().all, 0U);
  EXPECT_TRUE(limits->take(at("192.0.2.1")));
}

TEST(ConnectionLimits, ExemptBlocksComeFromTheConfiguration) {
  policy::Limits limits;
  limits.exempt = {"10.0.0.0/8", "fd00::/8"};
  limits.exempt_connections = 7;
  const auto settings = Settings::of(limits);
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->exempt.size(), 2U);
  EXPECT_EQ(settings->exempt_total, 7U);
  EXPECT_EQ(settings->total, limits.connections);
  limits.exempt = {"nowhere"};
  EXPECT_FALSE(Settings::of(limits));
}

TEST(ConnectionLimits, KnowsTheBusiestAddress) {
  const auto limits = make({10, 5});
  EXPECT_EQ(limits->busiest().connections, 0U);
  EXPECT_EQ(limits->busiest().address, "");
  const auto a = limits->take(at("192.0.2.1"));
  const auto b = limits->take(at("2001:db8::1"));
  const auto c = limits->take(at("2001:db8::2"));
  const auto busiest = limits->busiest();
  EXPECT_EQ(busiest.address, "2001:db8::/64");
  EXPECT_EQ(busiest.connections, 2U);
  EXPECT_EQ(busiest.all, 3U);
  EXPECT_EQ(busiest.limit, 5U);
}

TEST(ConnectionLimits, AMovedPlaceIsGivenBackOnce) {
  const auto limits = make({1, 1});
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
  const auto limits = make({50, 7});
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
