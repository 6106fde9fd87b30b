// Unit tests of DialRules and DialTarget: which addresses are called.

#include "proxy/relay/dial_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "proxy/relay/dial_target.h"

namespace portcullis::relay {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

net::SocketAddress at(const std::string& host, std::uint16_t port = 5269) {
  return net::SocketAddress::from(Endpoint{host, port}).value();
}

// The gate's machine has 192.0.2.7 and 2001:db8::7, and the backend of legacy.example stands on it.
class DialRulesTest : public testing::Test {
 protected:
  DialRulesTest() {
    config_.listen.s2s = {{"::", 5269}};
    config_.listen.s2s_direct = {{"0.0.0.0", 5270}};
    config_.listen.c2s = {{"192.0.2.7", 5222}};
    config_.listen.c2s_direct = {};
    config_.listen.admin = Endpoint{"127.0.0.1", 9270};
    config_.outbound.listen = {{"127.0.0.2", 5299}};
    policy::Backend backend;
    backend.s2s = Endpoint{"127.0.0.1", 15269};
    backend.c2s = Endpoint{"127.0.0.1", 15222};
    config_.hosts.push_back({*DomainName::parse("legacy.example"), {}, {}, backend});
  }

  DialRules rules() const {
    return DialRules::of(config_,
                         [this](const net::SocketAddress& address) {
                           if (address.host().starts_with("127.")) return net::Whose::kOurs;
                           if (cannot_tell_) return net::Whose::kUnknown;
                           return local_.contains(address.host()) ? net::Whose::kOurs
                                                                  : net::Whose::kOthers;
                         })
        .value();
  }
  // Empty if a peer there is called.
  std::string why_not(const std::string& host, std::uint16_t port = 5269) const {
    return rules().why_not_peer(at(host, port), named_).value_or("");
  }
  void allow(std::vector<std::string> networks) {
    config_.outbound.allow_networks = std::move(networks);
  }
  void refuse(std::vector<std::string> networks) {
    config_.outbound.refuse_networks = std::move(networks);
  }

  policy::Config config_;
  bool cannot_tell_ = false;  // descriptors have run out
  std::set<std::string> local_{"192.0.2.7", "2001:db8::7", "9.9.9.7", "2a00::7"};
  NamedBackends named_;
};

// ---- Special-purpose addresses

TEST_F(DialRulesTest, ThePublicInternetIsCalled) {
  for (const char* host :
       {"9.9.9.9", "2a00:1450::1", "64:ff9b::9.9.9.9", "2002:909:909::1", "::ffff:9.9.9.9"})
    EXPECT_EQ(why_not(host), "") << host;
}

TEST_F(DialRulesTest, SpecialAddressesAreNotCalledAndTheKeyIsNamed) {
  for (const char* host : {"10.0.0.1", "100.64.0.1", "127.9.9.9", "169.254.0.1", "192.168.0.1",
                           "203.0.113.1", "::1", "fc00::1", "fe80::1", "2001:db8::1", "4000::1",
                           "64:ff9b:1::9.9.9.9", "::9.9.9.9", "::ffff:10.0.0.1"})
    EXPECT_THAT(why_not(host, 25), HasSubstr("outbound.allow_networks")) << host;
  EXPECT_EQ(why_not("10.0.0.1", 25),
            "10.0.0.1:25 is a private address (RFC 1918), which only outbound.allow_networks can "
            "open");
}

TEST_F(DialRulesTest, NoHostIsNeverCalled) {
  allow({"0.0.0.0/0", "::/0"});
  for (const char* host : {"0.0.0.0", "0.0.0.1", "224.0.0.1", "255.255.255.255", "::", "ff02::1",
                           "::ffff:0.0.0.0", "64:ff9b::0.0.0.0", "64:ff9b::224.0.0.1"})
    EXPECT_NE(why_not(host, 25), "") << host;
  EXPECT_EQ(why_not("240.0.0.1", 25), "");
}

TEST_F(DialRulesTest, AnEmbeddedAddressIsJudgedToo) {
  EXPECT_EQ(why_not("64:ff9b::10.0.0.1", 25),
            "[64:ff9b::a00:1]:25 leads to 10.0.0.1:25, which is a private address (RFC 1918), "
            "which only outbound.allow_networks can open");
  EXPECT_NE(why_not("2002:c0a8:1::1", 25), "");
  EXPECT_NE(why_not("2001:0:a01:203:8000:63bf:f6f6:f6f6", 25), "") << "Teredo: its server";
  EXPECT_NE(why_not("2001:0:909:909:8000:63bf:80ff:fffe", 25), "") << "Teredo: its client";
  EXPECT_EQ(why_not("2001:0:909:909:8000:63bf:f6f6:f6f6", 25), "");
}

// ---- The two lists

TEST_F(DialRulesTest, AllowNetworksOpensWhatItHolds) {
  allow({"10.0.0.0/8", "fc00::/7", "127.0.0.0/8"});
  for (const char* host : {"10.1.2.3", "fc00::1", "127.0.0.77", "64:ff9b::10.0.0.1"})
    EXPECT_EQ(why_not(host, 25), "") << host;
  for (const char* host : {"192.168.0.1", "fe80::1", "64:ff9b::192.168.0.1"})
    EXPECT_NE(why_not(host, 25), "") << host;
}

TEST_F(DialRulesTest, RefuseNetworksClosesMore) {
  refuse({"9.9.9.0/24", "2a00::/16"});
  EXPECT_EQ(why_not("9.9.9.9"), "9.9.9.9:5269 is in a network of outbound.refuse_networks");
  for (const char* host : {"2a00::1", "64:ff9b::9.9.9.9", "2002:909:909::1", "::ffff:9.9.9.9"})
    EXPECT_THAT(why_not(host), HasSubstr("refuse_networks")) << host;
  for (const char* host : {"9.9.8.9", "2a01::1"}) EXPECT_EQ(why_not(host), "") << host;
}

TEST_F(DialRulesTest, TheLongestPrefixDecides) {
  allow({"10.0.0.0/8", "10.1.2.0/24", "9.9.9.9"});
  refuse({"10.1.0.0/16", "0.0.0.0/0", "::/0"});
  for (const char* host : {"10.9.9.9", "10.1.2.3", "9.9.9.9"})
    EXPECT_EQ(why_not(host, 25), "") << host;
  for (const char* host : {"10.1.3.3", "9.9.9.8", "2a00::1"})
    EXPECT_NE(why_not(host, 25), "") << host;
}

TEST_F(DialRulesTest, OfTwoEqualBlocksTheOneThatRefusesDecides) {
  allow({"10.0.0.0/8"});
  refuse({"10.255.255.255/8"});
  EXPECT_THAT(why_not("10.1.2.3", 25), HasSubstr("refuse_networks"));
}

TEST_F(DialRulesTest, ABlockThatCannotBeReadIsAnError) {
  allow({"10.0.0.0/33"});
  EXPECT_FALSE(DialRules::of(config_, [](const auto&) { return net::Whose::kOthers; }));
}

// ---- Where nobody can tell whose an address is

TEST_F(DialRulesTest, WhatMayBeOursIsNotCalledAndTheWordsSaySo) {
  cannot_tell_ = true;
  EXPECT_EQ(why_not("9.9.9.9"),
            "9.9.9.9:5269 is perhaps one of this machine, which cannot be found out: descriptors "
            "or memory have run out");
  EXPECT_THAT(why_not("9.9.9.9", 15269), HasSubstr("perhaps one of this machine"))
      << "the backend's port";
  EXPECT_THAT(rules().why_not_backend(at("9.9.9.9")).value_or(""),
              HasSubstr("perhaps one of this machine"));
  EXPECT_EQ(why_not("9.9.9.9", 25), "") << "nothing of ours is at this port";
  EXPECT_EQ(why_not("192.0.2.7", 5222), "192.0.2.7:5222 is a listener of this gate");
}

// ---- Our own listeners

TEST_F(DialRulesTest, OurListenersAreNeverCalled) {
  allow({"0.0.0.0/0", "::/0"});
  EXPECT_THAT(
      why_not("127.0.0.2", 5299),
      AllOf(StartsWith("127.0.0.2:5299 is a listener of this gate, the one for the backend: "
                       "DNS leads back to this gate."),
            HasSubstr("servers of [dns]")));
  for (const auto& [host, port] : std::vector<std::pair<std::string, std::uint16_t>>{
           {"::ffff:127.0.0.2", 5299},
           {"64:ff9b::127.0.0.2", 5299},
           {"2002:7f00:2::", 5299},
           {"::127.0.0.2", 5299},
           {"127.0.0.1", 9270},
           {"192.0.2.7", 5222},
           // [::] is every address of this machine, 0.0.0.0 each of IPv4.
           {"192.0.2.7", 5269},
           {"2001:db8::7", 5269},
           {"9.9.9.7", 5269},
           {"127.0.0.99", 5269},
           {"9.9.9.7", 5270}})
    EXPECT_THAT(why_not(host, port), HasSubstr("a listener of this gate")) << host << " " << port;
}

TEST_F(DialRulesTest, WhereDnsIsAnsweredIsAListenerOfOurs) {
  allow({"0.0.0.0/0", "::/0"});
  EXPECT_EQ(why_not("127.0.0.3", 5353), "");
  config_.outbound.capture = policy::Capture::kDns;
  EXPECT_THAT(why_not("127.0.0.3", 5353), HasSubstr("a listener of this gate"));
}

TEST_F(DialRulesTest, OtherPortsAndOtherMachinesAreNoListenersOfOurs) {
  allow({"0.0.0.0/0", "::/0"});
  EXPECT_EQ(why_not("127.0.0.2", 5298), "");
  EXPECT_EQ(why_not("127.0.0.3", 5299), "");
  EXPECT_EQ(why_not("192.0.2.8", 5269), "");
  EXPECT_EQ(why_not("192.0.2.8", 5222), "");
  EXPECT_EQ(why_not("9.9.9.7", 5222), "") << "only 192.0.2.7 is listened on";
  EXPECT_EQ(why_not("2001:db8::7", 5270), "") << "0.0.0.0 takes no IPv6";
}

TEST_F(DialRulesTest, AnAddressThatComesIsNoticed) {
  const DialRules before = rules();
  EXPECT_FALSE(before.why_not_peer(at("9.9.9.8"), {}));
  local_.insert("9.9.9.8");
  EXPECT_TRUE(before.why_not_peer(at("9.9.9.8"), {}));
}

// ---- Backends

TEST_F(DialRulesTest, BackendsAreNeverCalled) {
  allow({"0.0.0.0/0", "::/0"});
  EXPECT_EQ(why_not("127.0.0.1", 15269), "127.0.0.1:15269 is where a backend of this gate listens");
  // It may listen on every address of its machine, which is ours.
  for (const char* host : {"192.0.2.7", "127.0.0.9", "64:ff9b::127.0.0.1", "2001:db8::7"})
    EXPECT_THAT(why_not(host, 15222), HasSubstr("backend")) << host;
  EXPECT_EQ(why_not("192.0.2.8", 15269), "");
  EXPECT_EQ(why_not("127.0.0.1", 15270), "");
}

TEST_F(DialRulesTest, ABackendOnAnotherMachineIsThatAddressOnly) {
  allow({"0.0.0.0/0"});
  config_.hosts[0].backend.s2s = Endpoint{"10.0.0.5", 5269};
  EXPECT_THAT(why_not("10.0.0.5", 5269), HasSubstr("backend"));
  EXPECT_EQ(why_not("10.0.0.6", 5269), "");
}

TEST_F(DialRulesTest, ABackendWithANameHasToBeLookedUpIfItsPortIsCalled) {
  allow({"0.0.0.0/0"});
  config_.hosts[0].backend.s2s = Endpoint{"prosody.internal", 5269};
  config_.hosts.push_back(config_.hosts[0]);
  const auto names = rules().named_backends({5222, 5269});
  ASSERT_EQ(names.size(), 1U);
  EXPECT_EQ(names[0].text(), "prosody.internal:5269");
  EXPECT_THAT(rules().named_backends({5222}), IsEmpty());
  EXPECT_EQ(why_not("10.0.0.5", 5269), "");
  named_.addresses = {at("10.0.0.5", 5269)};
  EXPECT_THAT(why_not("10.0.0.5", 5269), HasSubstr("backend"));
}

TEST_F(DialRulesTest, NobodyIsCalledAtThePortOfABackendThatCannotBeLookedUp) {
  named_.unknown = {{"prosody.internal", 5269}};
  EXPECT_THAT(why_not("9.9.9.9", 5269), HasSubstr("the backend prosody.internal:5269 listens"));
  EXPECT_THAT(why_not("::ffff:9.9.9.9", 5269), HasSubstr("prosody.internal"));
  EXPECT_EQ(why_not("9.9.9.9", 5270), "");
}

// Where the operator says that the backend is, no network is closed; but never back to ourselves.
TEST_F(DialRulesTest, TheBackendIsCalledAnywhereButAtOurListeners) {
  refuse({"0.0.0.0/0"});
  for (const char* host : {"10.0.0.5", "127.0.0.1", "fd00::1", "9.9.9.9"})
    EXPECT_FALSE(rules().why_not_backend(at(host, 15269))) << host;
  EXPECT_TRUE(rules().why_not_backend(at("192.0.2.7", 5269)));
  EXPECT_TRUE(rules().why_not_backend(at("127.0.0.2", 5299)));
}

// ---- The refusal

TEST_F(DialRulesTest, ATargetIsMadeOnlyOfWhatMayBeCalled) {
  const auto called = DialTarget::peer(at("9.9.9.9"), rules(), {});
  ASSERT_TRUE(called);
  EXPECT_EQ(called->address(), at("9.9.9.9"));
  const auto refused = DialTarget::peer(at("10.0.0.1"), rules(), {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, policy::Reason::kAddressRefused);
  EXPECT_THAT(refused.error().text, HasSubstr("outbound.allow_networks"));
  const auto backend = DialTarget::backend(at("127.0.0.2", 5299), rules());
  ASSERT_FALSE(backend);
  EXPECT_EQ(backend.error().reason, policy::Reason::kBackendMisconfigured);
  EXPECT_THAT(backend.error().text, HasSubstr("host.backend"));
}

}  // namespace
}  // namespace portcullis::relay
