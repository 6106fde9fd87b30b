#include <gmock/gmock.h>

#include "guard_support.h"
#include "proxy/xmpp/guard_rules.h"

namespace portcullis::xmpp {
namespace {

using test::pass_every_way;
using test::Passed;
using test::s2s_rules;

std::string iq(std::string_view attributes) {
  return "<iq " + std::string(attributes) + " id='1'/>";
}

std::string from(std::string_view jid) {
  return iq("from='" + std::string(jid) + "' to='b.example'");
}

std::string to(std::string_view jid) {
  return iq("from='a.example' to='" + std::string(jid) + "'");
}

constexpr const char* kInvalidFrom = "fault address_spoofed invalid-from";
constexpr const char* kImproper = "fault address_spoofed improper-addressing";

TEST(GuardAddress, AcceptsEverySpellingOfThePair) {
  for (const char* jid :
       {"a.example", "u@a.example", "u@a.example/r", "a.example/r", "u@A.EXAMPLE", "a.Example/x",
        "a.example/evil.example", "u@a.example/x@evil.example", "u@a.example/x/y",
        "a.example/@evil.example", "\xEF\xBD\x81.example" /* full-width a */})
    EXPECT_EQ(pass_every_way(s2s_rules(), from(jid)), (Passed{from(jid), ""})) << jid;
}

TEST(GuardAddress, AcceptsWhatBothStandardsReadAsTheDomain) {
  const GuardRules rules = s2s_rules("b\u00FCcher.example", "xn--fsqu00a.example");
  for (const char* sender :
       {"b\u00FCcher.example", "B\u00DCCHER.example", "bu\u0308cher.example"}) {
    const std::string bytes =
        iq("from='u@" + std::string(sender) + "' to='\u4F8B\u5B50.example/x'");
    EXPECT_EQ(pass_every_way(rules, bytes), (Passed{bytes, ""})) << sender;
  }
}

TEST(GuardAddress, RefusesWhatTheBackendWouldReadAsAnotherDomain) {
  const GuardRules rules = s2s_rules("b\u00FCcher.example", "a.raw.example");
  const auto stanza = [](std::string_view sender, std::string_view receiver) {
    return iq("from='u@" + std::string(sender) + "' to='" + std::string(receiver) + "/x'");
  };
  for (const char* sender :
       {"xn--bcher-kva.example", "XN--BCHER-KVA.example", "b\u00FCcher.example.",
        "b\u00FCcher\u3002example", "b\u00FCcher\uFF61example"})
    EXPECT_EQ(pass_every_way(rules, stanza(sender, "a.raw.example")).stop,
              "fault name_ambiguous invalid-from")
        << sender;
  for (const char* receiver : {"a\u3002raw.example", "a.raw.example.", "a\uFF61raw.example"})
    EXPECT_EQ(pass_every_way(rules, stanza("b\u00FCcher.example", receiver)).stop,
              "fault name_ambiguous improper-addressing")
        << receiver;
  EXPECT_EQ(pass_every_way(rules, stanza("bucher.example", "a.raw.example")).stop, kInvalidFrom);
}

// A peer whose certificate names this domain could otherwise speak as strasse.example.
TEST(GuardAddress, LetsNobodySpeakAsADomainThatServersReadAsAnother) {
  const GuardRules rules = s2s_rules("xn--strae-oqa.example");
  for (const char* sender : {"stra\u00DFe.example", "xn--strae-oqa.example", "STRA\u1E9EE.example"})
    EXPECT_NE(pass_every_way(rules, iq("from='x@" + std::string(sender) + "' to='b.example'")).stop,
              "")
        << sender;
}

TEST(GuardAddress, RefusesAFromOfAnotherDomain) {
  for (const char* jid :
       {"evil.example", "u@evil.example", "sub.a.example", "u@sub.a.example/r", "example",
        "aa.example", "a.example.evil.example", "u@evil.example/u@a.example", "b.example",
        "evil.example/a.example", "a.example@evil.example", "\xD0\xB0.example" /* Cyrillic a */})
    EXPECT_EQ(pass_every_way(s2s_rules(), from(jid)), (Passed{"", kInvalidFrom})) << jid;
}

TEST(GuardAddress, RefusesAToOfAnotherDomain) {
  for (const char* jid : {"evil.example", "u@sub.b.example", "a.example", "c.example/b.example"})
    EXPECT_EQ(pass_every_way(s2s_rules(), to(jid)), (Passed{"", kImproper})) << jid;
}

TEST(GuardAddress, RefusesWhatIsNoAddress) {
  for (const char* jid : {"",
                          "@",
                          "/",
                          "@a.example",
                          "u@",
                          "u@/r",
                          "/r",
                          "a.example/",
                          "u@a.example@evil.example",
                          "u@@a.example",
                          "a..example",
                          ".a.example",
                          "a.example..",
                          "*.example",
                          "a_b.example",
                          "127.0.0.1",
                          "[::1]",
                          "u@ a.example",
                          "a.example ",
                          "a.example&#10;",
                          "a.example&#9;x"}) {
    EXPECT_EQ(pass_every_way(s2s_rules(), from(jid)), (Passed{"", kImproper})) << jid;
    EXPECT_EQ(pass_every_way(s2s_rules(), to(jid)).stop, kImproper) << jid;
  }
}

TEST(GuardAddress, RefusesAMissingAddress) {
  EXPECT_EQ(pass_every_way(s2s_rules(), iq("to='b.example'")).stop, kImproper);
  EXPECT_EQ(pass_every_way(s2s_rules(), iq("from='a.example'")).stop, kImproper);
  // Only the attribute without a namespace is the address.
  EXPECT_EQ(
      pass_every_way(s2s_rules(), iq("xmlns:p='urn:p' p:from='a.example' to='b.example'")).stop,
      kImproper);
}

TEST(GuardAddress, AddressesInsideAStanzaAreNotJudged) {
  const std::string bytes = test::stanza(
      "<forwarded xmlns='urn:xmpp:forward:0'><message from='evil.example'/></forwarded>");
  EXPECT_EQ(pass_every_way(s2s_rules(), bytes), (Passed{bytes, ""}));
}

TEST(GuardAddress, ReferencesInAnAddressAreResolved) {
  EXPECT_EQ(pass_every_way(s2s_rules(), from("&#97;.example")).stop, "");
  EXPECT_EQ(pass_every_way(s2s_rules(), from("u&#64;evil.example")).stop, kInvalidFrom);
  EXPECT_EQ(pass_every_way(s2s_rules(), from("evil.example&#47;@a.example")).stop, kInvalidFrom);
}

TEST(GuardAddress, PassesWhatStoodBeforeTheSpoof) {
  EXPECT_EQ(
      pass_every_way(s2s_rules(), from("a.example") + from("evil.example") + from("a.example")),
      (Passed{from("a.example"), kInvalidFrom}));
}

TEST(GuardAddress, RefusesASpoofBeforeItsStanzaIsComplete) {
  Guard guard(s2s_rules());
  EXPECT_EQ(test::pass(guard, {"<message from='evil.example' to='b.example'>"}),
            (Passed{"", kInvalidFrom}));
}

TEST(GuardAddress, RefusesEveryStanzaWithoutAPair) {
  GuardRules rules = s2s_rules();
  rules.from.reset();
  EXPECT_EQ(pass_every_way(rules, from("a.example")).stop, kInvalidFrom);
  rules = s2s_rules();
  rules.to.reset();
  EXPECT_EQ(pass_every_way(rules, from("a.example")).stop, kImproper);
}

TEST(GuardAddress, DetailNamesTheDomainAndNoUser) {
  Guard guard(s2s_rules());
  std::string out;
  const auto stop = portcullis::xmpp::test::feed(guard, from("secret@Evil.example/phone"), out);
  ASSERT_TRUE(stop);
  EXPECT_EQ(std::get<GuardFault>(*stop).detail,
            "the 'from' of a stanza is of evil.example, not of this stream's domain");
}

TEST(DomainPart, IsCutAtTheFirstSlashThenAtTheFirstAt) {
  EXPECT_EQ(domain_part("d"), "d");
  EXPECT_EQ(domain_part("l@d"), "d");
  EXPECT_EQ(domain_part("l@d/r@x/y"), "d");
  EXPECT_EQ(domain_part("d/l@x"), "d");
  EXPECT_EQ(domain_part("l@d@e"), "d@e");
  EXPECT_EQ(domain_part("@d"), std::nullopt);
  EXPECT_EQ(domain_part("l@"), std::nullopt);
  EXPECT_EQ(domain_part("d/"), std::nullopt);
  EXPECT_EQ(domain_part("/d"), std::nullopt);
  EXPECT_EQ(domain_part(""), std::nullopt);
}

}  // namespace
}  // namespace portcullis::xmpp
