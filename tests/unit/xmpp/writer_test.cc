#include "proxy/xmpp/writer.h"

#include <gmock/gmock.h>

#include <random>

#include "reader_support.h"

namespace portcullis::xmpp {
namespace {

using test::element_of;
using testing::HasSubstr;
using testing::Not;

TEST(AppendEscaped, EscapesMarkupAndWhatXmlCannotCarry) {
  std::string out = "kept ";
  append_escaped(out, "<a b='\"'>&\tx\r\n\x01\x1F");
  EXPECT_EQ(out, "kept &lt;a b=&apos;&quot;&apos;&gt;&amp;\tx&#13;\n??");
}

TEST(Serialize, DeclaresANamespaceOnlyWhereItChanges) {
  for (const std::string xml :
       {"<iq/>", "<iq a='1'><b xmlns='urn:b'><c/><d xmlns='jabber:server'/></b><e/></iq>",
        "<stream:features><x xmlns='urn:x'/>text</stream:features>", "<x xmlns=''><y/></x>",
        "<x xml:lang='en'/>"})
    EXPECT_EQ(serialize(element_of(xml), "jabber:server"), xml);
  EXPECT_EQ(serialize(element_of("<iq/>"), "jabber:client"), "<iq xmlns='jabber:server'/>");
}

TEST(Serialize, MakesPrefixesOfItsOwnForAttributes) {
  EXPECT_EQ(serialize(element_of("<x xmlns:p='urn:p' xmlns:q='urn:q' p:a='1' q:b='2' p:c='3'/>"),
                      "jabber:server"),
            "<x xmlns:a0='urn:p' a0:a='1' xmlns:a1='urn:q' a1:b='2' a0:c='3'/>");
}

// ---- round trip of generated elements -----------------------------------------------------------

class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  Element element(std::size_t depth = 0) {
    Element one;
    one.ns = pick({"jabber:server", "jabber:client", "urn:x", "", "urn:'\"<>&", ns::kStream,
                   "http://www.w3.org/XML/1998/namespace"});
    one.name = pick({"a", "message", "features", "\u00FCber", "x-1.y_z"});
    // A second stream header is no element of a stream.
    const std::size_t attributes = number(4);
    for (std::size_t i = 0; i < attributes; ++i)
      one.attributes.push_back(
          {pick({"", "urn:p", "urn:q", ns::kXml, ns::kStream}), "n" + std::to_string(i), text()});
    if (depth < 4)
      for (std::size_t i = number(4); i > 0; --i) {
        one.children.push_back(element(depth + 1));
        one.children.back().preceding_text = text();
      }
    one.trailing_text = text();
    return one;
  }

 private:
  std::size_t number(std::size_t below) { return random_() % below; }
  std::string pick(std::vector<std::string_view> from) {
    return std::string(from[number(from.size())]);
  }
  std::string text() {
    std::string out;
    for (std::size_t i = number(5); i > 0; --i)
      out += pick({"x", " ", "\t", "\n", "\r", "<", ">", "&", "'", "\"", "]]>", "\u20AC", "&amp;",
                   "\U0001F600", "<!--"});
    return out;
  }

  std::mt19937 random_;
};

TEST(Serialize, ReaderGivesTheSameElementBack) {
  for (unsigned seed = 0; seed < 3000; ++seed) {
    const Element element = Generator(seed).element();
    const std::string xml = serialize(element, "jabber:server");
    ASSERT_EQ(element_of(xml, {.element_bytes = 1 << 20}), element) << seed << ": " << xml;
  }
}

// ---- stream errors ------------------------------------------------------------------------------

TEST(WriteStreamError, HasConditionTextReasonAndEnd) {
  EXPECT_EQ(write_stream_error("host-unknown", "No <b.example> here.", "host_unknown"),
            "<stream:error><host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
            "<text xmlns='urn:ietf:params:xml:ns:xmpp-streams' xml:lang='en'>"
            "No &lt;b.example&gt; here.</text>"
            "<reason xmlns='urn:xmpp:portcullis:0'>host_unknown</reason></stream:error>"
            "</stream:stream>");
  EXPECT_EQ(write_stream_error("reset", "", ""),
            "<stream:error><reset xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>"
            "</stream:stream>");
}

TEST(WriteStreamError, WritesNoConditionThatIsNone) {
  for (const char* condition : {"", "made-up", "reset/><evil", "text"})
    EXPECT_THAT(write_stream_error(condition, "", ""),
                testing::StartsWith("<stream:error><undefined-condition xmlns="));
}

TEST(WriteStreamError, SaysStanzaTooBigInItsOwnWords) {
  EXPECT_THAT(write_stream_error(policy::refuse(policy::Reason::kStanzaTooBig)),
              testing::AllOf(HasSubstr("<policy-violation "),
                             HasSubstr("<stanza-too-big xmlns='urn:xmpp:errors'/>"),
                             HasSubstr(">stanza_too_big</reason>")));
  EXPECT_THAT(write_stream_error(policy::refuse(policy::Reason::kXmlRestricted)),
              testing::AllOf(HasSubstr("<restricted-xml "), Not(HasSubstr("stanza-too-big"))));
}

TEST(WriteStreamError, EveryReasonIsReadBackAsItsCondition) {
  for (std::size_t i = 0; i < policy::kReasonCount; ++i) {
    const auto refusal = policy::refuse(policy::reason_at(i));
    StreamReader reader({});
    reader.push(test::in_stream(write_stream_error(refusal)));
    reader.next();
    const auto read = read_stream_error(std::get<Element>(*reader.next()));
    EXPECT_TRUE(std::holds_alternative<StreamEnded>(*reader.next()));
    EXPECT_EQ(read.condition, policy::info(refusal.reason).condition);
    EXPECT_EQ(read.text, policy::printable(refusal.text));
  }
}

StreamErrorInfo stream_error(std::string_view inside) {
  return read_stream_error(element_of("<stream:error>" + std::string(inside) + "</stream:error>"));
}

TEST(ReadStreamError, ReadsConditionAndText) {
  const auto read = stream_error(
      "<text xmlns='urn:ietf:params:xml:ns:xmpp-streams'> gone </text><x xmlns='urn:app'/>"
      "<conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>");
  EXPECT_EQ(read.condition, "conflict");
  EXPECT_EQ(read.text, "gone");
}

TEST(ReadStreamError, ConditionIsOneOfTheList) {
  for (const char* inside : {"", "<evil xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>",
                             "<conflict/>", "<conflict xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>",
                             "<text xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"})
    EXPECT_EQ(stream_error(inside).condition, "undefined-condition") << inside;
}

TEST(ReadStreamError, TextIsPrintableAndBounded) {
  EXPECT_EQ(stream_error("old words").text, "old words");
  const auto long_text = stream_error("<text xmlns='urn:ietf:params:xml:ns:xmpp-streams'>a\nb" +
                                      std::string(5000, 'x') + "</text>");
  EXPECT_LE(long_text.text.size(), 256U);
  EXPECT_THAT(long_text.text, testing::StartsWith("a?b"));
}

TEST(ReadSaslFailure, ReadsConditionAndText) {
  const auto read = read_sasl_failure(
      element_of("<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/>"
                 "<text xml:lang='en'>no</text></failure>"));
  EXPECT_EQ(read.condition, "not-authorized");
  EXPECT_EQ(read.text, "no");
  EXPECT_EQ(read_sasl_failure(element_of("<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>"))
                .condition,
            "undefined-condition");
  EXPECT_EQ(read_sasl_failure(element_of("<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
                                         "<conflict/></failure>"))
                .condition,
            "undefined-condition");
}

}  // namespace
}  // namespace portcullis::xmpp
