#include "proxy/relay/connection_limits.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "tests/unit/relay/limits_support.h"

namespace portcullis::relay {
namespace {

using namespace std::chrono_literals;
using telemetry::Limit;
using OnePlace = ConnectionLimits::Place;

constexpr auto kIn = StreamKind::kS2sInbound;
constexpr auto kOut = StreamKind::kS2sOutbound;
constexpr auto kClient = StreamKind::kC2s;
constexpr auto kNow = 1'000'000ms;

// Small numbers, and rates that do not matter.
policy::Limits small() {
  policy::Limits limits;
  limits.inbound_connections = 2;
  limits.outbound_connections = 3;
  limits.client_connections = 4;
  limits.connections_per_address = 5;
  limits.connections_per_ipv6_56 = 6;
  limits.connections_per_ipv6_48 = 7;
  limits.refused_connections = 2;
  limits.streams_per_domain = 2;
  return limits;
}

// As many as there are, and which limit ended it.
template <class Take>
std::pair<std::vector<OnePlace>, std::optional<Limit>> take_all(Take take, int most = 50) {
  std::vector<OnePlace> places;
  for (int i = 0; i < most; ++i) {
    auto place = take(i);
    if (!place) return {std::move(places), place.error()};
    places.push_back(std::move(*place));
  }
  return {std::move(places), std::nullopt};
}

TEST(ConnectionLimits, NoKindTakesThePlacesOfAnother) {
  const auto limits = limits_with(small());
  const auto [inbound, full] = take_all([&](int) { return limits->enter(kIn); });
  EXPECT_EQ(inbound.size(), 2U);
  EXPECT_EQ(full, Limit::kInboundConnections);
  const auto [outbound, out_full] = take_all([&](int) { return limits->enter(kOut); });
  EXPECT_EQ(outbound.size(), 3U);
  EXPECT_EQ(out_full, Limit::kOutboundConnections);
  const auto [clients, clients_full] = take_all([&](int) { return limits->enter(kClient); });
  EXPECT_EQ(clients.size(), 4U);
  EXPECT_EQ(clients_full, Limit::kClientConnections);
  EXPECT_EQ(limits->open(), 9U);
}

TEST(ConnectionLimits, APlaceIsGivenBack) {
  const auto limits = limits_with(small());
  auto [places, full] = take_all([&](int) { return limits->enter(kIn); });
  EXPECT_FALSE(limits->enter(kIn));
  places.pop_back();
  EXPECT_TRUE(limits->enter(kIn));
}

TEST(ConnectionLimits, AnAddressIsBoundedAndOthersAreNot) {
  const auto limits = limits_with(small());
  const auto port = [](int i) { return static_cast<std::uint16_t>(i + 1); };
  const auto [places, full] =
      take_all([&](int i) { return limits->admit(kIn, peer_at("192.0.2.1", port(i)), kNow); });
  EXPECT_EQ(places.size(), 5U);
  EXPECT_EQ(full, Limit::kConnectionsPerAddress);
  EXPECT_FALSE(limits->admit(kClient, peer_at("192.0.2.1"), kNow)) << "kinds make no difference";
  EXPECT_FALSE(limits->admit(kIn, peer_at("::ffff:192.0.2.1"), kNow)) << "nor do mapped addresses";
  EXPECT_TRUE(limits->admit(kIn, peer_at("192.0.2.2"), kNow));
}

TEST(ConnectionLimits, ManySmallNetworksAreBoundedByTheLargerOnes) {
  const auto limits = limits_with(small());
  // Each from a /64 of its own.
  const auto within = [&](const std::string& prefix) {
    return take_all([&, prefix](int i) {
      return limits->admit(kIn, peer_at(prefix + two_digits(i) + "::1"), kNow);
    });
  };
  const auto [of_56, full_56] = within("2001:db8:1:1");
  EXPECT_EQ(of_56.size(), 6U);
  EXPECT_EQ(full_56, Limit::kConnectionsPerIpv6Slash56);
  const auto [of_48, full_48] = within("2001:db8:1:2");
  EXPECT_EQ(of_48.size(), 1U) << "the seventh of this /48";
  EXPECT_EQ(full_48, Limit::kConnectionsPerIpv6Slash48);
  EXPECT_TRUE(limits->admit(kIn, peer_at("2001:db8:2::1"), kNow)) << "another /48";
}

TEST(ConnectionLimits, ARefusedConnectionTakesNoPlaceOfALargerNetwork) {
  const auto limits = limits_with(small());
  const auto [places, full] =
      take_all([&](int) { return limits->admit(kIn, peer_at("2001:db8::1"), kNow); });
  EXPECT_EQ(places.size(), 5U);
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(limits->admit(kIn, peer_at("2001:db8::1"), kNow));
  EXPECT_TRUE(limits->admit(kIn, peer_at("2001:db8:0:1::1"), kNow));
}

TEST(ConnectionLimits, NewConnectionsAreBoundedInTimeToo) {
  auto given = small();
  given.rate_per_address = 1;
  given.burst_per_address = 3;
  const auto limits = limits_with(given);
  for (int i = 0; i < 3; ++i)
    EXPECT_TRUE(limits->admit(kIn, peer_at("192.0.2.1"), kNow)) << "each is closed at once";
  const auto refused = limits->admit(kIn, peer_at("192.0.2.1"), kNow);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), Limit::kRatePerAddress);
  EXPECT_TRUE(limits->admit(kIn, peer_at("192.0.2.2"), kNow));
  EXPECT_TRUE(limits->admit(kIn, peer_at("192.0.2.1"), kNow + 1s));
}

TEST(ConnectionLimits, WorkIsChargedToTheAddressThatCausedIt) {
  auto given = small();
  given.rate_per_address = 1;
  given.burst_per_address = 3;
  given.exempt = {"10.0.0.0/8"};
  const auto limits = limits_with(given);
  limits->charge(peer_at("192.0.2.1"), 100, kNow);
  EXPECT_FALSE(limits->admit(kIn, peer_at("192.0.2.1"), kNow));
  EXPECT_TRUE(limits->admit(kIn, peer_at("192.0.2.1"), kNow + 1s)) << "no debts are kept";
  EXPECT_TRUE(limits->admit(kIn, peer_at("192.0.2.2"), kNow));
  limits->charge(peer_at("10.0.0.1"), 100, kNow);
  EXPECT_TRUE(limits->admit(kIn, peer_at("10.0.0.1"), kNow));
}

TEST(ConnectionLimits, ANewLimitHoldsForWhatComesAfterIt) {
  const auto limits = limits_with(small());
  auto [places, full] = take_all([&](int) { return limits->enter(kIn); });
  const auto address = limits->admit(kIn, peer_at("192.0.2.1"), kNow);
  auto fewer = small();
  fewer.inbound_connections = 1;
  fewer.connections_per_address = 1;
  limits->change(ConnectionLimits::Settings::of(fewer).value());
  EXPECT_EQ(limits->open(), 2U) << "what is open stays";
  places.pop_back();
  EXPECT_FALSE(limits->enter(kIn));
  EXPECT_FALSE(limits->admit(kIn, peer_at("192.0.2.1"), kNow));
  limits->change(ConnectionLimits::Settings::of(small()).value());
  EXPECT_TRUE(limits->enter(kIn));
  EXPECT_TRUE(limits->admit(kIn, peer_at("192.0.2.1"), kNow));
}

TEST(ConnectionLimits, ExemptAddressesHaveATotalOfTheirOwn) {
  auto given = small();
  given.connections_per_address = 1;
  given.exempt = {"172.18.0.0/16"};
  given.exempt_connections = 3;
  const auto limits = limits_with(given);
  std::vector<OnePlace> places;
  for (const auto* host : {"172.18.0.1", "172.18.0.1", "172.18.0.2"}) {
    auto place = limits->admit(kIn, peer_at(host), kNow);
    ASSERT_TRUE(place);
    places.push_back(std::move(*place));
  }
  const auto more = limits->admit(kIn, peer_at("172.18.0.3"), kNow);
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error(), Limit::kExemptConnections);
  const auto other = limits->admit(kIn, peer_at("192.0.2.1"), kNow);
  EXPECT_TRUE(other) << "others have theirs";
  EXPECT_FALSE(limits->admit(kIn, peer_at("192.0.2.1"), kNow));
  places.pop_back();
  EXPECT_TRUE(limits->admit(kIn, peer_at("172.18.0.3"), kNow));
}

TEST(ConnectionLimits, APlaceKnowsWhatItWasTakenFrom) {
  const auto limits = limits_with(small());
  {
    const auto counted = limits->admit(kIn, peer_at("192.0.2.1"), kNow);
    auto next = small();
    next.exempt = {"192.0.2.0/24"};
    next.exempt_connections = 1;
    limits->change(ConnectionLimits::Settings::of(next).value());
    const auto exempt = limits->admit(kIn, peer_at("192.0.2.1"), kNow);
    EXPECT_TRUE(exempt);
    EXPECT_FALSE(limits->admit(kIn, peer_at("192.0.2.1"), kNow));
    EXPECT_EQ(limits->busiest().connections, 1U);
    EXPECT_EQ(limits->busiest().all, 2U);
  }
  EXPECT_EQ(limits->busiest().all, 0U);
  EXPECT_TRUE(limits->admit(kIn, peer_at("192.0.2.1"), kNow));
}

TEST(ConnectionLimits, ExemptBlocksComeFromTheConfiguration) {
  policy::Limits limits;
  limits.exempt = {"10.0.0.0/8", "fd00::/8"};
  EXPECT_EQ(ConnectionLimits::Settings::of(limits)->exempt.size(), 2U);
  limits.exempt = {"nowhere"};
  EXPECT_FALSE(ConnectionLimits::Settings::of(limits));
}

TEST(ConnectionLimits, FewRefusedConnectionsMayLinger) {
  const auto limits = limits_with(small());
  auto [places, full] = take_all([&](int) { return limits->linger(); });
  EXPECT_EQ(places.size(), 2U);
  EXPECT_EQ(full, Limit::kRefusedConnections);
  EXPECT_EQ(limits->open(), 0U) << "they take no place of a kind";
  places.pop_back();
  EXPECT_TRUE(limits->linger());
}

TEST(ConnectionLimits, ADomainIsBoundedAndWhoClaimsItTakesNoPlaceOfItsOwner) {
  const auto limits = limits_with(small());
  const auto name = [](const char* text) { return DomainName::parse(text).value(); };
  const auto join = [&](const char* text, bool certified) {
    return limits->join(name(text), certified);
  };
  const auto [claimed, full] = take_all([&](int) { return join("peer.example", false); });
  EXPECT_EQ(claimed.size(), 2U);
  EXPECT_EQ(full, Limit::kStreamsPerDomain);
  auto [certified, certified_full] = take_all([&](int) { return join("peer.example", true); });
  EXPECT_EQ(certified.size(), 2U);
  EXPECT_TRUE(join("other.example", true));
  certified.pop_back();
  EXPECT_TRUE(join("peer.example", true));
}

TEST(ConnectionLimits, KnowsTheBusiestAddress) {
  const auto limits = limits_with(small());
  EXPECT_EQ(limits->busiest().connections, 0U);
  EXPECT_EQ(limits->busiest().address, "");
  const auto a = limits->admit(kIn, peer_at("192.0.2.1"), kNow);
  const auto b = limits->admit(kIn, peer_at("2001:db8::1"), kNow);
  const auto c = limits->admit(kIn, peer_at("2001:db8::2"), kNow);
  const auto busiest = limits->busiest();
  EXPECT_EQ(busiest.address, "2001:db8::/64");
  EXPECT_EQ(busiest.connections, 2U);
  EXPECT_EQ(busiest.all, 3U);
  EXPECT_EQ(busiest.limit, 5U);
}

TEST(ConnectionLimits, AMovedPlaceIsGivenBackOnce) {
  const auto limits = limits_with(small());
  OnePlace kept;
  {
    auto place = limits->enter(kIn);
    ASSERT_TRUE(place);
    kept = std::move(*place);
  }
  EXPECT_EQ(limits->open(), 1U);
  kept = OnePlace();
  EXPECT_EQ(limits->open(), 0U);
}

TEST(ConnectionLimits, ThreadsNeverExceedTheLimit) {
  auto given = small();
  given.inbound_connections = 50;
  given.connections_per_address = 60;
  const auto limits = limits_with(given);
  std::vector<std::thread> threads;
  std::atomic<int> taken{0};
  std::atomic<int> admitted{0};
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      std::vector<OnePlace> mine;
      for (int i = 0; i < 100; ++i) {
        if (auto place = limits->enter(kIn)) {
          mine.push_back(std::move(*place));
          ++taken;
        }
        if (auto place = limits->admit(kIn, peer_at("192.0.2.1"), kNow)) {
          mine.push_back(std::move(*place));
          ++admitted;
        }
      }
      EXPECT_LE(mine.size(), 110U);
      while (taken < 50 || admitted < 60) std::this_thread::yield();
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(limits->open(), 0U);
  EXPECT_EQ(limits->busiest().all, 0U);
  EXPECT_GE(taken, 50);
  EXPECT_GE(admitted, 60);
}

}  // namespace
}  // namespace portcullis::relay
