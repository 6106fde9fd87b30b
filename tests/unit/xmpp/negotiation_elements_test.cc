#include <gmock/gmock.h>

#include "proxy/xmpp/base64.h"
#include "proxy/xmpp/features.h"
#include "proxy/xmpp/sasl_external.h"
#include "reader_support.h"

namespace portcullis::xmpp {
namespace {

using test::element_of;

constexpr StreamLimits kLimits{262144, 900};

std::vector<std::string> all_for_servers() {
  return {write_starttls_features(),
          write_optional_starttls_features(kLimits),
          write_dialback_features(kLimits),
          write_external_features(),
          write_external_and_dialback_features(kLimits),
          write_limits_features(kLimits)};
}

// ---- features -----------------------------------------------------------------------------------

TEST(Features, StarttlsIsRequiredAndAlone) {
  const Element features = element_of(write_starttls_features());
  EXPECT_TRUE(features.is(ns::kStream, "features"));
  ASSERT_EQ(features.children.size(), 1U);
  EXPECT_TRUE(features.children[0].is(ns::kTls, "starttls"));
  EXPECT_NE(features.children[0].child(ns::kTls, "required"), nullptr);
  EXPECT_TRUE(offers_starttls(features));
  EXPECT_FALSE(offers_external(features));
}

// XEP-0220 section 2.6.
void expect_dialback_with_errors(const Element& features) {
  EXPECT_TRUE(offers_dialback(features));
  const Element* dialback = features.child(ns::kDialbackFeature, "dialback");
  ASSERT_NE(dialback, nullptr);
  ASSERT_EQ(dialback->children.size(), 1U);
  EXPECT_TRUE(dialback->children[0].is(ns::kDialbackFeature, "errors"));
}

TEST(Features, OptionalStarttlsIsNotRequired) {
  const Element features = element_of(write_optional_starttls_features(kLimits));
  EXPECT_TRUE(offers_starttls(features));
  ASSERT_EQ(features.children.size(), 3U);
  EXPECT_TRUE(features.children[0].is(ns::kTls, "starttls"));
  EXPECT_TRUE(features.children[0].children.empty());
  expect_dialback_with_errors(features);
  EXPECT_EQ(read_limits(features), kLimits);
}

TEST(Features, DialbackWithLimitsForWhatFollows) {
  const Element features = element_of(write_dialback_features(kLimits));
  EXPECT_EQ(features.children.size(), 2U);
  expect_dialback_with_errors(features);
  EXPECT_EQ(read_limits(features), kLimits);
  EXPECT_FALSE(offers_starttls(features));
  EXPECT_FALSE(offers_external(features));
}

TEST(Features, OffersDialbackOnlyInTheRightPlace) {
  const auto offers = [](const std::string& xml) { return offers_dialback(element_of(xml)); };
  const std::string dialback = "<dialback xmlns='urn:xmpp:features:dialback'/>";
  EXPECT_TRUE(offers("<stream:features>" + dialback + "</stream:features>"));
  EXPECT_TRUE(
      offers("<stream:features><x xmlns='urn:x'/><dialback xmlns='urn:xmpp:features:dialback'>"
             "<required/></dialback></stream:features>"));
  EXPECT_FALSE(offers("<stream:features/>"));
  EXPECT_FALSE(offers("<features>" + dialback + "</features>"));
  EXPECT_FALSE(offers("<stream:features><dialback/></stream:features>"));
  EXPECT_FALSE(offers("<stream:features><x xmlns='urn:x'>" + dialback + "</x></stream:features>"));
}

// xmppbomb, XSF notice 2014-04 (CVE-2014-2744, CVE-2014-2745).
TEST(Features, CompressionIsNeverOffered) {
  for (const std::string& written : all_for_servers()) {
    EXPECT_THAT(written, testing::Not(testing::HasSubstr("compress")));
    EXPECT_FALSE(element_of(written).children.empty());
  }
}

TEST(Features, LimitsAfterAuthentication) {
  EXPECT_EQ(write_limits_features({524288, 14400}),
            "<stream:features><limits xmlns='urn:xmpp:stream-limits:0'>"
            "<max-bytes>524288</max-bytes><idle-seconds>14400</idle-seconds></limits>"
            "</stream:features>");
}

TEST(Features, StarttlsAndProceedAreOfTheTlsNamespace) {
  EXPECT_TRUE(element_of(write_starttls()).is(ns::kTls, "starttls"));
  EXPECT_TRUE(element_of(write_proceed()).is(ns::kTls, "proceed"));
}

TEST(Features, OffersStarttlsOnlyInTheRightPlace) {
  const std::string tls = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
  EXPECT_TRUE(offers_starttls(element_of("<stream:features>" + tls + "</stream:features>")));
  EXPECT_FALSE(offers_starttls(element_of("<stream:features/>")));
  EXPECT_FALSE(offers_starttls(element_of("<features>" + tls + "</features>")));
  EXPECT_FALSE(offers_starttls(element_of("<stream:features><starttls/></stream:features>")));
  EXPECT_FALSE(offers_starttls(
      element_of("<stream:features><x xmlns='urn:x'>" + tls + "</x></stream:features>")));
}

TEST(Features, ClientSeesNeitherStarttlsNorCompression) {
  const std::string kept =
      "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>SCRAM-SHA-256</mechanism>"
      "<mechanism>PLAIN</mechanism></mechanisms>";
  const std::string inner =
      "<x xmlns='urn:x'><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></x>";
  const Element features = element_of(
      "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>" + kept +
      "<compression "
      "xmlns='http://jabber.org/features/compress'><method>zlib</method></compression>" +
      "<dialback xmlns='urn:xmpp:features:dialback'/><bidi xmlns='urn:xmpp:features:bidi'/>" +
      inner + "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>");
  EXPECT_EQ(serialize(client_features(features, {1000, std::nullopt}), "jabber:client"),
            "<stream:features>" + kept + inner +
                "<limits xmlns='urn:xmpp:stream-limits:0'><max-bytes>1000</max-bytes></limits>"
                "</stream:features>");
}

// ---- SASL EXTERNAL ------------------------------------------------------------------------------

TEST(SaslExternal, OffersNothingElse) {
  const Element features = element_of(write_external_features());
  EXPECT_TRUE(offers_external(features));
  ASSERT_EQ(features.children.size(), 1U);
  EXPECT_EQ(features.children[0].children.size(), 1U);
  EXPECT_FALSE(offers_dialback(features));
}

TEST(SaslExternal, OffersDialbackBesideItWhenAsked) {
  const Element features = element_of(write_external_and_dialback_features(kLimits));
  EXPECT_TRUE(offers_external(features));
  EXPECT_EQ(features.children.size(), 3U);
  EXPECT_EQ(read_limits(features), kLimits);
  expect_dialback_with_errors(features);
}

TEST(SaslExternal, OffersExternalOnlyInTheRightPlace) {
  const auto offers = [](const std::string& mechanism, const std::string& xmlns) {
    return offers_external(element_of("<stream:features><mechanisms xmlns='" + xmlns + "'>" +
                                      mechanism + "</mechanisms></stream:features>"));
  };
  const std::string sasl(ns::kSasl);
  EXPECT_TRUE(offers("<mechanism>PLAIN</mechanism><mechanism> EXTERNAL\n</mechanism>", sasl));
  EXPECT_FALSE(offers("<mechanism>PLAIN</mechanism>", sasl));
  EXPECT_FALSE(offers("<mechanism>external</mechanism>", sasl));
  EXPECT_FALSE(offers("<mechanism>EXTERNAL-X</mechanism>", sasl));
  EXPECT_FALSE(offers("EXTERNAL", sasl));
  EXPECT_FALSE(offers("<mechanism>EXTERNAL</mechanism>", "urn:other"));
  EXPECT_FALSE(offers("", sasl));
  EXPECT_FALSE(offers_external(element_of("<stream:features/>")));
}

TEST(SaslExternal, WritesAnAuthItAccepts) {
  const DomainName domain = *DomainName::parse("b\u00FCcher.example");
  const Element auth = element_of(write_external_auth(domain));
  EXPECT_EQ(auth.text(), "YsO8Y2hlci5leGFtcGxl");
  EXPECT_FALSE(check_external_auth(auth, domain));
  EXPECT_TRUE(check_external_auth(auth, *DomainName::parse("a.example")));
}

TEST(SaslExternal, SuccessAndFailureAreOfTheSaslNamespace) {
  EXPECT_TRUE(element_of(write_sasl_success()).is(ns::kSasl, "success"));
  const Element failure = element_of(write_sasl_failure("invalid-authzid", "a < b"));
  EXPECT_TRUE(failure.is(ns::kSasl, "failure"));
  EXPECT_EQ(read_sasl_failure(failure).condition, "invalid-authzid");
  EXPECT_EQ(read_sasl_failure(failure).text, "a < b");
}

std::string check(std::string_view auth) {
  const auto fault = check_external_auth(element_of(auth), *DomainName::parse("a.example"));
  return fault ? std::string(fault->condition) : "";
}

std::string external(std::string_view text) {
  return "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>" +
         std::string(text) + "</auth>";
}

TEST(SaslExternal, AcceptsNoAuthzidOrTheDomainItself) {
  for (const std::string& text :
       {std::string(), std::string("="), encode_base64("a.example"), encode_base64("A.Example")})
    EXPECT_EQ(check(external(text)), "") << text;
}

TEST(SaslExternal, RefusesAnotherAuthzid) {
  for (const char* authzid : {"b.example", "sub.a.example", "u@a.example", "a.example/r", "example",
                              "*.example", "a.example evil", " a.example", "127.0.0.1"})
    EXPECT_EQ(check(external(encode_base64(authzid))), "invalid-authzid") << authzid;
  EXPECT_EQ(check(external(encode_base64(std::string_view("a.example\0x", 11)))),
            "invalid-authzid");
}

TEST(SaslExternal, RefusesWhatIsNotBase64) {
  for (const char* text : {"==", "a.example", "YQ", "YQ=", "YQ===", " YS5leGFtcGxl", "YS5l\nGFt",
                           "YR==", "Y=Q=", "====", "YQ==YQ=="})
    EXPECT_EQ(check(external(text)), "incorrect-encoding") << text;
}

TEST(SaslExternal, RefusesOtherMechanismsAndMalformedRequests) {
  EXPECT_EQ(check("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>=</auth>"),
            "invalid-mechanism");
  EXPECT_EQ(check("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='external'/>"),
            "invalid-mechanism");
  EXPECT_EQ(check("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>=</auth>"), "malformed-request");
  EXPECT_EQ(check(external("<x/>")), "malformed-request");
  EXPECT_EQ(check("<auth mechanism='EXTERNAL'/>"), "malformed-request");
  EXPECT_EQ(check("<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'/>"),
            "malformed-request");
}

TEST(Base64, RoundTripsEveryLength) {
  // RFC 4648 section 10.
  EXPECT_EQ(encode_base64("f"), "Zg==");
  EXPECT_EQ(encode_base64("fo"), "Zm8=");
  EXPECT_EQ(encode_base64("foobar"), "Zm9vYmFy");
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(decode_base64(encode_base64(bytes)), bytes);
    bytes += static_cast<char>(i * 7);
  }
}

}  // namespace
}  // namespace portcullis::xmpp
