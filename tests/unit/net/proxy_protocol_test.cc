#include "proxy/net/proxy_protocol.h"

#include <gtest/gtest.h>

#include <vector>

namespace portcullis::net {
namespace {

using namespace std::string_literals;
using policy::ProxyProtocol;

SocketAddress address(const std::string& host, std::uint16_t port) {
  return *SocketAddress::from(Endpoint{host, port});
}

const std::string kSignature = "\r\n\r\n\0\r\nQUIT\n"s;
const std::string kTcp4Body = "\xcb\0\x71\7\xc0\0\2\1\x10\x92\x14\x95"s;

std::string v2(const std::string& version_and_family, const std::string& body) {
  return kSignature + version_and_family + static_cast<char>(body.size() >> 8) +
         static_cast<char>(body.size() & 0xff) + body;
}

void expect_source(const std::string& bytes, const std::string& host, std::uint16_t port) {
  const auto result = parse_proxy_header(bytes + "<?xml");
  const auto* header = std::get_if<ProxyHeader>(&result);
  ASSERT_NE(header, nullptr) << ::testing::PrintToString(bytes);
  EXPECT_EQ(header->size, bytes.size());
  ASSERT_TRUE(header->source.has_value());
  EXPECT_EQ(header->source->host(), host);
  EXPECT_EQ(header->source->port(), port);
}

void expect_no_source(const std::string& bytes) {
  const auto result = parse_proxy_header(bytes + "<?xml");
  const auto* header = std::get_if<ProxyHeader>(&result);
  ASSERT_NE(header, nullptr) << ::testing::PrintToString(bytes);
  EXPECT_EQ(header->size, bytes.size());
  EXPECT_FALSE(header->source.has_value());
}

TEST(ProxyProtocol, ReadsVersion1) {
  expect_source("PROXY TCP4 203.0.113.7 192.0.2.1 4242 5269\r\n", "203.0.113.7", 4242);
  expect_source("PROXY TCP6 2001:db8::7 2001:db8::1 65535 0\r\n", "2001:db8::7", 65535);
  expect_source("PROXY TCP6 ::ffff:203.0.113.7 ::1 1 1\r\n", "203.0.113.7", 1);
  expect_no_source("PROXY UNKNOWN\r\n");
  expect_no_source("PROXY UNKNOWN whatever it says\r\n");
}

TEST(ProxyProtocol, ReadsVersion2) {
  expect_source(v2("\x21\x11"s, kTcp4Body), "203.0.113.7", 4242);
  expect_source(v2("\x21\x11"s, kTcp4Body + "\4\0\3abc"s), "203.0.113.7", 4242);  // TLVs
  std::string six(32, '\0');
  six[0] = '\x20';
  six[15] = '\7';
  expect_source(v2("\x21\x21"s, six + "\x10\x92\x14\x95"s), "2000::7", 4242);
  expect_no_source(v2("\x20\0"s, ""));           // LOCAL
  expect_no_source(v2("\x20\x11"s, kTcp4Body));  // LOCAL with addresses: to be ignored
  expect_no_source(v2("\x21\0"s, "ignored"));    // UNSPEC
  expect_no_source(v2("\x21\x31"s, std::string(216, 'x')));
}

TEST(ProxyProtocol, EveryPrefixIsIncomplete) {
  for (const std::string& whole :
       {"PROXY TCP4 203.0.113.7 192.0.2.1 4242 5269\r\n"s, "PROXY UNKNOWN\r\n"s,
        v2("\x21\x11"s, kTcp4Body), v2("\x20\0"s, ""), v2("\x21\0"s, std::string(512, 'x'))})
    for (std::size_t size = 0; size < whole.size(); ++size)
      EXPECT_TRUE(
          std::holds_alternative<ProxyHeaderIncomplete>(parse_proxy_header(whole.substr(0, size))))
          << ::testing::PrintToString(whole.substr(0, size));
}

TEST(ProxyProtocol, RefusesWhatIsNoHeader) {
  for (const std::string& bad : {
           "<?xml version='1.0'?>"s,
           "\x16\x03\x01"s,
           "PROXX"s,
           "proxy TCP4 1.2.3.4 1.2.3.4 1 1\r\n"s,
           "PROXY \r\n"s,
           "PROXY TCP5 1.2.3.4 1.2.3.4 1 1\r\n"s,
           "PROXY UDP4 1.2.3.4 1.2.3.4 1 1\r\n"s,
           "PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n"s,
           "PROXY TCP4 1.2.3.4 1.2.3.4 1 1 1\r\n"s,
           "PROXY TCP4  1.2.3.4 1.2.3.4 1 1\r\n"s,
           "PROXY TCP4 1.2.3.4 1.2.3.4 1 65536\r\n"s,
           "PROXY TCP4 1.2.3.4 1.2.3.4 01 1\r\n"s,
           "PROXY TCP4 1.2.3.4 1.2.3.4 -1 1\r\n"s,
           "PROXY TCP4 1.2.3.4 1.2.3.4 1x 1\r\n"s,
           "PROXY TCP4 1.2.3 1.2.3.4 1 1\r\n"s,
           "PROXY TCP4 1.2.3.4\0 1.2.3.4 1 1\r\n"s,
           "PROXY TCP4 ::1 ::1 1 1\r\n"s,
           "PROXY TCP6 1.2.3.4 1.2.3.4 1 1\r\n"s,
           "PROXY TCP4 1.2.3.4 evil 1 1\r\n"s,
           "PROXY TCP4 1.2.3.4 1.2.3.4 1 1" + std::string(80, ' '),
           "\r\n\r\n\0\r\nQUIX"s,
           v2("\x11\x11"s, kTcp4Body),
           v2("\x22\x11"s, kTcp4Body),
           v2("\x21\x12"s, kTcp4Body),
           v2("\x21\x51"s, kTcp4Body),
           v2("\x21\x11"s, kTcp4Body.substr(1)),
           v2("\x21\x21"s, kTcp4Body),
           v2("\x21\x31"s, kTcp4Body),
           v2("\x21\0"s, std::string(513, 'x')).substr(0, 16),
       }) {
    const auto result = parse_proxy_header(bad);
    const auto* invalid = std::get_if<ProxyHeaderInvalid>(&result);
    ASSERT_NE(invalid, nullptr) << ::testing::PrintToString(bad);
    EXPECT_FALSE(invalid->why.empty());
  }
}

TEST(ProxyProtocol, NeverAsksForMoreThanItsBounds) {
  EXPECT_TRUE(std::holds_alternative<ProxyHeaderInvalid>(
      parse_proxy_header("PROXY " + std::string(101, 'x'))));
  EXPECT_TRUE(std::holds_alternative<ProxyHeaderIncomplete>(
      parse_proxy_header("PROXY " + std::string(100, 'x'))));
}

TEST(ProxyProtocol, WritesWhatItReads) {
  for (const ProxyProtocol version : {ProxyProtocol::kV1, ProxyProtocol::kV2})
    for (const auto& [source, destination] :
         {std::pair{"203.0.113.7", "192.0.2.1"}, std::pair{"2001:db8::7", "2001:db8::1"},
          std::pair{"203.0.113.7", "2001:db8::1"}, std::pair{"2001:db8::7", "127.0.0.1"},
          std::pair{"::ffff:203.0.113.7", "192.0.2.1"}}) {
      const auto from = address(source, 4242);
      expect_source(write_proxy_header(version, from, address(destination, 5269)), from.host(),
                    4242);
    }
}

TEST(ProxyProtocol, WritesTheExactOctets) {
  const auto source = address("203.0.113.7", 4242);
  const auto destination = address("192.0.2.1", 5269);
  EXPECT_EQ(write_proxy_header(ProxyProtocol::kOff, source, destination), "");
  EXPECT_EQ(write_proxy_header(ProxyProtocol::kV1, source, destination),
            "PROXY TCP4 203.0.113.7 192.0.2.1 4242 5269\r\n");
  EXPECT_EQ(write_proxy_header(ProxyProtocol::kV2, source, destination),
            v2("\x21\x11"s, kTcp4Body));
  EXPECT_EQ(write_proxy_header(ProxyProtocol::kV1, {}, destination), "PROXY UNKNOWN\r\n");
  EXPECT_EQ(write_proxy_header(ProxyProtocol::kV2, {}, destination), v2("\x20\0"s, ""));
}

// Types of makers, with values of 3, 0 and 300 octets.
const std::string kCloud = "\xEA\0\3abc"s;
const std::string kEmpty = "\xEE\0\0"s;
const std::string kLong = "\5\1\x2c"s + std::string(300, 'u');

TEST(ProxyProtocol, KeepsTheTlvsOfVersion2) {
  const auto tlvs_of = [](const std::string& bytes) {
    const auto result = parse_proxy_header(bytes);
    const auto* header = std::get_if<ProxyHeader>(&result);
    return header != nullptr ? std::string(header->tlvs) : "invalid";
  };
  const std::string six(32, '\1');
  EXPECT_EQ(tlvs_of(v2("\x21\x11"s, kTcp4Body + kCloud + kLong)), kCloud + kLong);
  EXPECT_EQ(tlvs_of(v2("\x21\x21"s, six + "\x10\x92\x14\x95"s + kCloud) + "<?xml"), kCloud);
  EXPECT_EQ(tlvs_of(v2("\x21\x11"s, kTcp4Body) + kCloud), "");
  EXPECT_EQ(tlvs_of(v2("\x20\x11"s, kTcp4Body + kCloud)), "") << "LOCAL";
  EXPECT_EQ(tlvs_of(v2("\x21\0"s, kCloud)), "") << "UNSPEC";
  EXPECT_EQ(tlvs_of("PROXY UNKNOWN " + kCloud + "\r\n"), "");
}

TEST(ProxyProtocol, ChoosesTlvs) {
  const std::vector<std::uint8_t> all{0xEE, 0x05, 0xEA};
  EXPECT_EQ(chosen_tlvs(kCloud + kEmpty + kLong, all), kCloud + kEmpty + kLong);
  EXPECT_EQ(chosen_tlvs(kCloud + kEmpty + kCloud, std::vector<std::uint8_t>{0xEA}),
            kCloud + kCloud);
  EXPECT_EQ(chosen_tlvs(kCloud + kEmpty, std::vector<std::uint8_t>{}), "");
  EXPECT_EQ(chosen_tlvs("", all), "");
}

TEST(ProxyProtocol, LeavesOutATlvThatIsCutOff) {
  const std::vector<std::uint8_t> all{0xEE, 0x05, 0xEA};
  for (std::size_t size = 0; size < kLong.size(); ++size)
    EXPECT_EQ(chosen_tlvs(kCloud + kLong.substr(0, size), all), kCloud) << size;
}

TEST(ProxyProtocol, WritesTlvsInVersion2Only) {
  const auto source = address("203.0.113.7", 4242);
  const auto destination = address("192.0.2.1", 5269);
  EXPECT_EQ(write_proxy_header(ProxyProtocol::kV2, source, destination, kCloud + kLong),
            v2("\x21\x11"s, kTcp4Body + kCloud + kLong));
  EXPECT_EQ(write_proxy_header(ProxyProtocol::kV1, source, destination, kCloud),
            write_proxy_header(ProxyProtocol::kV1, source, destination));
}

}  // namespace
}  // namespace portcullis::net
