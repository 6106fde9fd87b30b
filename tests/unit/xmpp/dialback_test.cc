#include "proxy/xmpp/dialback.h"

#include <gmock/gmock.h>

#include "reader_support.h"

namespace portcullis::xmpp {
namespace {

using test::element_of;
using test::in_stream;
using testing::HasSubstr;

const DomainName kA = *DomainName::parse("a.example");
const DomainName kB = *DomainName::parse("b.example");

// The same element with the prefix "db", with another one, and without any.
std::vector<std::string> every_style(const std::string& name, const std::string& attributes,
                                     const std::string& inside) {
  const std::string uri = "='jabber:server:dialback' ";
  std::vector<std::string> styles;
  for (const std::string prefix : {"db:", "d:"})
    styles.push_back("<" + prefix + name + " xmlns:" + prefix.substr(0, prefix.size() - 1) + uri +
                     attributes + ">" + inside + "</" + prefix + name + ">");
  styles.push_back("<" + name + " xmlns" + uri + attributes + ">" + inside + "</" + name + ">");
  return styles;
}

Result<DialbackRequest> read(const std::string& xml) {
  return read_dialback_request(element_of(xml));
}

constexpr const char* kPair = "from='a.example' to='b.example'";

// ---- reading ------------------------------------------------------------------------------------

TEST(DialbackRequest, ReadsAResult) {
  for (const auto& xml : every_style("result", kPair, "  98c\n")) {
    const auto request = read(xml);
    ASSERT_TRUE(request) << xml << request.error().message;
    EXPECT_FALSE(request->verify);
    EXPECT_EQ(request->from, kA);
    EXPECT_EQ(request->to, kB);
    EXPECT_EQ(request->key, "98c");
    EXPECT_EQ(request->id, "");
  }
}

TEST(DialbackRequest, ReadsAVerify) {
  for (const auto& xml : every_style("verify", std::string(kPair) + " id='&lt;1'", "98c")) {
    const auto request = read(xml);
    ASSERT_TRUE(request) << xml << request.error().message;
    EXPECT_TRUE(request->verify);
    EXPECT_EQ(request->id, "<1");
    EXPECT_EQ(request->key, "98c");
  }
}

TEST(DialbackRequest, DomainsAreNormalised) {
  const auto request =
      read(every_style("result", "from='A.Example.' to='b\u00FCcher.example'", "k").front());
  ASSERT_TRUE(request);
  EXPECT_EQ(request->from, kA);
  EXPECT_EQ(request->to.a_label(), "xn--bcher-kva.example");
}

TEST(DialbackRequest, TheKeyOfAResultMayBeEmptyThatOfAVerifyNot) {
  EXPECT_TRUE(read(every_style("result", kPair, "").front()));
  EXPECT_FALSE(read(every_style("verify", std::string(kPair) + " id='1'", " \n").front()));
}

TEST(DialbackRequest, KeyAndIdAtAndOverTheLimit) {
  const std::string most(kMaxDialbackText, 'k');
  EXPECT_TRUE(read(every_style("result", kPair, most).front()));
  EXPECT_FALSE(read(every_style("result", kPair, most + "k").front()));
  const std::string pair(kPair);
  EXPECT_TRUE(read(every_style("verify", pair + " id='" + most + "'", most).front()));
  EXPECT_FALSE(read(every_style("verify", pair + " id='" + most + "k'", "k").front()));
}

struct Refused {
  const char* name;
  const char* attributes;
  const char* inside;
  const char* why;
};

class RefusedRequest : public testing::TestWithParam<Refused> {};

TEST_P(RefusedRequest, SaysWhatIsWrong) {
  for (const auto& xml : every_style(GetParam().name, GetParam().attributes, GetParam().inside)) {
    const auto request = read(xml);
    ASSERT_FALSE(request) << xml;
    EXPECT_THAT(request.error().message, HasSubstr(GetParam().why)) << xml;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Each, RefusedRequest,
    testing::Values(Refused{"results", kPair, "k", "neither"},
                    Refused{"result", "to='b.example'", "k", "'from' of a dialback request is mis"},
                    Refused{"result", "from='a.example'", "k", "'to' of a dialback request is mis"},
                    Refused{"result", "from='' to='b.example'", "k", "'from'"},
                    Refused{"result", "from='u@a.example' to='b.example'", "k", "no domain"},
                    Refused{"result", "from='a.example/r' to='b.example'", "k", "no domain"},
                    Refused{"result", "from='a.example' to='*.example'", "k", "'to'"},
                    Refused{"result", "from='a.example' to='127.0.0.1'", "k", "'to'"},
                    Refused{"result", "from='a.example' to='b.example&#10;'", "k", "'to'"},
                    Refused{"result", kPair, "k<x/>", "contains an element"},
                    Refused{"verify", kPair, "k", "'id'"},
                    Refused{"verify", "from='a.example' to='b.example' id=''", "k", "'id'"}));

// Security notice of 2012-08-21: an answer that nobody asked for is no request either.
TEST(DialbackRequest, UnsolicitedAnswersAreNoRequests) {
  for (const char* name : {"result", "verify"})
    for (const char* type : {"valid", "invalid", "error", ""})
      for (const auto& xml :
           every_style(name, std::string(kPair) + " id='1' type='" + type + "'", "k")) {
        const auto request = read(xml);
        ASSERT_FALSE(request) << xml;
        EXPECT_THAT(request.error().message, HasSubstr("answer"));
      }
}

TEST(DialbackRequest, TheNamespaceDecidesNotThePrefix) {
  EXPECT_FALSE(read("<db:result xmlns:db='urn:x' from='a.example' to='b.example'>k</db:result>"));
  EXPECT_FALSE(read("<result from='a.example' to='b.example'>k</result>"));
  // Attributes in a namespace are not those of dialback.
  EXPECT_FALSE(read(
      every_style("result", "xmlns:p='urn:p' p:from='a.example' to='b.example'", "k").front()));
  EXPECT_TRUE(is_dialback(element_of(every_style("result", "", "").back())));
  EXPECT_FALSE(is_dialback(element_of("<db:x xmlns:db='jabber:server:dialback'/>")));
}

TEST(DialbackRequest, ErrorsRepeatNothingOfThePeer) {
  for (const auto& xml : every_style("result", "from='sec ret' to='b.example'", "secret"))
    EXPECT_THAT(read(xml).error().message, testing::Not(HasSubstr("sec")));
}

// ---- writing ------------------------------------------------------------------------------------

// As the far end reads it: under a header that declares dialback, with the prefix as written.
Element written(const std::string& xml) {
  EXPECT_THAT(xml, testing::StartsWith("<db:"));
  StreamHeader header;
  header.content_ns = ns::kServer;
  StreamReader reader({});
  reader.push(write_header(header, true) + xml);
  EXPECT_TRUE(reader.next());
  auto event = reader.next();
  EXPECT_TRUE(event && std::holds_alternative<Element>(*event)) << xml;
  EXPECT_EQ(reader.unread(), "");
  return std::get<Element>(*event);
}

TEST(WriteDialback, Valid) {
  const std::string xml = write_dialback_valid(kB, kA);
  EXPECT_EQ(xml, "<db:result from='b.example' to='a.example' type='valid'/>");
  EXPECT_TRUE(is_dialback(written(xml)));
  EXPECT_FALSE(read_dialback_request(written(xml)));
}

TEST(WriteDialback, ErrorOfAResultHasNoId) {
  EXPECT_EQ(write_dialback_error(false, kB, kA, "7", "not-authorized", ""),
            "<db:result from='b.example' to='a.example' type='error'><error type='cancel'>"
            "<not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></db:result>");
}

TEST(WriteDialback, ErrorOfAVerifyRepeatsTheId) {
  const std::string hostile = "'\"<>&\t\n'/><evil x='";
  const Element error =
      written(write_dialback_error(true, kB, kA, hostile, "item-not-found", "a < b </error>"));
  EXPECT_TRUE(error.is(ns::kDialback, "verify"));
  ASSERT_NE(error.attribute("id"), nullptr);
  EXPECT_EQ(*error.attribute("id"), hostile);
  EXPECT_EQ(*error.attribute("type"), "error");
  const Element* inner = error.child(ns::kServer, "error");
  ASSERT_NE(inner, nullptr);
  EXPECT_EQ(*inner->attribute("type"), "cancel");
  ASSERT_EQ(inner->children.size(), 2U);
  EXPECT_TRUE(inner->children[0].is("urn:ietf:params:xml:ns:xmpp-stanzas", "item-not-found"));
  EXPECT_EQ(inner->children[1].text(), "a < b </error>");
}

TEST(WriteDialback, NeedsAHeaderThatDeclaresIt) {
  const auto seen = test::read({in_stream(write_dialback_valid(kB, kA))});
  EXPECT_EQ(seen.back(), "fault xml_invalid");
}

}  // namespace
}  // namespace portcullis::xmpp
