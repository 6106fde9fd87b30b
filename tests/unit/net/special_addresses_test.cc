// Unit tests of special_use() and embedded_v4(): what addresses are set aside for.

#include "proxy/net/special_addresses.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace portcullis::net {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

SocketAddress at(const std::string& host) {
  return SocketAddress::from(Endpoint{host, 5269}).value();
}

// A block by its first and last address, and the addresses right before and behind it that are of
// the public Internet; empty if none is.
struct Block {
  std::string first;
  std::string last;
  std::string name;  // a part of it
  std::string before;
  std::string behind;
  bool never = false;
};
void PrintTo(const Block& block, std::ostream* out) {
  *out << block.first << " to " << block.last;
}

class SpecialBlock : public testing::TestWithParam<Block> {};

TEST_P(SpecialBlock, IsSpecialFromItsFirstToItsLastAddress) {
  for (const auto& host : {GetParam().first, GetParam().last}) {
    const auto use = special_use(at(host));
    ASSERT_TRUE(use) << host;
    EXPECT_THAT(std::string(use->name), HasSubstr(GetParam().name)) << host;
    EXPECT_EQ(use->never_a_host, GetParam().never) << host;
  }
}

TEST_P(SpecialBlock, EndsThere) {
  for (const auto& host : {GetParam().before, GetParam().behind}) {
    if (host.empty()) continue;
    EXPECT_FALSE(special_use(at(host))) << host;
  }
}

INSTANTIATE_TEST_SUITE_P(
    V4, SpecialBlock,
    testing::Values(
        Block{"0.0.0.0", "0.0.0.0", "unspecified", "", "", true},
        Block{"0.0.0.1", "0.255.255.255", "this network", "", "1.0.0.0", true},
        Block{"10.0.0.0", "10.255.255.255", "private", "9.255.255.255", "11.0.0.0"},
        Block{"100.64.0.0", "100.127.255.255", "shared", "100.63.255.255", "100.128.0.0"},
        Block{"127.0.0.0", "127.255.255.255", "loopback", "126.255.255.255", "128.0.0.0"},
        Block{"169.254.0.0", "169.254.255.255", "link-local", "169.253.255.255", "169.255.0.0"},
        Block{"172.16.0.0", "172.31.255.255", "private", "172.15.255.255", "172.32.0.0"},
        Block{"192.0.0.0", "192.0.0.255", "protocols", "191.255.255.255", "192.0.1.0"},
        Block{"192.0.2.0", "192.0.2.255", "examples", "192.0.1.255", "192.0.3.0"},
        Block{"192.88.99.0", "192.88.99.255", "6to4", "192.88.98.255", "192.88.100.0"},
        Block{"192.168.0.0", "192.168.255.255", "private", "192.167.255.255", "192.169.0.0"},
        Block{"198.18.0.0", "198.19.255.255", "benchmarks", "198.17.255.255", "198.20.0.0"},
        Block{"198.51.100.0", "198.51.100.255", "examples", "198.51.99.255", "198.51.101.0"},
        Block{"203.0.113.0", "203.0.113.255", "examples", "203.0.112.255", "203.0.114.0"},
        Block{"224.0.0.0", "239.255.255.255", "multicast", "223.255.255.255", "", true},
        Block{"240.0.0.0", "255.255.255.254", "reserved", "", ""},
        Block{"255.255.255.255", "255.255.255.255", "broadcast", "", "", true}));

INSTANTIATE_TEST_SUITE_P(
    V6, SpecialBlock,
    testing::Values(
        Block{"::", "::", "unspecified", "", "", true}, Block{"::1", "::1", "loopback", "", ""},
        Block{"::2", "::ffff:ffff", "IPv4-compatible", "", ""},
        Block{"64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", "local NAT64", "", ""},
        Block{"64:ff9b::1:0:0", "64:ff9b:0:ffff:ffff:ffff:ffff:ffff", "reserved", "", ""},
        Block{"100::", "100::ffff:ffff:ffff:ffff", "discarded", "", ""},
        Block{"2001:2::", "2001:2:0:ffff:ffff:ffff:ffff:ffff", "benchmarks", "", ""},
        Block{"2001:1::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "protocols",
              "2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:200::"},
        Block{"2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "examples",
              "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::"},
        Block{"3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", "examples",
              "3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "3fff:1000::"},
        Block{"4000::", "5eff:ffff::", "reserved", "3fff:ffff:ffff::", ""},
        Block{"5f00::", "5f00:ffff::", "SRv6", "", ""},
        Block{"fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "unique local", "", ""},
        Block{"fe80::", "febf:ffff::", "link-local", "", ""},
        Block{"fec0::", "feff:ffff::", "site-local", "", ""},
        Block{"ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "multicast", "", "", true}));

TEST(SpecialUse, TheMappedFormIsTheIpv4Address) {
  EXPECT_EQ(special_use(at("::ffff:127.0.0.1"))->name, special_use(at("127.0.0.1"))->name);
  EXPECT_EQ(special_use(at("::ffff:10.1.2.3"))->name, special_use(at("10.1.2.3"))->name);
  EXPECT_TRUE(special_use(at("::ffff:0.0.0.0"))->never_a_host);
  EXPECT_FALSE(special_use(at("::ffff:9.9.9.9")));
}

// Their own blocks are public; what is in them is judged by itself.
TEST(SpecialUse, TranslatorsAndTunnelsArePublicByThemselves) {
  for (const char* host : {"64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:7f00:1::", "2a00:1450::1"})
    EXPECT_FALSE(special_use(at(host))) << host;
}

TEST(SpecialUse, WhatIsNoAddressIsNoHost) {
  EXPECT_TRUE(special_use(SocketAddress())->never_a_host);
}

std::vector<std::string> embedded(const std::string& host) {
  std::vector<std::string> texts;
  for (const auto& address : embedded_v4(at(host))) texts.push_back(address.text());
  return texts;
}

TEST(EmbeddedV4, IsFoundWhereATranslatorOrATunnelReadsIt) {
  EXPECT_THAT(embedded("64:ff9b::192.168.1.2"), ElementsAre("192.168.1.2:5269"));
  EXPECT_THAT(embedded("64:ff9b:1::10.0.0.1"), ElementsAre("10.0.0.1:5269"));
  EXPECT_THAT(embedded("::127.0.0.1"), ElementsAre("127.0.0.1:5269"));
  EXPECT_THAT(embedded("2002:c0a8:102:1::1"), ElementsAre("192.168.1.2:5269"));
  // RFC 4380 section 4: the client's address has every bit inverted.
  EXPECT_THAT(embedded("2001:0:a01:203:8000:63bf:80ff:fffe"),
              ElementsAre("10.1.2.3:5269", "127.0.0.1:5269"));
}

TEST(EmbeddedV4, IsNotFoundElsewhere) {
  for (const char* host : {"127.0.0.1", "::ffff:127.0.0.1", "2001:db8::7f00:1", "2001:200::7f00:1",
                           "64:ff9b:2::7f00:1", "2003:7f00:1::", "fe80::7f00:1"})
    EXPECT_THAT(embedded(host), IsEmpty()) << host;
}

}  // namespace
}  // namespace portcullis::net
