#include <gtest/gtest.h>

#include "proxy/xmpp/stream_header.h"

// What is read from a stream header once, and known from then on.
namespace portcullis::xmpp {
namespace {

TEST(HeaderAddress, KnowsTheDomainThatItNames) {
  const HeaderAddress address("Peer.Example");
  EXPECT_EQ(address.text(), "Peer.Example");
  ASSERT_TRUE(address.domain());
  EXPECT_EQ(address.domain()->a_label(), "peer.example");
}

TEST(HeaderAddress, KnowsThatThereIsNoDomain) {
  for (const auto* text : {"", "no domain", "user@peer.example", "192.0.2.1", "peer.example/x"}) {
    const HeaderAddress address(text);
    EXPECT_EQ(address.text(), text);
    EXPECT_FALSE(address.domain()) << text;
  }
}

TEST(HeaderAddress, OfADomainIsItsText) {
  const auto domain = DomainName::parse("peer.example").value();
  EXPECT_EQ(HeaderAddress(domain), HeaderAddress("peer.example"));
  EXPECT_NE(HeaderAddress(domain), HeaderAddress("Peer.example"));  // as written
}

TEST(HeaderVersion, IsTwoNumbersAndNotADecimal) {
  for (const auto* text : {"1.0", "1.1", "1.99", "2.0", "01.0", "10.0", "99999999999999999999.0"})
    EXPECT_TRUE(HeaderVersion(text).is_xmpp_1()) << text;
  for (const auto* text : {"", "1", "1.", ".1", "0.9", "00.1", "1.0.0", "1,0", "1.x", "x.0", " 1.0",
                           "1.0 ", "-1.0", "+1.0"})
    EXPECT_FALSE(HeaderVersion(text).is_xmpp_1()) << text;
}

TEST(HeaderVersion, ThatIsMissingIsOld) {
  StreamHeader header;
  EXPECT_FALSE(header.speaks_xmpp_1());
  header.version = "1.0";
  EXPECT_TRUE(header.speaks_xmpp_1());
}

}  // namespace
}  // namespace portcullis::xmpp
