// Unit tests of outline(): an element for the log, without what nobody but its reader may see.

#include "proxy/xmpp/outline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/xmpp/reader_support.h"

namespace portcullis::xmpp {
namespace {

using test::element_of;
using testing::HasSubstr;
using testing::Not;

TEST(Outline, HasTheNameTheNamespaceAndTheAttributes) {
  EXPECT_EQ(outline(element_of("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")),
            "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
  EXPECT_EQ(outline(element_of("<iq type='get' id='7'/>")),
            "<iq xmlns='jabber:server' type='get' id='7'/>");
}

TEST(Outline, NamesANamespaceOnlyWhereItChanges) {
  EXPECT_EQ(outline(element_of("<a xmlns='urn:a'><b><c xmlns='urn:c'><d/></c></b><b/></a>")),
            "<a xmlns='urn:a'><b><c xmlns='urn:c'><d/></c></b><b/></a>");
}

TEST(Outline, NamesANamespaceThatChangesBack) {
  EXPECT_EQ(outline(element_of("<a xmlns='urn:a'><b xmlns='urn:b'><a xmlns='urn:a'/></b></a>")),
            "<a xmlns='urn:a'><b xmlns='urn:b'><a xmlns='urn:a'/></b></a>");
}

TEST(Outline, LeavesOutThePasswordOfSasl) {
  const auto text =
      outline(element_of("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' "
                         "mechanism='PLAIN'>AGp1bGlldABzM2NyM3Q=</auth>"));
  EXPECT_EQ(text, "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>...</auth>");
}

TEST(Outline, LeavesOutTextAtEveryDepth) {
  const auto text = outline(
      element_of("<iq id='1' type='set'><query xmlns='jabber:iq:auth'><username>romeo</username>"
                 "<password>s3cr3t</password></query></iq>"));
  EXPECT_EQ(text,
            "<iq xmlns='jabber:server' id='1' type='set'><query xmlns='jabber:iq:auth'>"
            "<username>...</username><password>...</password></query></iq>");
}

TEST(Outline, LeavesOutTextBeforeBetweenAndBehindChildren) {
  EXPECT_EQ(outline(element_of("<a xmlns='urn:a'>one<b/>two<b>three</b>four</a>")),
            "<a xmlns='urn:a'>...<b/><b>...</b></a>");
  EXPECT_EQ(outline(element_of("<a xmlns='urn:a'><b/>two<b/></a>")),
            "<a xmlns='urn:a'>...<b/><b/></a>");
  EXPECT_EQ(outline(element_of("<a xmlns='urn:a'><b/>end</a>")), "<a xmlns='urn:a'>...<b/></a>");
}

TEST(Outline, DoesNotTellHowLongTheTextIs) {
  const std::string longer(500, 'x');
  EXPECT_EQ(outline(element_of("<a xmlns='urn:a'>x</a>")),
            outline(element_of("<a xmlns='urn:a'>" + longer + "</a>")));
}

TEST(Outline, LeavesOutTextThatIsWrittenInOtherWays) {
  const auto text = outline(element_of("<a xmlns='urn:a'>&#115;3cr3t<![CDATA[s3cr3t]]></a>"));
  EXPECT_EQ(text, "<a xmlns='urn:a'>...</a>");
}

TEST(Outline, StopsBehindManyChildren) {
  std::string xml = "<a xmlns='urn:a'>";
  for (int i = 0; i < 500; ++i) xml += "<child/>";
  const auto text = outline(element_of(xml + "</a>", {.element_bytes = 100'000}));
  EXPECT_LT(text.size(), 850U);
  EXPECT_TRUE(text.ends_with("<child/>...</a>")) << text;
}

TEST(Outline, StopsBehindManyAttributes) {
  std::string xml = "<a xmlns='urn:a'";
  for (int i = 0; i < 100; ++i) xml += " attribute" + std::to_string(i) + "='value'";
  const auto text = outline(element_of(xml + "/>", {.element_bytes = 100'000, .attributes = 200}));
  EXPECT_LT(text.size(), 850U);
  EXPECT_THAT(text, HasSubstr("attribute0='value'"));
  EXPECT_THAT(text, Not(HasSubstr("attribute99")));
}

TEST(Outline, CutsALongValue) {
  const auto text = outline(
      element_of("<a xmlns='urn:a' long='" + std::string(9'000, 'x') + "' behind='it'><b/></a>"));
  EXPECT_LT(text.size(), 300U);
  EXPECT_TRUE(text.ends_with("xxx...' behind='it'><b/></a>")) << text;
}

TEST(Outline, KeepsAValueOfUsualLength) {
  const std::string address = std::string(100, 'n') + "@" + std::string(90, 'd');
  EXPECT_THAT(outline(element_of("<message to='" + address + "'/>")), HasSubstr(address));
}

TEST(Outline, StopsWithinDeepNesting) {
  std::string xml;
  std::string ends;
  for (int i = 0; i < 60; ++i) {
    xml += "<element xmlns='urn:example:namespace:" + std::to_string(i) + "'>";
    ends += "</element>";
  }
  const auto text = outline(element_of(xml + ends, {.element_bytes = 100'000, .depth = 100}));
  // What is open is closed again: at most one end tag for each start tag.
  EXPECT_LT(text.size(), 1'200U);
  EXPECT_THAT(text, HasSubstr("..."));
}

}  // namespace
}  // namespace portcullis::xmpp
