#include <gmock/gmock.h>

#include "guard_support.h"
#include "reader_support.h"

// Attacks that XMPP servers have fallen for, as far as they are a matter of XML.
namespace portcullis::xmpp {
namespace {

using namespace std::string_literals;
using test::pass_every_way;
using test::Passed;
using test::rules_of;
using test::s2s_rules;
using test::stanza;
using Traffic = GuardRules::Traffic;

constexpr std::array kEveryTraffic{Traffic::kS2sStanzas,   Traffic::kS2sSilent,
                                   Traffic::kClientToHost, Traffic::kHostToClient,
                                   Traffic::kS2sObserved,  Traffic::kS2sObservedAnswers};

// ---- unsolicited db:verify and db:result type='valid' (XSF notice 2012-08-21, CVE-2012-3525) ----

std::string answer(const std::string& name, const std::string& from, const std::string& to) {
  return "<db:" + name + " xmlns:db='jabber:server:dialback' from='" + from + "' to='" + to +
         "' id='unknown' type='valid'/>";
}

TEST(UnsolicitedDialback, EndsEveryAuthenticatedStream) {
  for (const auto traffic :
       {Traffic::kS2sStanzas, Traffic::kS2sSilent, Traffic::kClientToHost, Traffic::kHostToClient})
    for (const char* name : {"result", "verify"})
      for (const char* from : {"a.example", "victim.example"})
        EXPECT_EQ(pass_every_way(rules_of(traffic), answer(name, from, "b.example")),
                  (Passed{"", "fault dialback_attempted"}))
            << name << " " << from;
}

TEST(UnsolicitedDialback, EndsAnAuthenticatedStreamThatVerifies) {
  for (const auto traffic : {Traffic::kS2sStanzas, Traffic::kS2sSilent}) {
    GuardRules rules = rules_of(traffic);
    rules.dialback_verify = true;
    EXPECT_EQ(pass_every_way(rules, answer("result", "a.example", "b.example")),
              (Passed{"", "fault dialback_attempted"}));
    EXPECT_EQ(pass_every_way(rules, answer("verify", "victim.example", "b.example")).bytes, "");
  }
  GuardRules stanzas = rules_of(Traffic::kS2sStanzas);
  stanzas.dialback_verify = true;
  EXPECT_EQ(pass_every_way(stanzas, answer("verify", "a.example", "b.example")),
            (Passed{"", "fault dialback_attempted"}));
}

TEST(UnsolicitedDialback, EndsAnObservedStream) {
  for (const char* name : {"result", "verify"})
    for (const char* from : {"a.example", "victim.example"})
      EXPECT_EQ(pass_every_way(rules_of(Traffic::kS2sObserved), answer(name, from, "b.example")),
                (Passed{"", "fault dialback_attempted"}));
}

TEST(UnsolicitedDialback, OfAForeignPairIsNoAnswer) {
  const GuardRules rules = rules_of(Traffic::kS2sObservedAnswers);
  for (const char* name : {"result", "verify"}) {
    EXPECT_EQ(pass_every_way(rules, answer(name, "victim.example", "b.example")),
              (Passed{"", "fault address_spoofed invalid-from"}));
    EXPECT_EQ(pass_every_way(rules, answer(name, "a.example", "victim.example")),
              (Passed{"", "fault address_spoofed improper-addressing"}));
  }
}

// ---- xmppbomb (XSF notice 2014-04, CVE-2014-2744, CVE-2014-2745) --------------------------------

TEST(XmppBomb, CompressionIsNeverNegotiatedThroughTheGate) {
  for (const auto traffic : kEveryTraffic)
    for (const char* element :
         {"<compress xmlns='http://jabber.org/protocol/compress'><method>zlib</method></compress>",
          "<compressed xmlns='http://jabber.org/protocol/compress'/>",
          "<stream:features><compression xmlns='http://jabber.org/features/compress'>"
          "<method>zlib</method></compression></stream:features>"})
      EXPECT_EQ(pass_every_way(rules_of(traffic), element),
                (Passed{"", "fault xml_invalid unsupported-stanza-type"}))
          << element;
}

// ---- stanza smuggling (CVE-2022-25235, CVE-2022-25236, CVE-2022-25315) --------------------------

struct Bytes {
  std::string name;
  std::string bytes;
};

void PrintTo(const Bytes& one, std::ostream* out) {
  *out << testing::PrintToString(one.bytes);
}

std::string bytes_name(const testing::TestParamInfo<Bytes>& one) {
  return one.param.name;
}

class InvalidUtf8 : public testing::TestWithParam<Bytes> {};

// In text, in a value, in a namespace name, and where the bytes may swallow what follows them.
std::vector<std::string> with(const std::string& bytes) {
  return {"<a>" + bytes + "</a>", "<a b='" + bytes + "'/>",   "<a xmlns='urn:" + bytes + "'/>",
          "<a" + bytes + "/>",    "<a b" + bytes + "=''/>",   "<![CDATA[" + bytes + "]]>",
          bytes + "<a/>",         "<a b=''" + bytes + "></a>"};
}

TEST_P(InvalidUtf8, PassesInNoTraffic) {
  for (const auto traffic : {Traffic::kS2sStanzas, Traffic::kS2sObserved, Traffic::kClientToHost})
    for (const auto& inside : with(GetParam().bytes)) {
      const auto passed = pass_every_way(rules_of(traffic), stanza(inside));
      EXPECT_EQ(passed, (Passed{"", "fault xml_invalid"})) << testing::PrintToString(inside);
    }
}

TEST_P(InvalidUtf8, PassesInNoDialback) {
  for (const auto& inside : with(GetParam().bytes)) {
    const std::string element =
        "<db:result xmlns:db='jabber:server:dialback' from='a.example' to='b.example'>" + inside +
        "</db:result>";
    EXPECT_EQ(pass_every_way(rules_of(Traffic::kS2sObserved), element),
              (Passed{"", "fault xml_invalid"}));
  }
}

TEST_P(InvalidUtf8, IsNoElementOfANegotiation) {
  for (const auto& inside : with(GetParam().bytes))
    EXPECT_EQ(test::read_every_way(test::in_stream("<x>" + inside + "</x>")).back(),
              "fault xml_invalid")
        << testing::PrintToString(inside);
}

INSTANTIATE_TEST_SUITE_P(
    EveryForm, InvalidUtf8,
    testing::Values(Bytes{"LoneContinuation", "\x80"}, Bytes{"LastContinuation", "\xBF"},
                    Bytes{"CutTwo", "\xC3"}, Bytes{"CutThree", "\xE2\x82"},
                    Bytes{"CutFour", "\xF0\x9F\x98"}, Bytes{"Overlong2", "\xC0\xAF"},
                    Bytes{"OverlongLess", "\xC0\xBC"}, Bytes{"OverlongNul", "\xC0\x80"},
                    Bytes{"Overlong3", "\xE0\x80\xBC"}, Bytes{"Overlong4", "\xF0\x80\x80\xBC"},
                    Bytes{"FirstSurrogate", "\xED\xA0\x80"}, Bytes{"LastSurrogate", "\xED\xBF\xBF"},
                    Bytes{"Cesu8", "\xED\xA0\xBD\xED\xB8\x80"},
                    Bytes{"BeyondUnicode", "\xF4\x90\x80\x80"}, Bytes{"F5", "\xF5\x80\x80\x80"},
                    Bytes{"FiveBytes", "\xF8\x88\x80\x80\x80"},
                    Bytes{"SixBytes", "\xFC\x84\x80\x80\x80\x80"}, Bytes{"FE", "\xFE"},
                    Bytes{"FF", "\xFF"}, Bytes{"ModifiedNul", "\xC0\x80x"}),
    bytes_name);

TEST(ValidUtf8, OfEveryLengthPasses) {
  for (const char* text :
       {"\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
        "\xEF\xBF\xBD", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBD"}) {
    const std::string bytes = stanza("<a>"s + text + "</a>", " b='"s + text + "'");
    EXPECT_EQ(pass_every_way(s2s_rules(), bytes), (Passed{bytes, ""}));
  }
}

// What parsers put between a namespace name and a local name, so that "urn:x" SEP "message" of one
// side is the stanza of the other.
TEST(NamespaceSeparator, ControlCharactersAreNotXml) {
  for (const std::string& separator :
       {"\x01"s, "\x02"s, "\x0C"s, "\x1E"s, "\x1F"s, "\0"s, "&#1;"s, "&#12;"s, "&#x1F;"s, "&#0;"s})
    for (const std::string& ns : {"jabber:server" + separator + "message", "urn:x" + separator,
                                  separator + "jabber:server"}) {
      EXPECT_EQ(pass_every_way(s2s_rules(), stanza("<a xmlns='" + ns + "'/>")),
                (Passed{"", "fault xml_invalid"}))
          << testing::PrintToString(ns);
      EXPECT_EQ(pass_every_way(s2s_rules(), "<p:iq xmlns:p='" + ns + "'/>"),
                (Passed{"", "fault xml_invalid"}));
    }
}

TEST(NamespaceSeparator, PrintableOnesMakeNoStanzaOfAnotherElement) {
  for (const char* separator : {"|", " ", ":", "#", "}", "^", "!", "&#10;", "&#9;"}) {
    const std::string ns = "jabber:server"s + separator + "message";
    for (const std::string& element :
         {"<x xmlns='" + ns + "' from='a.example' to='b.example'/>",
          "<p:message xmlns:p='" + ns + "' from='a.example' to='b.example'/>",
          "<p:result xmlns:p='jabber:server:dialback"s + separator +
              "result' from='a.example' to='b.example'/>"})
      for (const auto traffic : {Traffic::kS2sStanzas, Traffic::kS2sObserved})
        EXPECT_EQ(pass_every_way(rules_of(traffic), element),
                  (Passed{"", "fault xml_invalid unsupported-stanza-type"}))
            << element;
    // Nor an address of another attribute.
    EXPECT_EQ(pass_every_way(s2s_rules(), "<iq xmlns:p='" + ns +
                                              "' p:from='a.example' from='evil.example' "
                                              "to='b.example'/>")
                  .stop,
              "fault address_spoofed invalid-from");
  }
}

// ---- reparse deferral of expat (CVE-2023-52425) -------------------------------------------------

// Whatever the cut: the event is there with its last byte, not with the next one.
TEST(ReparseDeferral, AStartTagSplitAtEachByteIsReadWithItsLast) {
  const std::string header(test::kHeader);
  const std::string element = "<features a='" + std::string(300, 'x') + "' b='>'/>";
  for (std::size_t cut = 1; cut < header.size(); ++cut) {
    StreamReader reader({});
    reader.push(std::string_view(header).substr(0, cut));
    EXPECT_FALSE(reader.next());
    reader.push(std::string_view(header).substr(cut));
    EXPECT_TRUE(reader.next()) << cut;
  }
  for (std::size_t cut = 1; cut < element.size(); ++cut) {
    StreamReader reader({});
    reader.push(header);
    ASSERT_TRUE(reader.next());
    reader.push(std::string_view(element).substr(0, cut));
    EXPECT_FALSE(reader.next());
    reader.push(std::string_view(element).substr(cut));
    EXPECT_TRUE(reader.next()) << cut;
  }
}

TEST(ReparseDeferral, AStanzaSplitAtEachByteIsPassedWithItsLast) {
  // The second is for expat, the third too.
  for (const std::string& bytes :
       {stanza("<body>x</body>"), stanza("<p:a xmlns:p='urn:p'/>"),
        "<db:result xmlns:db='jabber:server:dialback' from='a.example' to='b.example'>k"
        "</db:result>"s})
    for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
      Guard guard(rules_of(Traffic::kS2sObserved));
      std::string out;
      EXPECT_FALSE(
          portcullis::xmpp::test::feed(guard, std::string_view(bytes).substr(0, cut), out));
      EXPECT_EQ(out, "");
      EXPECT_FALSE(portcullis::xmpp::test::feed(guard, std::string_view(bytes).substr(cut), out));
      EXPECT_EQ(out, bytes) << cut;
    }
}

}  // namespace
}  // namespace portcullis::xmpp
