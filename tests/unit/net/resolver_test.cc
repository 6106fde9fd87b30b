#include "proxy/net/resolver.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <set>

#include "tests/unit/net/dnsmasq.h"
#include "tests/unit/net/harness.h"
#include "tests/unit/net/slow_server.h"

namespace portcullis::net {
namespace {

using test::Dnsmasq;
using test::run_until;
using test::SilentServer;
using test::SlowServer;

constexpr std::chrono::seconds kPatience{10};

DomainName domain(const std::string& text) {
  return *DomainName::parse(text);
}

const std::vector<std::string> kZone{
    "--srv-host=_xmpp-server._tcp.both.example,a.both.example,5269,10,0",
    "--srv-host=_xmpps-server._tcp.both.example,a.both.example,5270,5,0",
    "--host-record=a.both.example,192.0.2.1,2001:db8::1",
    "--host-record=fallback.example,192.0.2.7",
    "--srv-host=_xmpp-server._tcp.none.example",
    "--srv-host=_xmpps-server._tcp.none.example",
    "--host-record=none.example,192.0.2.9",
    "--srv-host=_xmpps-server._tcp.startonly.example",
    "--srv-host=_xmpp-server._tcp.startonly.example,a.both.example,5269",
    "--srv-host=_xmpps-server._tcp.halfnone.example",
    "--host-record=halfnone.example,192.0.2.10",
    "--srv-host=_xmpp-server._tcp.dangling.example,nowhere.example,5269",
    "--host-record=dangling.example,192.0.2.11",
    "--srv-host=_xmpp-server._tcp.unspecified.example,zero.example,5269",
    "--host-record=zero.example,0.0.0.0",
    "--cname=alias.example,fallback.example",
    "--server=/broken.example/127.0.0.1#1",
};

class ResolverTest : public ::testing::Test {
 protected:
  ResolverTest() : dnsmasq(kZone) {}
  void SetUp() override {
    ASSERT_TRUE(dnsmasq.running()) << "dnsmasq-base is needed: " << dnsmasq.output();
    resolver = std::move(*Resolver::make(loop, {dnsmasq.endpoint()}));
  }

  Candidates find(const std::string& name) {
    std::optional<Candidates> result;
    const auto lookup = resolver->find_server(domain(name), kPatience,
                                              [&](Candidates found) { result = std::move(found); });
    EXPECT_FALSE(result.has_value()) << "called before find_server returned";
    EXPECT_TRUE(run_until(loop, [&] { return result.has_value(); })) << name;
    return result.value_or(Candidates{});
  }
  std::vector<std::string> texts(const std::string& name) {
    std::vector<std::string> out;
    const Candidates found = find(name);
    if (const auto* none = std::get_if<NoCandidates>(&found)) return {none->detail};
    for (const auto& candidate : std::get<std::vector<Candidate>>(found))
      out.push_back(candidate.address.text() + " " +
                    std::string(portcullis::name(candidate.entry)));
    return out;
  }
  NoCandidates refusal(const std::string& name) {
    const Candidates found = find(name);
    const auto* none = std::get_if<NoCandidates>(&found);
    EXPECT_NE(none, nullptr) << name;
    return none == nullptr ? NoCandidates{policy::Reason::kInternalError, ""} : *none;
  }

  Loop loop;
  Dnsmasq dnsmasq;
  std::unique_ptr<Resolver> resolver;
};

TEST_F(ResolverTest, MergesBothServicesByPriorityAndInterleavesAddresses) {
  const std::vector<std::string> expected{"[2001:db8::1]:5270 direct", "192.0.2.1:5270 direct",
                                          "[2001:db8::1]:5269 starttls", "192.0.2.1:5269 starttls"};
  EXPECT_EQ(texts("both.example"), expected);
}

TEST_F(ResolverTest, FallsBackToTheDomainWithoutAnyRecord) {
  EXPECT_EQ(texts("fallback.example"), std::vector<std::string>{"192.0.2.7:5269 starttls"});
}

TEST_F(ResolverTest, FollowsAnAlias) {
  EXPECT_EQ(texts("alias.example"), std::vector<std::string>{"192.0.2.7:5269 starttls"});
}

TEST_F(ResolverTest, RootTargetMeansNoServiceAndNoFallback) {
  const auto refused = refusal("none.example");
  EXPECT_EQ(refused.reason, policy::Reason::kNoSuchService);
  EXPECT_EQ(refused.resolver, "") << "it has answered";
  EXPECT_NE(refused.detail.find("_xmpp-server._tcp.none.example"), std::string::npos);
  EXPECT_EQ(refusal("halfnone.example").reason, policy::Reason::kNoSuchService);
}

TEST_F(ResolverTest, RootTargetOfOneServiceLeavesTheOther) {
  const std::vector<std::string> expected{"[2001:db8::1]:5269 starttls", "192.0.2.1:5269 starttls"};
  EXPECT_EQ(texts("startonly.example"), expected);
}

TEST_F(ResolverTest, TargetWithoutAddressDoesNotFallBack) {
  const auto refused = refusal("dangling.example");
  EXPECT_EQ(refused.reason, policy::Reason::kNoSuchService);
  EXPECT_NE(refused.detail.find("nowhere.example AAAA: NXDOMAIN"), std::string::npos)
      << refused.detail;
}

// Whether it is called is not decided here.
TEST_F(ResolverTest, UnspecifiedAddressIsACandidate) {
  const std::vector<std::string> expected{"0.0.0.0:5269 starttls"};
  EXPECT_EQ(texts("unspecified.example"), expected);
}

TEST_F(ResolverTest, UnknownDomainIsNoSuchService) {
  const auto refused = refusal("unknown.example");
  EXPECT_EQ(refused.reason, policy::Reason::kNoSuchService);
  EXPECT_NE(refused.detail.find("NXDOMAIN"), std::string::npos) << refused.detail;
}

TEST_F(ResolverTest, RefusedAndBrokenZonesAreDnsFailures) {
  EXPECT_EQ(refusal("somewhere.invalid-zone.net").reason, policy::Reason::kDnsFailed);
  // Nobody answers for it. Whether that is known in time is for the resolver in between to say.
  const auto broken = refusal("broken.example").reason;
  EXPECT_TRUE(broken == policy::Reason::kDnsFailed || broken == policy::Reason::kDnsTimeout);
}

TEST_F(ResolverTest, ManyLookupsAtOnce) {
  constexpr int kLookups = 500;
  int found = 0;
  int absent = 0;
  std::vector<std::unique_ptr<Resolver::Lookup>> lookups;
  for (int i = 0; i < kLookups; ++i) {
    const bool exists = i % 2 == 0;
    const std::string name = exists ? "both.example" : "n" + std::to_string(i) + ".example";
    lookups.push_back(resolver->find_server(domain(name), kPatience, [&](const Candidates& result) {
      std::holds_alternative<NoCandidates>(result) ? ++absent : ++found;
    }));
  }
  EXPECT_TRUE(run_until(loop, [&] { return found + absent == kLookups; }));
  EXPECT_EQ(found, kLookups / 2);
  EXPECT_EQ(absent, kLookups / 2);
}

TEST_F(ResolverTest, CancelledLookupsStaySilent) {
  int calls = 0;
  std::vector<std::unique_ptr<Resolver::Lookup>> lookups;
  for (int i = 0; i < 100; ++i)
    lookups.push_back(resolver->find_server(domain("c" + std::to_string(i) + ".example"), kPatience,
                                            [&](const Candidates&) { ++calls; }));
  lookups.clear();
  find("both.example");  // answered after those would have been
  EXPECT_EQ(calls, 0);
}

TEST_F(ResolverTest, LookupMayBeDestroyedInItsOwnCallback) {
  std::unique_ptr<Resolver::Lookup> lookup;
  bool called = false;
  lookup = resolver->find_server(domain("both.example"), kPatience, [&](const Candidates&) {
    lookup.reset();
    called = true;
  });
  EXPECT_TRUE(run_until(loop, [&] { return called; }));
}

TEST_F(ResolverTest, ResolverMayBeDestroyedInACallbackWithOthersRunning) {
  std::vector<std::unique_ptr<Resolver::Lookup>> lookups;
  int calls = 0;
  for (int i = 0; i < 20; ++i)
    lookups.push_back(
        resolver->find_server(domain("both.example"), kPatience, [&](const Candidates&) {
          ++calls;
          resolver.reset();
        }));
  EXPECT_TRUE(run_until(loop, [&] { return resolver == nullptr; }));
  // The others are told as well, at the latest when their time is over.
  EXPECT_TRUE(run_until(loop, [&] { return calls == 20; }));
}

TEST_F(ResolverTest, EverythingMayBeDestroyedWhileRunning) {
  std::vector<std::unique_ptr<Resolver::Lookup>> lookups;
  for (int i = 0; i < 20; ++i)
    lookups.push_back(resolver->find_server(domain("x" + std::to_string(i) + ".example"), kPatience,
                                            [](const Candidates&) { FAIL(); }));
  resolver.reset();
  lookups.clear();
  for (int i = 0; i < 5; ++i) uv_run(loop.raw(), UV_RUN_NOWAIT);
}

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
  const auto lookup = resolver->find_server(domain(name), at_most,
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

TEST(ResolverSettings, ServerByNameIsRefusedInWords) {
  Loop loop;
  const auto resolver = Resolver::make(loop, {Endpoint{"dns.example", 53}});
  ASSERT_FALSE(resolver.has_value());
  EXPECT_NE(resolver.error().message.find("dns.example:53"), std::string::npos);
}

TEST(ResolverSettings, ResolvConfIsTakenWithoutServers) {
  Loop loop;
  const auto resolver = Resolver::make(loop, {});
  EXPECT_TRUE(resolver.has_value()) << resolver.error().message;
}

using Addresses = EndpointAddresses;

TEST(ResolveEndpoint, LiteralIsAnsweredAsynchronously) {
  Loop loop;
  std::optional<Addresses> result;
  const auto lookup = Resolver::resolve_endpoint(
      loop, {"::1", 5269}, [&](Addresses found) { result = std::move(found); });
  EXPECT_FALSE(result.has_value());
  ASSERT_TRUE(run_until(loop, [&] { return result.has_value(); }));
  ASSERT_TRUE(result->has_value());
  EXPECT_EQ((**result).at(0).text(), "[::1]:5269");
}

TEST(ResolveEndpoint, NameOfThisMachine) {
  Loop loop;
  std::optional<Addresses> result;
  const auto lookup = Resolver::resolve_endpoint(
      loop, {"localhost", 15269}, [&](Addresses found) { result = std::move(found); });
  ASSERT_TRUE(run_until(loop, [&] { return result.has_value(); }));
  ASSERT_TRUE(result->has_value()) << result->error().message;
  EXPECT_EQ((**result).at(0).port(), 15269);
}

TEST(ResolveEndpoint, UnknownNameIsExplained) {
  Loop loop;
  std::optional<Addresses> result;
  const auto lookup = Resolver::resolve_endpoint(
      loop, {"no such host", 1}, [&](Addresses found) { result = std::move(found); });
  ASSERT_TRUE(run_until(loop, [&] { return result.has_value(); }));
  ASSERT_FALSE(result->has_value());
  EXPECT_NE(result->error().message.find("\"no such host\""), std::string::npos);
}

TEST(ResolveEndpoint, DestroyedLookupsStaySilent) {
  Loop loop;
  for (const std::string host : {"127.0.0.1", "localhost"}) {
    auto lookup = Resolver::resolve_endpoint(loop, {host, 1}, [](const Addresses&) { FAIL(); });
    lookup.reset();
  }
  bool done = false;
  const auto last =
      Resolver::resolve_endpoint(loop, {"localhost", 1}, [&](const Addresses&) { done = true; });
  EXPECT_TRUE(run_until(loop, [&] { return done; }));
}

}  // namespace
}  // namespace portcullis::net
