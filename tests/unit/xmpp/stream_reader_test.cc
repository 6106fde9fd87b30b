#include "proxy/xmpp/stream_reader.h"

#include <gmock/gmock.h>

#include "reader_support.h"

namespace portcullis::xmpp {
namespace {

using test::element_of;
using test::in_stream;
using test::kHeader;
using test::read_every_way;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST(StreamReader, ReadsHeaderElementsAndEnd) {
  const auto seen = read_every_way(
      "<?xml version='1.0'?>\n" +
      in_stream("<iq id='1'><q xmlns='urn:q'>a&amp;b</q></iq> <presence/></stream:stream>"));
  EXPECT_THAT(seen, ElementsAre(HasSubstr("from='a.example' to='b.example' version='1.0'"),
                                "element <iq id='1'><q xmlns='urn:q'>a&amp;b</q></iq>",
                                "element <presence/>", "ended"));
}

TEST(StreamReader, IsSilentUntilATagIsComplete) {
  StreamReader reader({});
  const std::string header(kHeader);
  reader.push(std::string_view(header).substr(0, header.size() - 1));
  EXPECT_FALSE(reader.next());
  reader.push(">");
  EXPECT_TRUE(reader.next());
  EXPECT_FALSE(reader.next());
}

TEST(StreamReader, KeepsOrderOfTextAndChildren) {
  const Element element = element_of("<message>one<b/>two<c>in</c>three</message>");
  ASSERT_THAT(element.children, SizeIs(2));
  EXPECT_EQ(element.children[0].preceding_text, "one");
  EXPECT_EQ(element.children[1].preceding_text, "two");
  EXPECT_EQ(element.children[1].trailing_text, "in");
  EXPECT_EQ(element.trailing_text, "three");
  EXPECT_EQ(element.text(), "onetwothree");
}

TEST(StreamReader, ExpandsNamesAndAttributes) {
  const Element element = element_of("<p:x xmlns:p='urn:p' a='1' p:a='2' xml:lang='de'/>");
  EXPECT_TRUE(element.is("urn:p", "x"));
  EXPECT_EQ(element.attributes,
            (std::vector<Attribute>{
                {"", "a", "1"}, {"urn:p", "a", "2"}, {std::string(ns::kXml), "lang", "de"}}));
  ASSERT_NE(element.attribute("a"), nullptr);
  EXPECT_EQ(*element.attribute("a"), "1");
  EXPECT_EQ(element.attribute("lang"), nullptr);
}

TEST(StreamReader, ResolvesPredefinedEntitiesReferencesAndCdata) {
  const Element element =
      element_of("<b a='&lt;&gt;&quot;'>&amp;&apos;&#65;&#x20AC;<![CDATA[<x a='>]]&gt;]]></b>");
  EXPECT_EQ(*element.attribute("a"), "<>\"");
  EXPECT_EQ(element.text(), "&'A\u20AC<x a='>]]&gt;");
}

TEST(StreamReader, ReadsCdataCutAnywhere) {
  EXPECT_THAT(read_every_way(in_stream("<b><![CDATA[]]]]><![CDATA[>]] ]></a>]]></b><c/>")),
              ElementsAre(testing::_, "element <b>]]&gt;]] ]&gt;&lt;/a&gt;</b>", testing::_))
      << "the section ends at the first ]]>";
}

TEST(StreamReader, PrefixesOfTheHeaderHoldInside) {
  const std::string header =
      "<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' "
      "xmlns:x='urn:x'>";
  EXPECT_THAT(read_every_way(header + "<x:y/>"),
              ElementsAre(testing::_, "element <y xmlns='urn:x'/>"));
}

TEST(StreamReader, ManyGreaterThanSignsInAValueAreText) {
  const std::string value(2000, '>');
  const auto seen = test::read({in_stream("<b a='" + value + "' c=\"'>'\">" + value + "</b>")});
  ASSERT_THAT(seen, SizeIs(2));
  EXPECT_THAT(seen[1], testing::StartsWith("element <b a='&gt;&gt;"));
}

TEST(StreamReader, SkipsWhiteSpaceBetweenElementsAndInFrontOfTheHeader) {
  EXPECT_THAT(read_every_way(" \r\n\t" + in_stream(" \n <a/>\t\r\n<b/> ")),
              ElementsAre(testing::_, "element <a/>", "element <b/>"));
}

TEST(StreamReader, NothingFollowsTheEndOfTheStream) {
  StreamReader reader({});
  reader.push(in_stream("</stream:stream><iq/>"));
  EXPECT_TRUE(std::holds_alternative<StreamHeader>(*reader.next()));
  EXPECT_TRUE(std::holds_alternative<StreamEnded>(*reader.next()));
  EXPECT_FALSE(reader.next());
  reader.push(kHeader);
  EXPECT_FALSE(reader.next());
}

TEST(StreamReader, NothingFollowsAFault) {
  StreamReader reader({});
  reader.push(in_stream("<a></b><iq/>"));
  reader.next();
  EXPECT_TRUE(std::holds_alternative<ReadFault>(*reader.next()));
  EXPECT_FALSE(reader.next());
  reader.push("<iq/>");
  EXPECT_FALSE(reader.next());
}

TEST(StreamReader, ShowsWhatFollowsStarttls) {
  const std::string starttls = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
  for (const std::string behind :
       {"", "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>", "x", "<", " \n", "\x16\x03\x01"}) {
    StreamReader reader({});
    reader.push(in_stream(starttls) + behind);
    reader.next();
    ASSERT_TRUE(std::holds_alternative<Element>(*reader.next()));
    EXPECT_EQ(reader.unread(), behind);
  }
}

TEST(StreamReader, ShowsWhatCameInTheSameBytesCutAnywhere) {
  const std::string bytes = in_stream("<a></a><b>text");
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    StreamReader reader({});
    std::vector<std::string> seen;
    reader.push(bytes.substr(0, cut));
    test::drain(reader, seen);
    reader.push(bytes.substr(cut));
    test::drain(reader, seen);
    EXPECT_EQ(reader.unread(), "<b>text") << cut;
  }
}

TEST(StreamReader, IsMovable) {
  StreamReader first({});
  first.push(kHeader);
  StreamReader second(std::move(first));
  EXPECT_TRUE(second.next());
  second.push("<a/>");
  StreamReader third({});
  third = std::move(second);
  EXPECT_TRUE(std::holds_alternative<Element>(*third.next()));
}

TEST(Element, FindsChildByNameAndNamespace) {
  const Element element = element_of("<a><b xmlns='urn:1'/><b xmlns='urn:2'>x</b></a>");
  ASSERT_NE(element.child("urn:2", "b"), nullptr);
  EXPECT_EQ(element.child("urn:2", "b")->text(), "x");
  EXPECT_EQ(element.child("urn:3", "b"), nullptr);
  EXPECT_EQ(element.child("urn:2", "c"), nullptr);
  EXPECT_THAT(element.text(), IsEmpty());
}

}  // namespace
}  // namespace portcullis::xmpp
