#include "policy/decide/peer_route.h"

#include <gtest/gtest.h>

#include <string>

namespace portcullis::policy {
namespace {

const std::string kOnion = "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion";
const std::string kWrong = "ag6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion";

DomainName domain(const std::string& text) {
  return DomainName::parse(text).value();
}

S2sRule via(std::vector<std::string> match, ViaFor for_whom, std::uint16_t port = 9050) {
  S2sRule rule{std::move(match), {}, {}, {}};
  rule.settings.via = Endpoint{"127.0.0.1", port};
  rule.settings.via_for = for_whom;
  return rule;
}

Config with_rules(std::vector<S2sRule> rules) {
  Config config;
  config.hosts.push_back({domain("own.example"), {domain("conference.own.example")}, {}, {}});
  config.s2s.rules = std::move(rules);
  return config;
}

// "dns", "PROXY for PORT", or the reason why it is not called.
std::string way(const Config& config, const std::string& name) {
  const auto route = peer_route(config, domain(name), {});
  EXPECT_EQ(route.remote, domain(name));
  if (const auto* const refusal = std::get_if<Refusal>(&route.way))
    return std::string(id(refusal->reason));
  if (const auto* const socks = std::get_if<BySocks>(&route.way))
    return socks->proxy.text() + " for " + std::to_string(socks->port);
  return "dns";
}

TEST(PeerRoute, WithoutARuleIsThatOfDns) {
  const Config config = with_rules({});
  for (const std::string name : {"peer.example", "localhost", "own.example"})
    EXPECT_EQ(way(config, name), "dns");
}

TEST(PeerRoute, DnsIsNeverAskedForAnOnionService) {
  const Config config = with_rules({});
  EXPECT_EQ(way(config, kOnion), "onion_without_proxy");
  EXPECT_EQ(way(config, "chat." + kOnion), "onion_without_proxy");
  EXPECT_EQ(way(config, kWrong), "bad_onion_name");
  EXPECT_EQ(way(config, "expyuzz4wqqyqhjn.onion"), "bad_onion_name");
  EXPECT_EQ(way(config, "onion"), "bad_onion_name");
}

TEST(PeerRoute, ARuleSendsOnionServicesThroughItsProxyAndNothingElse) {
  const Config config = with_rules({via({"*.onion", "peer.example"}, ViaFor::kOnion)});
  EXPECT_EQ(way(config, kOnion), "127.0.0.1:9050 for 5269");
  EXPECT_EQ(way(config, "chat." + kOnion), "127.0.0.1:9050 for 5269");
  EXPECT_EQ(way(config, "peer.example"), "dns");
  EXPECT_EQ(way(config, kWrong), "bad_onion_name");
}

TEST(PeerRoute, TheNearestRuleSaysWhichProxyAndPort) {
  auto exact = via({kOnion}, ViaFor::kOnion, 9150);
  exact.settings.via_port = 15269;
  S2sRule none{{"*." + kOnion}, {}, {}, {}};
  const Config config =
      with_rules({via({"*.onion"}, ViaFor::kOnion), std::move(exact), std::move(none)});
  EXPECT_EQ(way(config, kOnion), "127.0.0.1:9150 for 15269");
  EXPECT_EQ(way(config, "chat." + kOnion), "onion_without_proxy");
}

TEST(PeerRoute, OtherNamesGoThatWayIfTheRuleSaysSo) {
  const Config config = with_rules({via({"*.example", "*.onion"}, ViaFor::kAny)});
  EXPECT_EQ(way(config, "peer.example"), "127.0.0.1:9050 for 5269");
  EXPECT_EQ(way(config, kOnion), "127.0.0.1:9050 for 5269");
  EXPECT_EQ(way(config, kWrong), "bad_onion_name");
  EXPECT_EQ(way(config, "peer.net"), "dns");
}

// The address cannot be checked there.
TEST(PeerRoute, NeitherThisMachineNorOwnDomainsAreCalledThroughAProxy) {
  const Config config = with_rules(
      {via({"*.example", "localhost", "*.localhost", "localhost.localdomain"}, ViaFor::kAny)});
  for (const std::string name : {"own.example", "conference.own.example", "localhost",
                                 "x.localhost", "localhost.localdomain"})
    EXPECT_EQ(way(config, name), "address_refused") << name;
}

TEST(PeerRoute, AnOwnOnionServiceIsNotCalled) {
  Config config = with_rules({via({"*.onion"}, ViaFor::kOnion)});
  config.hosts.push_back({domain(kOnion), {}, {}, {}});
  EXPECT_EQ(way(config, kOnion), "address_refused");
}

}  // namespace
}  // namespace portcullis::policy
