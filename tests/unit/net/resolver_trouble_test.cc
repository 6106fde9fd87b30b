// Resolvers that are silent or slow, or that fail at some of the questions.

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "proxy/net/resolver.h"
#include "tests/unit/net/dnsmasq.h"
#include "tests/unit/net/harness.h"
#include "tests/unit/net/resolver_zone.h"
#include "tests/unit/net/slow_server.h"

namespace portcullis::net {
namespace {

using test::Dnsmasq;
using test::kZone;
using test::run_until;
using test::SilentServer;
using test::SlowServer;

// What a look-up by `resolver` finds, and how long it took.
struct Timed {
  Candidates found;
  std::chrono::milliseconds took{0};

  NoCandidates none() const {
    const auto* one = std::get_if<NoCandidates>(&found);
    return one != nullptr ? *one : NoCandidates{policy::Reason::kInternalError, "candidates"};
  }
  std::string texts() const {
    std::string out;
    if (const auto* some = std::get_if<std::vector<Candidate>>(&found))
      for (const auto& one : *some) out += one.address.text() + " ";
    if (const auto* unsure = std::get_if<UnsureCandidates>(&found))
      for (const auto& one : unsure->candidates)
        out += one.address.text() + " by " + std::string(name(one.found)) + ", though " +
               std::string(policy::id(unsure->services.reason)) + " ";
    return out.empty() ? none().detail : out;
  }
};

Timed look_up(Loop& loop, const Endpoint& server, std::chrono::milliseconds at_most,
              const std::string& name = "both.example") {
  auto resolver = std::move(*Resolver::make(loop, {server}));
  uv_update_time(loop.raw());
  std::optional<Candidates> result;
  const auto began = loop.now();
  const auto lookup = resolver->find_server(*DomainName::parse(name), at_most,
                                            [&](Candidates found) { result = std::move(found); });
  EXPECT_TRUE(run_until(loop, [&] { return result.has_value(); }));
  return {result.value_or(Candidates{}), loop.now() - began};
}

TEST(ResolverWithoutAnswer, SilentServerIsToldToBeSlow) {
  Loop loop;
  const SilentServer silent;
  const auto result = look_up(loop, silent.endpoint(), std::chrono::seconds(3));
  EXPECT_EQ(result.none().reason, policy::Reason::kDnsTimeout);
  EXPECT_NE(result.none().detail.find("our resolver answered nothing at all"), std::string::npos)
      << result.none().detail;
  EXPECT_NE(result.none().detail.find("_xmpp-server._tcp.both.example SRV: no answer"),
            std::string::npos)
      << result.none().detail;
  EXPECT_EQ(result.none().resolver, "the resolver asked is " + silent.endpoint().text() +
                                        ", by servers of [dns]; nothing has been answered since "
                                        "the start");
  // Its own addresses are asked for, too.
  EXPECT_NE(result.none().detail.find("; both.example AAAA: no answer"), std::string::npos)
      << result.none().detail;
  EXPECT_GE(result.took, std::chrono::milliseconds(2900));
  EXPECT_LT(result.took, std::chrono::milliseconds(3500));
}

// Nothing comes back from it, as from one that is silent.
TEST(ResolverWithoutAnswer, DeadServerIsToldToBeSlow) {
  Loop loop;
  Endpoint dead;
  {
    const SilentServer gone;
    dead = gone.endpoint();
  }
  const auto result = look_up(loop, dead, std::chrono::seconds(3));
  EXPECT_EQ(result.none().reason, policy::Reason::kDnsTimeout) << result.none().detail;
  EXPECT_NE(result.none().resolver.find(dead.text()), std::string::npos) << result.none().resolver;
  EXPECT_LT(result.took, std::chrono::milliseconds(3500));
}

// ---- A resolver that is slow

constexpr std::uint16_t kTypeA = 1;
constexpr std::uint16_t kTypeAaaa = 28;
constexpr std::uint16_t kTypeSrv = 33;
using Milliseconds = std::chrono::milliseconds;

// libunbound asks again after 1.5 s, and takes only the answer to its last question.
TEST(SlowResolver, ServerThatTakesTwoSecondsIsWaitedFor) {
  Loop loop;
  const Dnsmasq dnsmasq(kZone);
  ASSERT_TRUE(dnsmasq.running()) << dnsmasq.output();
  const SlowServer slow(dnsmasq.endpoint(),
                        [](std::uint16_t /*type*/) { return std::chrono::seconds(2); });
  const auto result = look_up(loop, slow.endpoint(), std::chrono::seconds(15));
  EXPECT_EQ(result.texts(), "[2001:db8::1]:5270 192.0.2.1:5270 [2001:db8::1]:5269 192.0.2.1:5269 ");
  EXPECT_LT(result.took, std::chrono::seconds(8));
}

TEST(SlowResolver, ServerThatIsTooSlowIsToldAndTakesNoMoreThanTheTime) {
  Loop loop;
  const Dnsmasq dnsmasq(kZone);
  ASSERT_TRUE(dnsmasq.running()) << dnsmasq.output();
  const SlowServer slow(dnsmasq.endpoint(), [](std::uint16_t type) {
    return Milliseconds(type == kTypeSrv ? 0 : 3000);
  });
  const auto result = look_up(loop, slow.endpoint(), Milliseconds(1500));
  EXPECT_EQ(result.none().reason, policy::Reason::kDnsTimeout);
  EXPECT_NE(result.none().detail.find("a.both.example AAAA: no answer, A: no answer"),
            std::string::npos)
      << result.none().detail;
  EXPECT_EQ(result.none().detail.find("nothing at all"), std::string::npos)
      << result.none().detail;  // it had answered about the services
  EXPECT_EQ(result.none().resolver,
            "the resolver asked is " + slow.endpoint().text() + ", by servers of [dns]");
  EXPECT_GE(result.took, Milliseconds(1400));
  EXPECT_LT(result.took, Milliseconds(2500));
}

// Name servers and firewalls that drop every question about IPv6 are known.
TEST(SlowResolver, OneQuestionThatIsNeverAnsweredIsNotWaitedForLong) {
  Loop loop;
  const Dnsmasq dnsmasq(kZone);
  ASSERT_TRUE(dnsmasq.running()) << dnsmasq.output();
  const SlowServer slow(dnsmasq.endpoint(), [](std::uint16_t type) -> std::optional<Milliseconds> {
    if (type == kTypeAaaa) return std::nullopt;
    return Milliseconds(0);
  });
  const auto result = look_up(loop, slow.endpoint(), std::chrono::seconds(15));
  EXPECT_EQ(result.texts(), "192.0.2.1:5270 192.0.2.1:5269 ");
  EXPECT_GE(result.took, Milliseconds(1900));
  EXPECT_LT(result.took, std::chrono::seconds(4));
}

// "There is none" is no record that can be used: the other question is waited for.
TEST(SlowResolver, AnAnswerWithoutRecordsDoesNotHurryTheOther) {
  Loop loop;
  auto zone = kZone;
  zone.erase(zone.begin() + 2);  // the addresses of a.both.example
  zone.emplace_back("--host-record=a.both.example,192.0.2.1");
  const Dnsmasq dnsmasq(zone);
  ASSERT_TRUE(dnsmasq.running()) << dnsmasq.output();
  const SlowServer slow(dnsmasq.endpoint(),
                        [](std::uint16_t type) { return Milliseconds(type == kTypeA ? 2900 : 0); });
  const auto result = look_up(loop, slow.endpoint(), std::chrono::seconds(20));
  EXPECT_EQ(result.texts(), "192.0.2.1:5270 192.0.2.1:5269 ");
  EXPECT_GT(result.took, Milliseconds(2900));
}

// ---- A look-up that fails

struct Broken {
  std::vector<std::string> parts;  // of names that are answered with SERVFAIL
  std::string name;
  std::string found;
};

TEST(BrokenResolver, AFailingLookUpOfOneServiceDoesNotEndTheSearch) {
  const Dnsmasq dnsmasq(kZone);
  ASSERT_TRUE(dnsmasq.running()) << dnsmasq.output();
  const std::string unsure = "192.0.2.7:5269 by fallback, though dns_failed ";
  for (const auto& [parts, name, found] : std::vector<Broken>{
           {{"_xmpps-server"}, "both.example", "[2001:db8::1]:5269 192.0.2.1:5269 "},
           {{"_xmpp-server"}, "both.example", "[2001:db8::1]:5270 192.0.2.1:5270 "},
           {{"_xmpps-server"}, "fallback.example", unsure},
           {{"_xmpp-server"}, "fallback.example", unsure},
           {{"_xmpps-server", "_xmpp-server"}, "fallback.example", unsure}}) {
    SCOPED_TRACE(parts.front() + " " + name);
    Loop loop;
    const SlowServer server(
        dnsmasq.endpoint(), [](std::uint16_t) { return Milliseconds(0); }, parts);
    const auto result = look_up(loop, server.endpoint(), std::chrono::seconds(15), name);
    EXPECT_EQ(result.texts(), found);
    EXPECT_LT(result.took, std::chrono::seconds(4));
  }
}

TEST(BrokenResolver, WhatForbidsTheFallbackStillDoes) {
  const Dnsmasq dnsmasq(kZone);
  ASSERT_TRUE(dnsmasq.running()) << dnsmasq.output();
  for (const auto* const name : {"none.example", "halfnone.example"}) {
    Loop loop;
    const SlowServer server(dnsmasq.endpoint(), [](std::uint16_t) { return Milliseconds(0); },
                            {"_xmpp-server"});
    const auto result = look_up(loop, server.endpoint(), std::chrono::seconds(15), name);
    EXPECT_EQ(result.none().reason, policy::Reason::kDnsFailed) << result.texts();
  }
}

// Nothing is known about SRV records, so "there is no such domain" would say too much.
TEST(BrokenResolver, WithoutAddressesItIsAFailureOfDns) {
  Loop loop;
  const Dnsmasq dnsmasq(kZone);
  ASSERT_TRUE(dnsmasq.running()) << dnsmasq.output();
  const SlowServer server(dnsmasq.endpoint(), [](std::uint16_t) { return Milliseconds(0); },
                          {"_xmpp"});
  const auto result = look_up(loop, server.endpoint(), std::chrono::seconds(15), "unknown.example");
  EXPECT_EQ(result.none().reason, policy::Reason::kDnsFailed);
  EXPECT_NE(result.none().detail.find("SERVFAIL"), std::string::npos) << result.none().detail;
}

}  // namespace
}  // namespace portcullis::net
