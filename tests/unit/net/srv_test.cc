#include <gtest/gtest.h>

#include <map>
#include <random>

#include "proxy/net/address_records.h"
#include "proxy/net/srv_order.h"
#include "proxy/net/srv_rdata.h"

namespace portcullis::net {
namespace {

using namespace std::string_literals;

std::string rdata(const std::string& name, const std::string& fixed = "\0\5\0\7\x14\x95"s) {
  return fixed + name;
}

TEST(SrvRdata, ReadsARecord) {
  const auto record = parse_srv_rdata(rdata("\4XMPP\7example\0"s));
  ASSERT_TRUE(record.has_value());
  EXPECT_EQ(record->priority, 5);
  EXPECT_EQ(record->weight, 7);
  EXPECT_EQ(record->port, 5269);
  ASSERT_TRUE(record->target.has_value());
  EXPECT_EQ(record->target->a_label(), "xmpp.example");
}

TEST(SrvRdata, RootTargetIsNoTarget) {
  const auto record = parse_srv_rdata(rdata("\0"s, "\0\0\0\0\0\0"s));
  ASSERT_TRUE(record.has_value());
  EXPECT_FALSE(record->target.has_value());
}

TEST(SrvRdata, RefusesWhatIsCut) {
  const std::string whole = rdata("\4xmpp\7example\0"s);
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(parse_srv_rdata(whole.substr(0, size)).has_value()) << size;
}

TEST(SrvRdata, RefusesNamesThatAreNoHost) {
  for (const std::string& name : {
           "\4xmpp\7example\0x"s,                  // octets behind the name
           "\xc0\x0c"s,                            // compression pointer
           "\4xmpp\xc0\x0c"s,                      // the same behind a label
           "\x40" + std::string(64, 'a') + "\0"s,  // label too long
           "\11xmpp.evil\7example\0"s,             // a dot inside a label
           "\5xm\0pp\7example\0"s,                 // NUL inside a label
           "\4xm_p\7example\0"s,
           "\1*\7example\0"s,          // no host names
           "\3m\xc3\xbc\7example\0"s,  // octets above ASCII
           "\3127\1\60\1\60\1\61\0"s,  // an address as a name
           "\5-xmpp\7example\0"s,
       })
    EXPECT_FALSE(parse_srv_rdata(rdata(name)).has_value()) << ::testing::PrintToString(name);
  std::string long_name;
  for (int i = 0; i < 5; ++i) long_name += "\x3f" + std::string(63, 'a');
  EXPECT_FALSE(parse_srv_rdata(rdata(long_name + "\0"s)).has_value());
}

// 127.0.0.1 as four labels.
std::string loopback() {
  return "\3"
         "127"
         "\1"
         "0"
         "\1"
         "0"
         "\1"
         "1"
         "\0"s;
}

TEST(SrvRdata, TellsAnAddressThatStandsInPlaceOfAName) {
  const auto v4 = parse_srv_literal(rdata(loopback()));
  ASSERT_TRUE(v4.has_value());
  EXPECT_EQ(v4->text(), "127.0.0.1:5269");
  EXPECT_FALSE(parse_srv_rdata(rdata(loopback())).has_value());
  const auto v6 = parse_srv_literal(rdata("\3::1\0"s));
  ASSERT_TRUE(v6.has_value());
  EXPECT_EQ(v6->text(), "[::1]:5269");
}

TEST(SrvRdata, TakesNothingElseForAnAddress) {
  const auto whole = loopback();
  for (const std::string& name :
       {"\4xmpp\7example\0"s, "\0"s, whole.substr(0, whole.size() - 1), whole + "x",
        whole.substr(4), "\7fe80::1\3%lo\0"s, "\xc0\x0c"s, ""s})
    EXPECT_FALSE(parse_srv_literal(rdata(name)).has_value()) << ::testing::PrintToString(name);
  EXPECT_FALSE(parse_srv_literal(rdata(whole, "\0\0\0\0\0\0"s)).has_value());
}

TEST(SrvRdata, RefusesPortZeroWithATarget) {
  EXPECT_FALSE(parse_srv_rdata(rdata("\4xmpp\7example\0"s, "\0\5\0\7\0\0"s)).has_value());
}

SrvRecord record(std::uint16_t priority, std::uint16_t weight, const std::string& host,
                 std::uint16_t port = 5269) {
  return {priority, weight, port, *DomainName::parse(host)};
}

SrvAnswer answer(TlsEntry entry, std::vector<SrvRecord> records) {
  return {entry, SrvAnswer::Outcome::kRecords, std::move(records)};
}
SrvAnswer absent(TlsEntry entry) {
  return {entry, SrvAnswer::Outcome::kNoRecords, {}};
}
SrvAnswer failed(TlsEntry entry) {
  return {entry, SrvAnswer::Outcome::kFailed, {}};
}

constexpr auto kDirect = TlsEntry::kDirectTls;
constexpr auto kStart = TlsEntry::kStartTls;
const SrvRecord kRoot{};
const RandomUpTo kZero = [](std::uint64_t) { return std::uint64_t{0}; };
const RandomUpTo kHighest = [](std::uint64_t bound) { return bound; };

std::vector<std::string> hosts(const SrvPlan& plan) {
  std::vector<std::string> out;
  for (const auto& target : plan.targets)
    out.push_back(target.host.a_label() + (target.entry == kDirect ? "/direct" : ""));
  return out;
}

TEST(SrvOrder, MergesByPriority) {
  const auto plan =
      order_srv({answer(kDirect, {record(20, 0, "d.example"), record(5, 0, "a.example")}),
                 answer(kStart, {record(10, 0, "b.example"), record(15, 0, "c.example")})},
                16, kZero);
  EXPECT_EQ(plan.verdict, SrvPlan::Verdict::kTargets);
  EXPECT_EQ(hosts(plan), (std::vector<std::string>{"a.example/direct", "b.example", "c.example",
                                                   "d.example/direct"}));
}

TEST(SrvOrder, WeightsDecideWithinAPriority) {
  const std::vector<SrvAnswer> answers{
      answer(kStart, {record(0, 10, "light.example"), record(0, 90, "heavy.example"),
                      record(0, 0, "zero.example")})};
  EXPECT_EQ(hosts(order_srv(answers, 16, kZero)).front(), "zero.example");
  EXPECT_EQ(hosts(order_srv(answers, 16, kHighest)).front(), "heavy.example");
  std::mt19937_64 engine(7);
  const RandomUpTo random = [&](std::uint64_t bound) {
    return std::uniform_int_distribution<std::uint64_t>(0, bound)(engine);
  };
  std::map<std::string, int> first;
  for (int i = 0; i < 10'000; ++i) ++first[hosts(order_srv(answers, 16, random)).front()];
  EXPECT_NEAR(first["heavy.example"], 8911, 200);  // 90/101
  EXPECT_NEAR(first["light.example"], 990, 150);
  EXPECT_NEAR(first["zero.example"], 99, 50);
}

TEST(SrvOrder, BothServicesShareTheWeightsOfOnePriority) {
  const auto plan = order_srv(
      {answer(kDirect, {record(0, 1, "a.example")}), answer(kStart, {record(0, 1, "a.example")})},
      16, kHighest);
  EXPECT_EQ(hosts(plan), (std::vector<std::string>{"a.example", "a.example/direct"}));
}

TEST(SrvOrder, NoTargetTwiceAndNoMoreThanAsked) {
  std::vector<SrvRecord> records(2000, record(0, 65535, "same.example"));
  EXPECT_EQ(order_srv({answer(kStart, records)}, 16, kHighest).targets.size(), 1U);
  records.clear();
  for (int i = 0; i < 2000; ++i)
    records.push_back(record(0, 1, "h" + std::to_string(i) + ".example"));
  EXPECT_EQ(order_srv({answer(kStart, records)}, 16, kHighest).targets.size(), 16U);
}

TEST(SrvOrder, Verdicts) {
  const auto verdict = [](const std::vector<SrvAnswer>& answers) {
    return order_srv(answers, 16, kZero).verdict;
  };
  using V = SrvPlan::Verdict;
  const auto some = answer(kStart, {record(0, 0, "a.example")});
  EXPECT_EQ(verdict({absent(kDirect), absent(kStart)}), V::kFallback);
  EXPECT_EQ(verdict({answer(kDirect, {kRoot}), answer(kStart, {kRoot})}), V::kNoService);
  EXPECT_EQ(verdict({answer(kDirect, {kRoot}), absent(kStart)}), V::kNoService);
  EXPECT_EQ(verdict({answer(kDirect, {kRoot}), some}), V::kTargets);
  EXPECT_EQ(verdict({failed(kDirect), some}), V::kTargets);
  EXPECT_EQ(verdict({failed(kDirect), absent(kStart)}), V::kUnsure);
  EXPECT_EQ(verdict({absent(kDirect), failed(kStart)}), V::kUnsure);
  EXPECT_EQ(verdict({failed(kDirect), answer(kStart, {kRoot})}), V::kFailed);
  EXPECT_EQ(verdict({answer(kDirect, {kRoot}), failed(kStart)}), V::kFailed);
  EXPECT_EQ(verdict({failed(kDirect), failed(kStart)}), V::kUnsure);
  EXPECT_EQ(verdict({answer(kDirect, {}), absent(kStart)}), V::kFailed);
  EXPECT_EQ(verdict({answer(kDirect, {}), failed(kStart)}), V::kFailed);
  EXPECT_EQ(verdict({}), V::kFallback);
}

DnsAnswer records(std::vector<std::string> data) {
  return {DnsAnswer::Outcome::kRecords, std::move(data), "records"};
}

TEST(AddressRecords, LeavesOutWhatIsNoAddress) {
  const auto at = [](const std::string& host) { return *SocketAddress::from(Endpoint{host, 1}); };
  EXPECT_EQ(
      addresses_from(records({"\1\2\3"s, "\xc0\0\2\1"s, ""s, "\xc0\0\2\1\0"s}), DnsType::kA, 1),
      std::vector{at("192.0.2.1")});
  const auto v6 = [&](const std::string& text) {
    const in6_addr raw = at(text).as_v6();
    return std::string(reinterpret_cast<const char*>(&raw), sizeof raw);
  };
  EXPECT_EQ(addresses_from(records({v6("::1"), v6("2001:db8::1"), "short"}), DnsType::kAaaa, 1),
            (std::vector{at("::1"), at("2001:db8::1")}));
}

// Those that are not called are known to the log.
TEST(AddressRecords, KeepsWhatIsNotCalled) {
  EXPECT_EQ(
      addresses_from(records({"\0\0\0\0"s, "\xe0\0\0\1"s, "\x7f\0\0\1"s}), DnsType::kA, 1).size(),
      3U);
}

TEST(AddressRecords, InterleavesFromIpv6On) {
  const auto at = [](const std::string& host) { return *SocketAddress::from(Endpoint{host, 1}); };
  EXPECT_EQ(interleave({at("::1"), at("::2"), at("::3")}, {at("192.0.2.1")}),
            (std::vector{at("::1"), at("192.0.2.1"), at("::2"), at("::3")}));
  EXPECT_EQ(interleave({}, {at("192.0.2.1")}), std::vector{at("192.0.2.1")});
  EXPECT_TRUE(interleave({}, {}).empty());
}

}  // namespace
}  // namespace portcullis::net
