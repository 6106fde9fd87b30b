// Which domains of ours the gate connects with each other, and by which policy.

#include "policy/decide/neighbours_gate.h"

#include <gtest/gtest.h>

#include <utility>

#include "policy/decide/gate.h"
#include "policy/model/neighbours.h"
#include "tests/unit/policy/config_text.h"

namespace portcullis::policy {
namespace {

DomainName domain(std::string_view text) {
  return DomainName::parse(text).value();
}

// a and rooms.a on one server, twin on the same one, b on another, web takes clients only.
Config config(const std::string& more = "") {
  const auto host = [](const std::string& names, const std::string& s2s) {
    return "[[host]]\n" + names + "\nbackend = { s2s = \"" + s2s +
           "\", c2s = \"127.0.0.1:222\", allow_clear_c2s = true }\n";
  };
  auto loaded =
      load_text(host("domain = \"a.example\"\naliases = [\"rooms.a.example\"]", "127.0.0.1:15269") +
                host("domain = \"twin.example\"", "localhost:15269") +
                host("domain = \"b.example\"", "127.0.0.1:15270") +
                host("domain = \"web.example\"", "off") + more);
  EXPECT_TRUE(loaded.config) << texts(loaded).front();
  return std::move(*loaded.config);
}

std::string verdict(const Config& config, std::string_view local, std::string_view remote) {
  const auto decision = neighbours_gate(config, domain(local), domain(remote));
  return decision.refusal ? std::string(id(decision.refusal->reason))
                          : std::string(name(decision.verdict));
}

TEST(NeighboursGate, ConnectsHostsOfTwoServersInBothDirections) {
  const auto both = config();
  for (const auto* const local : {"a.example", "rooms.a.example", "twin.example"}) {
    EXPECT_EQ(verdict(both, local, "b.example"), "accepted") << local;
    EXPECT_EQ(verdict(both, "b.example", local), "accepted") << local;
  }
}

TEST(NeighboursGate, ConnectsNothingThatWouldComeBack) {
  const auto both = config();
  for (const auto* const remote : {"a.example", "rooms.a.example", "twin.example"})
    EXPECT_EQ(verdict(both, "a.example", remote), "host_unknown") << remote;
}

TEST(NeighboursGate, ConnectsNobodyWhoIsNotServedForServers) {
  const auto both = config();
  EXPECT_EQ(verdict(both, "a.example", "web.example"), "host_unknown");
  EXPECT_EQ(verdict(both, "web.example", "a.example"), "host_unknown");
  EXPECT_EQ(verdict(both, "a.example", "peer.example"), "host_unknown");
  EXPECT_EQ(verdict(both, "peer.example", "a.example"), "host_unknown");
}

TEST(NeighboursGate, AsksForNoPolicyOfTheInternet) {
  const auto strict = config(
      "[policy]\nmode = \"observe\"\n"
      "[federation]\ndefault = \"deny\"\nlocal_only = [\"a.example\", \"b.example\"]\n"
      "[[s2s.rule]]\nmatch = [\"b.example\"]\nmin_tls = \"1.3\"\n");
  EXPECT_EQ(verdict(strict, "a.example", "b.example"), "accepted");
  EXPECT_FALSE(observes(strict, domain("b.example")));
  EXPECT_TRUE(observes(strict, domain("peer.example")));
}

TEST(NeighboursGate, ObeysADenialOfEitherEvenWhereOthersAreObserved) {
  const auto denying =
      config("[policy]\nmode = \"observe\"\n[federation]\ndeny = [\"b.example\"]\n");
  EXPECT_EQ(verdict(denying, "a.example", "b.example"), "neighbour_denied");
  EXPECT_EQ(verdict(denying, "b.example", "a.example"), "neighbour_denied");
  EXPECT_EQ(neighbours_gate(denying, domain("b.example"), domain("a.example")).verdict,
            Verdict::kRejected);
}

TEST(NeighboursGate, SaysWhomTheDenialNames) {
  const auto denying = config("[federation]\ndeny = [\"b.example\"]\n");
  for (const auto& [local, remote] :
       {std::pair("a.example", "b.example"), {"b.example", "a.example"}})
    EXPECT_NE(neighbours_gate(denying, domain(local), domain(remote))
                  .refusal->text.find("[federation] deny of this gate names b.example"),
              std::string::npos)
        << local;
}

// ---- Which programs there are

bool one_server(const std::string& one, const std::string& other) {
  return is_one_server(Endpoint::parse(one).value(), Endpoint::parse(other).value());
}

TEST(OneServer, HasManyNames) {
  for (const std::string here :
       {"127.0.0.1:5269", "localhost:5269", "LOCALHOST:5269", "localhost.:5269", "[::1]:5269",
        "[0:0:0:0:0:0:0:1]:5269", "[::ffff:127.0.0.1]:5269", "[::FFFF:7f00:1]:5269"})
    EXPECT_TRUE(one_server("localhost:5269", here) && one_server(here, "[::1]:5269")) << here;
  EXPECT_TRUE(one_server("xmpp.lan:5269", "XMPP.lan.:5269"));
  EXPECT_TRUE(one_server("192.0.2.1:5269", "[::ffff:192.0.2.1]:5269"));
  EXPECT_TRUE(one_server("[2001:db8::1]:5269", "[2001:DB8:0::0001]:5269"));
}

TEST(OneServer, IsNotAtTwoPlaces) {
  EXPECT_FALSE(one_server("127.0.0.1:5269", "127.0.0.1:5270"));
  EXPECT_FALSE(one_server("127.0.0.1:5269", "127.0.0.2:5269"));
  EXPECT_FALSE(one_server("127.0.0.1:5269", "[::127.0.0.1]:5269"));
  EXPECT_FALSE(one_server("localhost:5269", "localhost.lan:5269"));
  EXPECT_FALSE(one_server("192.0.2.1:5269", "xmpp.lan:5269"));
  EXPECT_FALSE(one_server("2001-db8--1:5269", "[2001:db8::1]:5269"));
}

TEST(ProgramOf, OnlyOfWhoCanBeConnected) {
  const auto both = config();
  EXPECT_TRUE(program_of(both, both.hosts[0]));
  EXPECT_EQ(program_of(both, both.hosts[0]), program_of(both, both.hosts[1])) << "twin.example";
  EXPECT_NE(program_of(both, both.hosts[0]), program_of(both, both.hosts[2]));
  EXPECT_FALSE(program_of(both, both.hosts[3])) << "it takes clients only";
}

TEST(ProgramOf, NobodyWithoutAWayOut) {
  const auto alone = config("[outbound]\nlisten = []\n");
  for (const auto& host : alone.hosts) EXPECT_FALSE(program_of(alone, host));
  EXPECT_FALSE(are_connected(alone, domain("a.example"), domain("b.example")));
}

TEST(ProgramOf, NobodyWhoKnowsOthersByDialback) {
  auto mixed = config();
  mixed.hosts[0].backend.s2s_auth = BackendAuth::kDialback;
  EXPECT_FALSE(program_of(mixed, mixed.hosts[0]));
  EXPECT_FALSE(are_connected(mixed, domain("a.example"), domain("b.example")));
  EXPECT_TRUE(are_connected(mixed, domain("twin.example"), domain("b.example")));
}

}  // namespace
}  // namespace portcullis::policy
