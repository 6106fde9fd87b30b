#include "proxy/base/endpoint.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace portcullis {
namespace {

struct Good {
  std::string_view in;
  std::string_view host;
  std::uint16_t port;
  bool literal;
};

class GoodEndpoint : public testing::TestWithParam<Good> {};

TEST_P(GoodEndpoint, IsReadAndWrittenBack) {
  const auto endpoint = Endpoint::parse(GetParam().in);
  ASSERT_TRUE(endpoint) << endpoint.error().message;
  EXPECT_EQ(endpoint->host, GetParam().host);
  EXPECT_EQ(endpoint->port, GetParam().port);
  EXPECT_EQ(endpoint->is_ip_literal(), GetParam().literal);
  EXPECT_EQ(endpoint->text(), GetParam().in);
  EXPECT_EQ(Endpoint::parse(endpoint->text()).value(), *endpoint);
}

const std::vector<Good> kGood{
    {"127.0.0.1:5269", "127.0.0.1", 5269, true},
    {"[::1]:5269", "::1", 5269, true},
    {"[::]:5222", "::", 5222, true},
    {"0.0.0.0:1", "0.0.0.0", 1, true},
    {"prosody:5269", "prosody", 5269, false},
    {"xmpp.a.example:65535", "xmpp.a.example", 65535, false},
    {"[::ffff:1.2.3.4]:80", "::ffff:1.2.3.4", 80, true},
};
INSTANTIATE_TEST_SUITE_P(Endpoint, GoodEndpoint, testing::ValuesIn(kGood));

class BadEndpoint : public testing::TestWithParam<std::string> {};

TEST_P(BadEndpoint, IsRefusedWithAnExample) {
  const auto endpoint = Endpoint::parse(GetParam());
  ASSERT_FALSE(endpoint) << endpoint->text();
  EXPECT_NE(endpoint.error().message.find("is no address"), std::string::npos);
  EXPECT_NE(endpoint.error().message.find("127.0.0.1:5269"), std::string::npos);
}

const std::vector<std::string> kBad{
    "",
    ":",
    ":5269",
    "5269",
    "prosody",
    "prosody:",
    "prosody:0",
    "prosody:65536",
    "prosody:99999999999999999999",
    "prosody:-1",
    "prosody:+5269",
    "prosody: 5269",
    "prosody:5269 ",
    "prosody:5269x",
    "prosody:0x10",
    "::1",
    "::1:5269",
    "[]:5269",
    "[::1]",
    "[::1]5269",
    "[::1:5269",
    "[prosody]:5269",
    "[::1%lo]:5269",
    "pro sody:5269",
    std::string("127.0.0.1\0x:5269", 16),
    "prosody\n:5269",
};
INSTANTIATE_TEST_SUITE_P(Endpoint, BadEndpoint, testing::ValuesIn(kBad));

}  // namespace
}  // namespace portcullis
