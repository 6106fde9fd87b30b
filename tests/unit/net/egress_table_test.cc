#include "proxy/net/egress_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace portcullis::net {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

EgressTable table() {
  EgressTable made;
  made.users = {110};
  made.ipv4 = Endpoint{"127.0.0.2", 5269};
  made.allowed_ports = {53, 443};
  return made;
}

TEST(EgressTable, IsWrittenSo) {
  EXPECT_EQ(egress_ruleset(table()), R"(add table inet portcullis
delete table inet portcullis
table inet portcullis {
  counter captured {}
  counter refused_direct {}
  counter refused_family {}
  counter refused_other {}
  chain capture {
    type nat hook output priority -100; policy accept;
    meta skuid { 110 } jump lead
  }
  chain lead {
    ip daddr != 127.0.0.0/8 tcp dport { 5269, 5270 } counter name captured dnat ip to 127.0.0.2:5269
  }
  chain guard {
    type filter hook output priority 0; policy accept;
    meta skuid { 110 } tcp flags & (fin | syn | rst | ack) == syn jump outgoing
  }
  chain outgoing {
    ip daddr 127.0.0.2 tcp dport 5269 accept
    ip daddr != 127.0.0.0/8 tcp dport { 5269, 5270 } counter name refused_other reject with tcp reset
    ip6 daddr != ::1 tcp dport { 5269, 5270 } counter name refused_family reject with tcp reset
    fib daddr type local accept
    ip daddr { 10.0.0.0/8, 100.64.0.0/10, 169.254.0.0/16, 172.16.0.0/12, 192.168.0.0/16 } accept
    ip6 daddr { fc00::/7, fe80::/10 } accept
    tcp dport { 53, 443 } accept
    limit rate 6/minute burst 5 packets log prefix "portcullis egress refused: " level info
    counter name refused_other reject with tcp reset
  }
}
)");
}

TEST(EgressTable, LeadsBothProtocolsWhereBothAreListenedFor) {
  auto both = table();
  both.ipv6 = Endpoint{"::1", 5279};
  EXPECT_THAT(egress_ruleset(both),
              HasSubstr("    ip6 daddr != ::1 tcp dport { 5269, 5270 } counter name captured dnat "
                        "ip6 to [::1]:5279\n"));
  EXPECT_THAT(egress_ruleset(both), Not(HasSubstr("counter name refused_family")));
}

TEST(EgressTable, RefusesTheProtocolThatNobodyListensFor) {
  auto only6 = table();
  only6.ipv4.reset();
  only6.ipv6 = Endpoint{"::1", 5279};
  const auto rules = egress_ruleset(only6);
  EXPECT_THAT(rules, HasSubstr("    ip daddr != 127.0.0.0/8 tcp dport { 5269, 5270 } counter name "
                               "refused_family reject with tcp reset\n"));
  EXPECT_THAT(rules, Not(HasSubstr("dnat ip to")));
}

TEST(EgressTable, RefusesDirectTlsWhereItIsNotServed) {
  auto observes = table();
  observes.direct_tls = false;
  const auto rules = egress_ruleset(observes);
  EXPECT_THAT(rules, HasSubstr("tcp dport 5269 counter name captured dnat ip to 127.0.0.2:5269\n"));
  for (const auto* const elsewhere : {"ip daddr != 127.0.0.0/8", "ip6 daddr != ::1"})
    EXPECT_THAT(rules, HasSubstr("    " + std::string(elsewhere) +
                                 " tcp dport 5270 counter name refused_direct reject"));
  EXPECT_THAT(egress_ruleset(table()), Not(HasSubstr("counter name refused_direct")));
}

// Its address is that of the listener by then, and must not be taken for one that was not led.
TEST(EgressTable, LetsThroughWhatWasLedToAListenerOutsideOfLoopback) {
  auto inside = table();
  inside.ipv4 = Endpoint{"10.0.0.5", 5270};
  inside.ipv6 = Endpoint{"fd00::5", 5269};
  inside.direct_tls = false;
  EXPECT_THAT(egress_ruleset(inside), HasSubstr("  chain outgoing {\n"
                                                "    ip daddr 10.0.0.5 tcp dport 5270 accept\n"
                                                "    ip6 daddr fd00::5 tcp dport 5269 accept\n"));
}

TEST(EgressTable, RefusesWhatAnotherTableKeptFromBeingLed) {
  auto both = table();
  both.ipv6 = Endpoint{"::1", 5279};
  for (const auto* const elsewhere : {"ip daddr != 127.0.0.0/8", "ip6 daddr != ::1"})
    EXPECT_THAT(egress_ruleset(both),
                HasSubstr("    " + std::string(elsewhere) +
                          " tcp dport { 5269, 5270 } counter name refused_other reject"));
}

TEST(EgressTable, KnowsSeveralUsers) {
  auto two = table();
  two.users = {110, 4'294'967'294};
  EXPECT_THAT(egress_ruleset(two), HasSubstr("meta skuid { 110, 4294967294 } jump lead"));
}

TEST(EgressTable, MayAllowNoPort) {
  auto none = table();
  none.allowed_ports.clear();
  EXPECT_THAT(egress_ruleset(none), Not(HasSubstr("tcp dport {  }")));
  EXPECT_THAT(egress_ruleset(none), HasSubstr("fe80::/10 } accept\n    limit rate"));
}

TEST(EgressTable, IsRemovedWithoutTouchingOthers) {
  EXPECT_EQ(egress_removal(), "add table inet portcullis\ndelete table inet portcullis\n");
  EXPECT_THAT(egress_ruleset(table()), StartsWith(egress_removal()));
}

}  // namespace
}  // namespace portcullis::net
