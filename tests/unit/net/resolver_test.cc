// A resolver that answers at once: what it leads to, and how it is set up.

#include "proxy/net/resolver.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "tests/unit/net/dnsmasq.h"
#include "tests/unit/net/harness.h"
#include "tests/unit/net/resolver_zone.h"

namespace portcullis::net {
namespace {

using test::Dnsmasq;
using test::kZone;
using test::run_until;

constexpr std::chrono::seconds kPatience{10};

DomainName domain(const std::string& text) {
  return *DomainName::parse(text);
}

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

}  // namespace
}  // namespace portcullis::net
