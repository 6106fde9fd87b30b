#include "proxy/base/domain_name.h"

#include <gtest/gtest.h>

#include <string>
#include <unordered_set>
#include <vector>

namespace portcullis {
namespace {

// Four labels of `last` + 3 * 63 octets with their dots.
std::string long_name(std::size_t last) {
  const std::string label(63, 'a');
  return label + "." + label + "." + label + "." + std::string(last, 'b');
}

struct Good {
  std::string in;
  std::string out;
};

class GoodName : public testing::TestWithParam<Good> {};

TEST_P(GoodName, BecomesItsALabel) {
  const auto name = DomainName::parse(GetParam().in);
  ASSERT_TRUE(name) << name.error().message;
  EXPECT_EQ(name->a_label(), GetParam().out);
}

TEST_P(GoodName, IsIdempotent) {
  const auto name = DomainName::parse(GetParam().in);
  ASSERT_TRUE(name);
  const auto again = DomainName::parse(name->a_label());
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(*again, *name);
}

const std::vector<Good> kGood{
    {"a.example", "a.example"},
    {"A.ExAmPlE", "a.example"},
    {"localhost", "localhost"},
    {"a.example.", "a.example"},
    {"x-1.a--b.example", "x-1.a--b.example"},
    {"ab--cd.example", "ab--cd.example"},  // reserved by IDNA2008, and in use
    {"AB--CD.Example.", "ab--cd.example"},
    {"axn--b.example", "axn--b.example"},
    {"1.2.3.example", "1.2.3.example"},
    {"123.example", "123.example"},
    // IDN: UTS 46, non-transitional.
    {"b\u00fccher.example", "xn--bcher-kva.example"},
    {"B\u00dcCHER.example", "xn--bcher-kva.example"},
    {"bu\u0308cher.example", "xn--bcher-kva.example"},  // decomposed
    {"fa\u00df.example", "xn--fa-hia.example"},
    {"xn--bcher-kva.example", "xn--bcher-kva.example"},
    {"XN--BCHER-KVA.EXAMPLE", "xn--bcher-kva.example"},
    {"\u65e5\u672c\u8a9e.example", "xn--wgv71a119e.example"},
    {"a\u3002example", "a.example"},         // ideographic full stop
    {"\uff41.example", "a.example"},         // fullwidth a
    {"\uff11\uff12.example", "12.example"},  // fullwidth digits
    // Lengths: RFC 1035 section 2.3.4.
    {std::string(63, 'a') + ".example", std::string(63, 'a') + ".example"},
    {long_name(61), long_name(61)},
    {long_name(61) + ".", long_name(61)},
};
INSTANTIATE_TEST_SUITE_P(DomainName, GoodName, testing::ValuesIn(kGood));

struct Bad {
  std::string_view what;
  std::string in;
};

class BadName : public testing::TestWithParam<Bad> {};

TEST_P(BadName, IsRefused) {
  const auto name = DomainName::parse(GetParam().in);
  ASSERT_FALSE(name) << GetParam().what << " became " << name->a_label();
  EXPECT_TRUE(name.error().message.starts_with("is no domain name: "));
}

const std::vector<Bad> kBad{
    {"empty", ""},
    {"root", "."},
    {"two dots", ".."},
    {"leading dot", ".b.example"},
    {"empty label", "a..example"},
    {"two trailing dots", "a.example.."},
    {"trailing ideographic stop", "a.example\u3002"},
    {"ideographic empty label", "a\u3002\u3002example"},
    {"wildcard", "*"},
    {"wildcard label", "*.b.example"},
    {"wildcard under a TLD", "*.example"},
    {"wildcard of localhost", "*.localhost"},
    {"partial wildcard", "f*.c.example"},
    {"two wildcards", "*.*.example"},
    {"underscore", "a_b.example"},
    {"service label", "_xmpp-server._tcp.example"},
    {"leading hyphen", "-a.example"},
    {"trailing hyphen", "a-.example"},
    {"space", "a b.example"},
    {"leading space", " a.example"},
    {"trailing space", "a.example "},
    {"tab", "a\t.example"},
    {"line end", "a.example\n"},
    {"carriage return inside", "a\r\nb.example"},
    {"user", "user@a.example"},
    {"resource", "a.example/x"},
    {"fullwidth at", "user\uff20a.example"},
    {"fullwidth slash", "a.example\uff0fx"},
    {"colon", "a.example:5269"},
    {"percent", "a%2eexample"},
    {"quote", "a\"b.example"},
    {"angle bracket", "a<b.example"},
    {"embedded NUL", std::string("a.example\0.evil.example", 23)},
    {"only NUL", std::string("\0", 1)},
    {"trailing NUL", std::string("a.example\0", 10)},
    {"IPv4", "127.0.0.1"},
    {"IPv4 with trailing dot", "127.0.0.1."},
    {"IPv4 in fullwidth digits", "\uff11\uff12\uff17.0.0.1"},
    {"IPv4 with ideographic stops", "127\u30020\u30020\u30021"},
    {"short IPv4", "127.1"},
    {"decimal IPv4", "2130706433"},
    {"hexadecimal IPv4", "0x7f000001"},
    {"hexadecimal last part", "127.0.0.0x1"},
    {"numeric last label", "a.123"},
    {"IPv6", "::1"},
    {"IPv6 in brackets", "[::1]"},
    {"label of 64", std::string(64, 'a') + ".example"},
    {"name of 254", long_name(62)},
    {"name of 254 with trailing dot", long_name(62) + "."},
    {"1024 octets", std::string(1024, 'a')},
    {"1 MiB", std::string(1024 * 1024, 'a')},
    {"IDN label over 63 as A-label",
     std::string(30, 'a') + "\u00fc" + std::string(40, 'a') + ".example"},
    {"bad punycode", "xn--a\u00fc.example"},
    {"punycode that decodes to nothing", "xn--.example"},
    {"punycode of an ASCII label", "xn--abc-.example"},
    {"punycode overflow", "xn--99999999999999999999.example"},
    {"A-label that is not in its normal form", "xn--bcher-KVA8.example"},
    {"emoji", "\u2615.example"},
    {"A-label of an emoji", "xn--53h.example"},
    {"reserved hyphens in an A-label", "xn--ab--cd.example"},
    {"invalid UTF-8", "a\xff.example"},
    {"overlong UTF-8", "a\xc0\xae.example"},
    {"surrogate in UTF-8", "a\xed\xa0\x80.example"},
    {"cut UTF-8", "a.exampl\xc3"},
    {"bidi override", "a\u202e.example"},
    {"unassigned", "a\u0378.example"},
    {"leading combining mark", "\u0301a.example"},
};
INSTANTIATE_TEST_SUITE_P(DomainName, BadName, testing::ValuesIn(kBad));

TEST(DomainName, NamesThatOnlyLookAlikeDiffer) {
  // Latin "a" and Cyrillic "a".
  const auto latin = DomainName::parse("apple.example");
  const auto mixed = DomainName::parse("\u0430pple.example");
  ASSERT_TRUE(latin);
  ASSERT_TRUE(mixed);
  EXPECT_NE(*latin, *mixed);
}

TEST(DomainName, SharpSIsNotDoubleS) {
  EXPECT_NE(DomainName::parse("fa\u00df.example").value(),
            DomainName::parse("fass.example").value());
}

TEST(DomainName, ComparesAndHashesByItsALabel) {
  const auto unicode = DomainName::parse("B\u00fccher.example.").value();
  const auto a_label = DomainName::parse("xn--bcher-kva.EXAMPLE").value();
  EXPECT_EQ(unicode, a_label);
  const std::unordered_set<DomainName> set{unicode};
  EXPECT_TRUE(set.contains(a_label));
  EXPECT_FALSE(set.contains(DomainName::parse("bucher.example").value()));
  EXPECT_LT(DomainName::parse("a.example").value(), DomainName::parse("b.example").value());
}

}  // namespace
}  // namespace portcullis
