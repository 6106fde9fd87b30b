#include "proxy/xmpp/guard.h"

#include <gmock/gmock.h>

#include "guard_support.h"

namespace portcullis::xmpp {
namespace {

using test::pass;
using test::pass_every_way;
using test::Passed;
using test::rules_of;
using test::s2s_rules;
using test::stanza;
using Traffic = GuardRules::Traffic;

TEST(Guard, PassesStanzasByteForByte) {
  // Quotes, order, spacing, references, CDATA and both ways to write an empty element stay.
  const std::string bytes =
      stanza("<body  a = \"1\"\n>&lt;&#x41;\r\n'\"></body ><![CDATA[ <x> ]]><e/><e></e>") +
      "<iq to=\"b.example\" from=\"a.example\" type='get' id='>' />"
      "<presence from='a.example/x@y/z' to='u@b.example' xmlns='jabber:server'/>";
  EXPECT_EQ(pass_every_way(s2s_rules(), bytes), (Passed{bytes, ""}));
}

TEST(Guard, PassesAStanzaWithAPrefixOfItsOwn) {
  const std::string bytes =
      "<s:iq xmlns:s='jabber:server' from='a.example' to='b.example'><s:x/></s:iq>";
  EXPECT_EQ(pass_every_way(s2s_rules(), bytes), (Passed{bytes, ""}));
}

TEST(Guard, PrefixesOfTheHeaderHoldInside) {
  GuardRules rules = s2s_rules();
  rules.declared = {{"x", "urn:x"}, {"y", "urn:'&<y"}};
  const std::string bytes = stanza("<x:a y:b=''/>") + stanza("<stream:features/>");
  EXPECT_EQ(pass_every_way(rules, bytes), (Passed{bytes, ""}));
  EXPECT_EQ(pass_every_way(s2s_rules(), stanza("<x:a/>")), (Passed{"", "fault xml_invalid"}));
}

TEST(Guard, HandsOnOnlyWholeElements) {
  Guard guard(s2s_rules());
  std::string out;
  const std::string one = stanza("<body>hi</body>");
  EXPECT_FALSE(
      portcullis::xmpp::test::feed(guard, std::string_view(one).substr(0, one.size() - 1), out));
  EXPECT_EQ(out, "");
  EXPECT_EQ(guard.held_bytes(), one.size() - 1);
  EXPECT_EQ(guard.stanzas(), 0U);
  EXPECT_FALSE(portcullis::xmpp::test::feed(guard, ">" + one + "<m", out));
  EXPECT_EQ(out, one + one);
  EXPECT_EQ(guard.held_bytes(), 2U);
  EXPECT_EQ(guard.stanzas(), 2U);
}

TEST(Guard, HoldsNothingWhenIdle) {
  Guard guard(s2s_rules());
  std::string out;
  EXPECT_FALSE(portcullis::xmpp::test::feed(guard, stanza(), out));
  EXPECT_EQ(guard.held_bytes(), 0U);
  EXPECT_FALSE(portcullis::xmpp::test::feed(guard, " \n", out));
  EXPECT_EQ(guard.held_bytes(), 0U);
  EXPECT_FALSE(portcullis::xmpp::test::feed(guard, "<", out));
  EXPECT_EQ(guard.held_bytes(), 1U);
  EXPECT_FALSE(portcullis::xmpp::test::feed(guard, stanza().substr(1) + "\n", out));
  EXPECT_EQ(guard.held_bytes(), 0U);
}

TEST(Guard, PassesWhiteSpaceAsOneSpaceACall) {
  Guard guard(s2s_rules());
  EXPECT_EQ(pass(guard, {" \r\n\t "}).bytes, " ");
  EXPECT_EQ(pass(guard, {""}).bytes, "");
  EXPECT_EQ(pass(guard, {"\n", "\n"}).bytes, "  ");
  EXPECT_EQ(pass(guard, {" " + stanza() + "\n\n" + stanza() + " "}).bytes, stanza() + stanza());
  // Inside an element white space belongs to it.
  EXPECT_EQ(pass(guard, {stanza().substr(0, 8), " "}).bytes, "");
  EXPECT_EQ(guard.held_bytes(), 9U);
}

TEST(Guard, EndsWithTheStream) {
  EXPECT_EQ(pass_every_way(s2s_rules(), stanza() + "</stream:stream>" + stanza()),
            (Passed{stanza(), "ended"}));
  EXPECT_EQ(pass_every_way(s2s_rules(), " </stream:stream \n>").stop, "ended");
}

TEST(Guard, EndsWithTheStreamOfAPeerWithItsOwnPrefix) {
  GuardRules rules = s2s_rules();
  rules.declared = {{"x", "urn:x"}, {"s", "http://etherx.jabber.org/streams"}};
  EXPECT_EQ(pass_every_way(rules, "</s:stream>").stop, "ended");
  EXPECT_EQ(pass_every_way(rules, "</stream:stream>").stop, "ended");
  EXPECT_EQ(pass_every_way(rules, "</x:stream>").stop, "fault xml_invalid");
  EXPECT_EQ(pass_every_way(rules, "<s:error><reset xmlns='urn:r'/></s:error>").stop,
            "error <stream:error><reset xmlns='urn:r'/></stream:error>");
}

TEST(Guard, OtherEndTagsAreFaults) {
  for (const char* end : {"</stream>", "</>", "</ >", "</message>", "</x:stream>",
                          "</ stream:stream>", "</stream:streams>", "</stream:stream x=''>"})
    EXPECT_EQ(pass_every_way(s2s_rules(), end), (Passed{"", "fault xml_invalid"})) << end;
}

class EveryTraffic : public testing::TestWithParam<Traffic> {};

TEST_P(EveryTraffic, ReportsAStreamErrorAndDoesNotPassIt) {
  const std::string inside =
      "<conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
      "<text xmlns='urn:ietf:params:xml:ns:xmpp-streams' xml:lang='en'>gone &amp; done</text>";
  EXPECT_EQ(pass_every_way(rules_of(GetParam()),
                           "<stream:error>" + inside + "</stream:error></stream:stream>"),
            (Passed{"", "error <stream:error>" + inside + "</stream:error>"}));
}

TEST_P(EveryTraffic, RefusesWhatEndsAtThisGate) {
  for (const char* element :
       {"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
        "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
        "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>",
        "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>",
        "<authenticate xmlns='urn:xmpp:sasl:2' mechanism='PLAIN'/>",
        "<compress xmlns='http://jabber.org/protocol/compress'/>", "<stream:features/>",
        "<bidi xmlns='urn:xmpp:bidi'/>", "<message xmlns='urn:other'/>", "<stream:other/>",
        "<x xmlns=''/>", "<handshake/>"})
    EXPECT_EQ(pass_every_way(rules_of(GetParam()), element),
              (Passed{"", "fault xml_invalid unsupported-stanza-type"}))
        << element;
}

TEST_P(EveryTraffic, RefusesASecondStreamHeaderAtOnce) {
  EXPECT_EQ(pass_every_way(rules_of(GetParam()), "<stream:stream to='b.example' version='1.0'>"),
            (Passed{"", "fault xml_invalid unsupported-stanza-type"}));
}

class DialbackTraffic : public testing::TestWithParam<Traffic> {};

TEST_P(DialbackTraffic, IsRefused) {
  GuardRules rules = rules_of(GetParam());
  EXPECT_EQ(pass_every_way(rules, "<result xmlns='jabber:server:dialback'>key</result>").stop,
            "fault dialback_attempted");
  EXPECT_EQ(pass_every_way(rules, "<d:verify xmlns:d='jabber:server:dialback' id='1'/>").stop,
            "fault dialback_attempted");
  EXPECT_EQ(pass_every_way(rules, "<db:result/>").stop, "fault xml_invalid") << "not declared";
  rules.declared = {{"db", "jabber:server:dialback"}};
  EXPECT_EQ(pass_every_way(rules, "<db:result from='a.example' to='b.example'>key</db:result>"),
            (Passed{"", "fault dialback_attempted"}));
}

INSTANTIATE_TEST_SUITE_P(All, EveryTraffic,
                         testing::Values(Traffic::kS2sStanzas, Traffic::kS2sSilent,
                                         Traffic::kClientToHost, Traffic::kHostToClient,
                                         Traffic::kS2sObserved, Traffic::kS2sObservedAnswers));
INSTANTIATE_TEST_SUITE_P(NotObserved, DialbackTraffic,
                         testing::Values(Traffic::kS2sStanzas, Traffic::kS2sSilent,
                                         Traffic::kClientToHost, Traffic::kHostToClient));

// The far end may not have the prefix "db", or have it for dialback.
TEST(Guard, RefusesDialbackInsideAStanza) {
  GuardRules rules = s2s_rules();
  rules.declared = {{"db", "jabber:server:dialback"}};
  EXPECT_EQ(pass_every_way(rules, stanza("<db:x/>")).stop, "fault dialback_attempted");
  EXPECT_EQ(pass_every_way(rules, stanza("<x db:a=''/>")).stop, "fault dialback_attempted");
  EXPECT_EQ(pass_every_way(rules, stanza("<x xmlns='jabber:server:dialback'/>")).stop,
            "fault dialback_attempted");
  EXPECT_EQ(pass_every_way(rules, stanza("", " x='db:a'")).stop, "");
}

TEST(Guard, SilentDirectionCarriesNoStanza) {
  const GuardRules rules = rules_of(Traffic::kS2sSilent);
  EXPECT_EQ(pass_every_way(rules, stanza()),
            (Passed{"", "fault xml_invalid unsupported-stanza-type"}));
  EXPECT_EQ(pass_every_way(rules, " \n ").stop, "");
  EXPECT_EQ(pass_every_way(rules, "</stream:stream>").stop, "ended");
}

TEST(Guard, ClientTrafficHasStanzasAndKnownStreamElements) {
  for (const auto traffic : {Traffic::kClientToHost, Traffic::kHostToClient}) {
    const std::string bytes =
        "<message/><presence from='any@where.example'/><iq type='get' id='1'><q "
        "xmlns='urn:q'/></iq>"
        "<enable xmlns='urn:xmpp:sm:3' resume='true'/><r xmlns='urn:xmpp:sm:3'/>"
        "<a xmlns='urn:xmpp:sm:2' h='1'/><inactive xmlns='urn:xmpp:csi:0'/>";
    EXPECT_EQ(pass_every_way(rules_of(traffic), bytes), (Passed{bytes, ""}));
    Guard guard(rules_of(traffic));
    pass(guard, {bytes});
    EXPECT_EQ(guard.stanzas(), 3U);
    EXPECT_EQ(pass_every_way(rules_of(traffic), "<iq xmlns='jabber:server'/>").stop,
              "fault xml_invalid unsupported-stanza-type");
  }
}

TEST(Guard, StreamElementsOfClientsDoNotPassBetweenServers) {
  for (const char* element : {"<r xmlns='urn:xmpp:sm:3'/>", "<active xmlns='urn:xmpp:csi:0'/>",
                              "<iq xmlns='jabber:client' from='a.example' to='b.example'/>"})
    EXPECT_EQ(pass_every_way(s2s_rules(), element).stop,
              "fault xml_invalid unsupported-stanza-type");
}

TEST(Guard, IsMovable) {
  Guard first(s2s_rules());
  EXPECT_EQ(pass(first, {stanza().substr(0, 20)}), (Passed{"", ""}));
  Guard second(std::move(first));
  EXPECT_EQ(pass(second, {stanza().substr(20)}), (Passed{stanza(), ""}));
}

}  // namespace
}  // namespace portcullis::xmpp
