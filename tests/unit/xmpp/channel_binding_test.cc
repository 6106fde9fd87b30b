#include "proxy/xmpp/channel_binding.h"

#include <gtest/gtest.h>

#include <string>

#include "proxy/xmpp/base64.h"
#include "proxy/xmpp/writer.h"
#include "tests/unit/xmpp/reader_support.h"

namespace portcullis::xmpp {
namespace {

using test::element_of;

const std::string kMechanisms =
    "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>SCRAM-SHA-1-PLUS</mechanism>"
    "<mechanism>SCRAM-SHA-1</mechanism></mechanisms>";

std::string list(const std::string& types) {
  return "<sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'>" + types + "</sasl-channel-binding>";
}
std::string type(const std::string& name) {
  return "<channel-binding type='" + name + "'/>";
}
std::string features(const std::string& inner) {
  return inner.empty() ? "<stream:features/>" : "<stream:features>" + inner + "</stream:features>";
}
std::string shown(const std::string& inner, bool end_point) {
  return serialize(offer_bindings(element_of(features(inner)), end_point).features, ns::kClient);
}

const std::string kEndPoint = type("tls-server-end-point");
const std::string kAll = type("tls-exporter") + kEndPoint + type("tls-unique");

TEST(ChannelBinding, OnlyTheServersCertificatePasses) {
  EXPECT_EQ(shown(kMechanisms + list(kAll), true), features(kMechanisms + list(kEndPoint)));
  EXPECT_EQ(shown(list(kEndPoint) + kMechanisms, true), features(list(kEndPoint) + kMechanisms));
  // A list without types says nothing.
  EXPECT_EQ(shown(kMechanisms + list(type("tls-exporter")), true), features(kMechanisms));
  EXPECT_EQ(shown(kMechanisms + list(kAll), false), features(kMechanisms));
  EXPECT_EQ(shown(kMechanisms, true), features(kMechanisms));
}

TEST(ChannelBinding, IsTakenOutWhereverItStands) {
  const auto sasl2 = [](const std::string& inner) {
    return "<authentication xmlns='urn:xmpp:sasl:2'><mechanism>SCRAM-SHA-256-PLUS</mechanism>"
           "<inline>" +
           inner + "</inline></authentication>";
  };
  EXPECT_EQ(shown(sasl2(list(kAll)), true), features(sasl2(list(kEndPoint))));
  EXPECT_EQ(shown(list(kAll) + list(kAll), false), features(""));
  EXPECT_EQ(shown(list(kAll + list(kAll)), true), features(list(kEndPoint)));
}

TEST(ChannelBinding, WhatIsLeftOutIsKnown) {
  const auto hides = [](const std::string& inner, bool end_point) {
    return offer_bindings(element_of(features(inner)), end_point).hides_types;
  };
  EXPECT_TRUE(hides(kMechanisms + list(kAll), true));
  EXPECT_TRUE(hides(kMechanisms + list(kEndPoint), false));
  EXPECT_TRUE(
      hides("<authentication xmlns='urn:xmpp:sasl:2'>" + list(kAll) + "</authentication>", true));
  EXPECT_FALSE(hides(kMechanisms + list(kEndPoint), true));
  EXPECT_FALSE(hides(kMechanisms + list(""), true));
  EXPECT_FALSE(hides(kMechanisms, false));
}

TEST(ChannelBinding, TokensAreBoundAlike) {
  const auto fast = [](const std::string& types) {
    std::string names;
    for (std::size_t at = 0; at < types.size(); at += 5)
      names += "<mechanism>HT-SHA-256-" + types.substr(at, 4) + "</mechanism>";
    return "<authentication xmlns='urn:xmpp:sasl:2'><inline><fast xmlns='urn:xmpp:fast:0'>" +
           names + "</fast></inline></authentication>";
  };
  EXPECT_EQ(shown(fast("NONE UNIQ EXPR ENDP"), true), features(fast("NONE ENDP")));
  EXPECT_EQ(shown(fast("NONE UNIQ EXPR ENDP"), false), features(fast("NONE")));
  EXPECT_FALSE(offer_bindings(element_of(features(fast("NONE UNIQ"))), true).hides_types);
}

TEST(ChannelBinding, IsOfferedByItsNameAlone) {
  const auto offers = [](const std::string& inner) {
    return offers_end_point_binding(element_of(features(inner)));
  };
  EXPECT_TRUE(offers(kMechanisms + list(kAll)));
  for (const auto& other :
       {kMechanisms, list(""), list(type("tls-exporter") + type("tls-unique")),
        list(type("tls-server-end-point ")), list(type("TLS-SERVER-END-POINT")),
        list("<channel-binding xmlns='urn:x' type='tls-server-end-point'/>"),
        list("<channel-binding>tls-server-end-point</channel-binding>"),
        "<sasl-channel-binding xmlns='urn:x'>" + kEndPoint + "</sasl-channel-binding>", kEndPoint})
    EXPECT_FALSE(offers(other)) << other;
  // What is not offered is not shown either.
  EXPECT_EQ(shown(list(type("tls-server-end-point ")), true), features(""));
}

TEST(ChannelBinding, AHashOfTheOfferIsFound) {
  const auto found = [](const std::string& message, const std::string& name = "challenge",
                        const std::string& ns = "urn:ietf:params:xml:ns:xmpp-sasl") {
    return hashes_the_offer(element_of("<" + name + " xmlns='" + ns + "'>" +
                                       encode_base64(message) + "</" + name + ">"));
  };
  const std::string first = "r=abc,s=QSXCR+Q6sek8bf92,i=4096";
  EXPECT_TRUE(found(first + ",h=AAAA"));
  EXPECT_TRUE(found(first + ",h=AAAA", "challenge", "urn:xmpp:sasl:2"));
  EXPECT_TRUE(found(first + ",x=y,h=AAAA"));
  EXPECT_FALSE(found(first));
  EXPECT_FALSE(found(""));
  EXPECT_FALSE(found("h=AAAA"));
  EXPECT_FALSE(found("realm=\"x\",h=AAAA"));  // DIGEST-MD5
  EXPECT_FALSE(found(first + ",h=AAAA", "success"));
  EXPECT_FALSE(
      hashes_the_offer(element_of("<challenge xmlns='urn:xmpp:sasl:2'>r=!,h=</challenge>")));
}

}  // namespace
}  // namespace portcullis::xmpp
