#include "proxy/relay/mint_rates.h"

#include <gtest/gtest.h>

#include <functional>

#include "proxy/keeper/key_holder.h"
#include "tests/unit/relay/limits_support.h"

namespace portcullis::relay {
namespace {

using namespace std::chrono_literals;
using certs::LeafPurpose;
using telemetry::Limit;

constexpr MintRates::Time kNow = 1'000s;

DomainName domain(std::string_view text) {
  return DomainName::parse(text).value();
}

class MintRatesTest : public ::testing::Test {
 protected:
  bool take(LeafPurpose purpose, const std::string& host, const std::string& peer,
            MintRates::Time at = kNow, bool exempt = false) {
    last_ = rates_.take(purpose, domain(host), peer_at(peer), exempt, at);
    return !last_;
  }
  // How many until one is refused.
  static int all(const std::function<bool()>& take) {
    int taken = 0;
    while (taken < 10'000 && take()) ++taken;
    return taken;
  }
  int all_of(LeafPurpose purpose, const std::string& host, const std::string& peer,
             MintRates::Time at = kNow) {
    return all([&] { return take(purpose, host, peer, at); });
  }

  void proves(const std::string& host, const std::string& peer) {
    rates_.proved(domain(host), peer_at(peer, 4'711));
  }

  MintRates rates_{17};
  std::optional<Limit> last_;
};

TEST_F(MintRatesTest, OneAddressGetsAPartOfTheTotal) {
  EXPECT_EQ(all_of(LeafPurpose::kInbound, "legacy.example", "192.0.2.1"), 200);
  EXPECT_EQ(last_, Limit::kInboundMints);
  // Another own domain is no way around it, another address is a stranger of its own.
  EXPECT_FALSE(take(LeafPurpose::kInbound, "second.example", "192.0.2.1"));
  EXPECT_TRUE(take(LeafPurpose::kInbound, "legacy.example", "192.0.2.2"));
  EXPECT_EQ(all_of(LeafPurpose::kInbound, "legacy.example", "192.0.2.1", kNow + 1s), 10);
}

TEST_F(MintRatesTest, ANetworkOfManyAddressesGetsAPartOfTheTotal) {
  int next = 0;
  const auto taken = all([&] {
    ++next;
    return take(LeafPurpose::kInbound, "legacy.example",
                "2001:db8:1:" + std::to_string(next % 9'000) + "::1");
  });
  EXPECT_EQ(taken, 800);
  EXPECT_TRUE(take(LeafPurpose::kInbound, "legacy.example", "2001:db8:2::1"));
}

TEST_F(MintRatesTest, WhatIsRefusedTakesNothingFromTheTotal) {
  all_of(LeafPurpose::kInbound, "legacy.example", "192.0.2.1");
  for (int i = 0; i < 5'000; ++i)
    ASSERT_FALSE(take(LeafPurpose::kInbound, "legacy.example", "192.0.2.1"));
  EXPECT_TRUE(take(LeafPurpose::kInbound, "legacy.example", "192.0.2.2"));
}

TEST_F(MintRatesTest, ExemptAddressesAreBoundedByTheTotal) {
  const auto taken =
      all([&] { return take(LeafPurpose::kInbound, "legacy.example", "192.0.2.1", kNow, true); });
  EXPECT_EQ(taken, 5'000);
  EXPECT_FALSE(take(LeafPurpose::kInbound, "legacy.example", "192.0.2.2"));
}

TEST_F(MintRatesTest, NoPurposeTakesFromAnother) {
  for (const std::string host : {"one.example", "two.example", "new.example", "legacy.example"})
    proves(host, "127.0.0.1");
  for (const std::string host : {"one.example", "two.example"})
    all_of(LeafPurpose::kOutbound, host, "127.0.0.1");
  EXPECT_FALSE(take(LeafPurpose::kOutbound, "new.example", "127.0.0.1"));
  EXPECT_EQ(last_, Limit::kOutboundMints);
  EXPECT_TRUE(take(LeafPurpose::kInbound, "legacy.example", "192.0.2.1"));
  EXPECT_EQ(all_of(LeafPurpose::kRefused, "legacy.example", "127.0.0.1"), 50);
  EXPECT_EQ(last_, Limit::kRefusedMints);
}

TEST_F(MintRatesTest, OneOwnHostGetsHalfOfWhatAllGet) {
  proves("legacy.example", "127.0.0.1");
  proves("second.example", "127.0.0.1");
  EXPECT_EQ(all_of(LeafPurpose::kOutbound, "legacy.example", "127.0.0.1"), 1'000);
  EXPECT_EQ(all_of(LeafPurpose::kOutbound, "second.example", "127.0.0.1"), 1'000);
  EXPECT_EQ(all_of(LeafPurpose::kOutbound, "legacy.example", "127.0.0.1", kNow + 1s), 50);
}

// Whoever else reaches the outbound listener may claim any host, from any address that he can use.
TEST_F(MintRatesTest, StrangersTakeNothingFromWhoHasProvedToBeTheBackend) {
  proves("legacy.example", "127.0.0.1");
  proves("second.example", "10.0.0.2");
  for (const auto purpose : {LeafPurpose::kOutbound, LeafPurpose::kRefused}) {
    for (int address = 2; address < 250; ++address)
      for (const std::string host : {"legacy.example", "second.example", "third.example"})
        all_of(purpose, host, "127.0.0." + std::to_string(address));
    all_of(purpose, "second.example", "127.0.0.1");  // the backend of another host
    const int whole = purpose == LeafPurpose::kOutbound ? 1'000 : 50;
    EXPECT_EQ(all_of(purpose, "legacy.example", "127.0.0.1"), whole);
    EXPECT_EQ(all_of(purpose, "second.example", "10.0.0.2"), whole);
  }
}

TEST_F(MintRatesTest, StrangersTogetherGetASmallTotal) {
  EXPECT_EQ(all_of(LeafPurpose::kOutbound, "legacy.example", "127.0.0.30"), 400);
  EXPECT_EQ(last_, Limit::kOutboundMints);
  EXPECT_FALSE(take(LeafPurpose::kOutbound, "second.example", "127.0.0.31"));
  EXPECT_EQ(all_of(LeafPurpose::kOutbound, "second.example", "127.0.0.31", kNow + 1s), 20);
  EXPECT_EQ(all_of(LeafPurpose::kRefused, "legacy.example", "127.0.0.30"), 20);
  EXPECT_EQ(last_, Limit::kRefusedMints);
}

TEST_F(MintRatesTest, StrangersAreOneSourceOfTheCache) {
  proves("legacy.example", "127.0.0.1");
  const auto source = [this](const std::string& host, const std::string& peer) {
    return rates_.source(LeafPurpose::kOutbound, domain(host), peer_at(peer));
  };
  EXPECT_EQ(source("legacy.example", "127.0.0.30"), source("second.example", "127.0.0.31"));
  EXPECT_EQ(source("second.example", "127.0.0.1"), source("second.example", "127.0.0.31"));
  EXPECT_NE(source("legacy.example", "127.0.0.1"), source("legacy.example", "127.0.0.30"));
}

TEST(BackendAddresses, OfAHostAreThoseThatHaveProvedItLast) {
  BackendAddresses addresses;
  const auto host = domain("legacy.example");
  const auto at = [](std::size_t number) { return peer_at("10.0.0." + std::to_string(number)); };
  for (std::size_t i = 0; i < BackendAddresses::kOfHost; ++i) addresses.add(host, at(i));
  addresses.add(host, at(0));  // again
  addresses.add(host, at(100));
  EXPECT_TRUE(addresses.has(host, at(0)));
  EXPECT_TRUE(addresses.has(host, at(100)));
  EXPECT_TRUE(addresses.has(host, peer_at("10.0.0.100", 2)));
  EXPECT_FALSE(addresses.has(host, at(1))) << "it had proved it before all others";
  EXPECT_FALSE(addresses.has(domain("second.example"), at(0)));
}

TEST_F(MintRatesTest, PeersReachTheLimitOfConnectionsFirst) {
  const policy::Limits limits;
  const auto& inbound = MintRates::kTotal[static_cast<std::size_t>(LeafPurpose::kInbound)];
  EXPECT_GE(inbound.per_second, static_cast<double>(limits.rate_total));
}

TEST_F(MintRatesTest, ManyHostsAreForgottenOnceTheirBucketsAreFull) {
  for (int i = 0; i < 20'000; ++i) {
    const auto host = "h" + std::to_string(i) + ".example";
    proves(host, "127.0.0.1");
    ASSERT_TRUE(take(LeafPurpose::kOutbound, host, "127.0.0.1", kNow + i * 20ms));
  }
}

// So a gate that keeps its limits is never refused by the process with the key.
TEST(MintRates, TogetherStayBelowWhatTheKeyProcessAllows) {
  Rate all{0, 0};
  const auto add = [&all](const Rate& rate) {
    all.per_second += rate.per_second;
    all.burst += rate.burst;
  };
  for (const auto& rate : MintRates::kTotal) add(rate);
  add(MintRates::kUnproved);
  add(MintRates::kUnprovedRefused);
  EXPECT_LT(all.per_second, keeper::KeyHolder::kMintsPerSecond);
  EXPECT_LT(all.burst, keeper::KeyHolder::kMintBurst);
}

}  // namespace
}  // namespace portcullis::relay
