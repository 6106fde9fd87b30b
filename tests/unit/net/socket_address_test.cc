#include "proxy/net/socket_address.h"

#include <gtest/gtest.h>

namespace portcullis::net {
namespace {

SocketAddress address(const std::string& host, std::uint16_t port = 5269) {
  return *SocketAddress::from(Endpoint{host, port});
}

TEST(SocketAddress, TextOfBothFamilies) {
  EXPECT_EQ(address("192.0.2.7").text(), "192.0.2.7:5269");
  EXPECT_EQ(address("2001:db8::1").text(), "[2001:db8::1]:5269");
  EXPECT_TRUE(address("2001:db8::1").is_v6());
  EXPECT_EQ(address("2001:db8::1").host(), "2001:db8::1");
}

TEST(SocketAddress, MappedAddressIsIpv4) {
  const auto mapped = address("::ffff:192.0.2.7");
  EXPECT_EQ(mapped.host(), "192.0.2.7");
  EXPECT_FALSE(mapped.is_v6());
  EXPECT_EQ(mapped, address("192.0.2.7"));
}

TEST(SocketAddress, ComparesAddressAndPort) {
  EXPECT_EQ(address("192.0.2.7"), address("192.0.2.7"));
  EXPECT_FALSE(address("192.0.2.7") == address("192.0.2.8"));
  EXPECT_FALSE(address("192.0.2.7") == address("192.0.2.7", 5270));
  EXPECT_FALSE(SocketAddress() == address("::", 0));
  EXPECT_EQ(SocketAddress(), SocketAddress());
}

TEST(SocketAddress, NamesAndNonsenseAreNoLiterals) {
  for (const std::string bad :
       {"localhost", "", "1.2.3", "1.2.3.4.5", "01.2.3.4", "[::1]", ":::"}) {
    const auto result = SocketAddress::from(Endpoint{bad, 1});
    ASSERT_FALSE(result.has_value()) << bad;
    EXPECT_NE(result.error().message.find("is no IP address"), std::string::npos);
  }
}

TEST(SocketAddress, NoAddressIsUnknown) {
  EXPECT_EQ(SocketAddress().host(), "unknown");
  EXPECT_EQ(SocketAddress::from(nullptr).port(), 0);
  sockaddr local{};
  local.sa_family = AF_UNIX;
  EXPECT_EQ(SocketAddress::from(&local).host(), "unknown");
}

struct CidrCase {
  const char* block;
  const char* inside;
  const char* outside;
};

TEST(CidrBlock, ContainsItsAddresses) {
  for (const auto& [block, inside, outside] : {
           CidrCase{"10.0.0.0/8", "10.255.0.1", "11.0.0.1"},
           CidrCase{"10.1.2.3/8", "10.255.0.1", "9.255.255.255"},
           CidrCase{"192.0.2.128/25", "192.0.2.129", "192.0.2.127"},
           CidrCase{"192.0.2.7", "192.0.2.7", "192.0.2.6"},
           CidrCase{"192.0.2.7/32", "::ffff:192.0.2.7", "192.0.2.6"},
           CidrCase{"0.0.0.0/0", "203.0.113.1", "2001:db8::1"},
           CidrCase{"::/0", "2001:db8::1", "203.0.113.1"},
           CidrCase{"2001:db8::/32", "2001:db8:ffff::1", "2001:db9::1"},
           CidrCase{"2001:db8::1", "2001:db8::1", "2001:db8::2"},
           CidrCase{"2001:db8:0:8000::/49", "2001:db8:0:ffff::1", "2001:db8:0:7fff::1"},
           CidrCase{"::ffff:10.0.0.0/104", "10.1.1.1", "11.0.0.1"},
       }) {
    const auto parsed = CidrBlock::parse(block);
    ASSERT_TRUE(parsed.has_value()) << block;
    EXPECT_TRUE(parsed->contains(address(inside))) << block << " " << inside;
    EXPECT_FALSE(parsed->contains(address(outside))) << block << " " << outside;
    EXPECT_FALSE(parsed->contains(SocketAddress())) << block;
  }
}

TEST(CidrBlock, RefusesWhatIsNoBlock) {
  for (const std::string bad :
       {"", "/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/8x", "10.0.0.0/-1", "10.0.0.0/+8", "::/129",
        "example.org/8", "10.0.0.0/8/8", "[::1]/64", "10.0.0.0/4294967304"}) {
    const auto parsed = CidrBlock::parse(bad);
    ASSERT_FALSE(parsed.has_value()) << bad;
    EXPECT_NE(parsed.error().message.find("\"" + bad + "\""), std::string::npos);
  }
}

}  // namespace
}  // namespace portcullis::net
