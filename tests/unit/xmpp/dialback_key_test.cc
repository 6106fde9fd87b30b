#include "proxy/xmpp/dialback_key.h"

#include <gtest/gtest.h>

namespace portcullis::xmpp {
namespace {

DomainName name(std::string_view text) {
  return *DomainName::parse(text);
}

const DomainName kReceiving = name("xmpp.example.com");
const DomainName kOriginating = name("example.org");
constexpr std::string_view kSecret = "s3cr3tf0rd14lb4ck";
constexpr std::string_view kId = "D60000229F";

TEST(DialbackKeys, IsThatOfXep0185) {
  const DialbackKeys keys(kSecret, DialbackPlace::kWan);
  const auto* const expected = "37c69b1cf07a3f67c04a5ef5902fa5114f2c76fe4a2686482ba5b89323075643";
  EXPECT_EQ(keys.key(kReceiving, kOriginating, kId), expected);
  EXPECT_TRUE(keys.is_right(expected, kReceiving, kOriginating, kId));
}

TEST(DialbackKeys, AnotherInstanceKnowsItAgain) {
  const DialbackKeys one(kSecret, DialbackPlace::kBackend);
  const DialbackKeys other(kSecret, DialbackPlace::kBackend);
  EXPECT_TRUE(
      other.is_right(one.key(kReceiving, kOriginating, kId), kReceiving, kOriginating, kId));
}

TEST(DialbackKeys, TheSpellingOfADomainMakesNoDifference) {
  const DialbackKeys keys(kSecret, DialbackPlace::kBackend);
  const auto spelled = *DomainName::parse_as_spelled("xn--bcher-kva.example");
  const auto key = keys.key(spelled, kOriginating, kId);
  EXPECT_NE(spelled.wire(), name("b\u00fccher.example").wire());
  EXPECT_TRUE(keys.is_right(key, name("b\u00fccher.example"), kOriginating, kId));
  EXPECT_TRUE(keys.is_right(key, name("XN--Bcher-kva.Example"), kOriginating, kId));
  EXPECT_FALSE(keys.is_right(key, name("bucher.example"), kOriginating, kId));
}

TEST(DialbackKeys, IsBoundToEverything) {
  const DialbackKeys keys(kSecret, DialbackPlace::kBackend);
  const auto key = keys.key(kReceiving, kOriginating, kId);
  EXPECT_FALSE(keys.is_right(key, kOriginating, kReceiving, kId));
  EXPECT_FALSE(keys.is_right(key, name("other.example"), kOriginating, kId));
  EXPECT_FALSE(keys.is_right(key, kReceiving, name("other.example"), kId));
  EXPECT_FALSE(keys.is_right(key, kReceiving, kOriginating, "D60000229E"));
  EXPECT_FALSE(DialbackKeys("another secret of us", DialbackPlace::kBackend)
                   .is_right(key, kReceiving, kOriginating, kId));
  EXPECT_FALSE(
      DialbackKeys(kSecret, DialbackPlace::kWan).is_right(key, kReceiving, kOriginating, kId));
}

TEST(DialbackKeys, APartOfItOrMoreIsNotRight) {
  const DialbackKeys keys(kSecret, DialbackPlace::kWan);
  const auto key = keys.key(kReceiving, kOriginating, kId);
  EXPECT_FALSE(keys.is_right("", kReceiving, kOriginating, kId));
  EXPECT_FALSE(keys.is_right(key.substr(0, 63), kReceiving, kOriginating, kId));
  EXPECT_FALSE(keys.is_right(key + "0", kReceiving, kOriginating, kId));
}

}  // namespace
}  // namespace portcullis::xmpp
