#include "policy/model/config.h"

#include <gtest/gtest.h>

namespace portcullis::policy {
namespace {

DomainName domain(std::string_view text) {
  return DomainName::parse(text).value();
}

Config two_hosts() {
  Config config;
  config.hosts.push_back({domain("a.example"), {domain("rooms.a.example")}, {}, {}});
  config.hosts.push_back({domain("b.example"), {}, {}, {}});
  return config;
}

TEST(HostFor, FindsDomainsAndAliases) {
  const auto config = two_hosts();
  EXPECT_EQ(config.host_for(domain("a.example")), &config.hosts[0]);
  EXPECT_EQ(config.host_for(domain("rooms.a.example")), &config.hosts[0]);
  EXPECT_EQ(config.host_for(domain("b.example")), &config.hosts[1]);
}

TEST(HostFor, DoesNotGuess) {
  const auto config = two_hosts();
  for (const auto* const name :
       {"example", "x.a.example", "rooms.b.example", "aa.example", "a.example.example"})
    EXPECT_EQ(config.host_for(domain(name)), nullptr) << name;
  EXPECT_EQ(Config().host_for(domain("a.example")), nullptr);
}

struct Row {
  bool allow_by_default;
  std::vector<std::string> allow;
  std::vector<std::string> deny;
  std::string_view remote;
  bool federates;
};

class FederatesRow : public testing::TestWithParam<Row> {};

TEST_P(FederatesRow, Decides) {
  const auto& row = GetParam();
  Config config;
  config.federation = {row.allow_by_default, row.allow, row.deny, {}};
  EXPECT_EQ(config.federates_with(domain(row.remote)), row.federates) << row.remote;
}

const std::vector<Row> kRows{
    {true, {}, {}, "a.example", true},
    {false, {}, {}, "a.example", false},
    {false, {"a.example"}, {}, "a.example", true},
    {false, {"a.example"}, {}, "A.EXAMPLE", true},
    {false, {"a.example"}, {}, "x.a.example", false},
    {false, {"a.example"}, {}, "aa.example", false},
    {true, {}, {"a.example"}, "a.example", false},
    {true, {}, {"a.example"}, "x.a.example", true},
    // "*.x" is every name below x at any depth, not x.
    {true, {}, {"*.a.example"}, "x.a.example", false},
    {true, {}, {"*.a.example"}, "y.x.a.example", false},
    {true, {}, {"*.a.example"}, "a.example", true},
    {true, {}, {"*.a.example"}, "xa.example", true},
    {true, {}, {"*.a.example"}, "x.a.example.other.example", true},
    {true, {}, {"*.localhost"}, "localhost", true},
    {true, {}, {"*.example"}, "example", true},
    {true, {}, {"*.example"}, "a.example", false},
    // deny wins, however near the allow is.
    {false, {"x.a.example"}, {"*.a.example"}, "x.a.example", false},
    {true, {"x.a.example"}, {"*.a.example"}, "x.a.example", false},
    {false, {"*.a.example"}, {"x.a.example"}, "x.a.example", false},
    {false, {"*.a.example"}, {"x.a.example"}, "y.a.example", true},
    // A-labels are compared, so both spellings are one name.
    {true, {}, {"xn--bcher-kva.example"}, "b\u00fccher.example", false},
};
INSTANTIATE_TEST_SUITE_P(Federation, FederatesRow, testing::ValuesIn(kRows));

}  // namespace
}  // namespace portcullis::policy
