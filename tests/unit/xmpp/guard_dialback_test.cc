#include "tests/unit/xmpp/guard_dialback.h"

#include <gmock/gmock.h>

// Server dialback on observed streams: whose it may be, and in which form.
namespace portcullis::xmpp {
namespace {

using test::every_style;
using test::expect_passes;
using test::expect_stops;
using test::kAttempted;
using test::kImproper;
using test::kInvalidFrom;
using test::kPair;
using test::kUnsupported;
using test::pass;
using test::rules_for;
using test::stanza;
using Traffic = GuardRules::Traffic;

// Requests go one way, answers the other.
class Observed : public testing::TestWithParam<Traffic> {
 protected:
  // Of the kind that this direction carries.
  static std::vector<std::string> styles(const std::string& name, const std::string& attributes,
                                         const std::string& inside = "key") {
    const bool answers = GetParam() == Traffic::kS2sObservedAnswers;
    return every_style(name, attributes + (answers ? " type='valid'" : ""), inside);
  }
};

TEST_P(Observed, PassesDialbackOfThePair) {
  for (const char* name : {"result", "verify"})
    for (const auto& bytes : styles(name, std::string(kPair) + " id='1'"))
      expect_passes(rules_for(GetParam()), bytes);
}

TEST_P(Observed, RefusesOtherElementsOfDialback) {
  for (const char* name : {"results", "resul", "error", "dialback", "message", "Result"})
    for (const auto& bytes : styles(name, kPair))
      expect_stops(rules_for(GetParam()), bytes, kAttempted);
}

TEST_P(Observed, RefusesDialbackOfOtherDomains) {
  const GuardRules rules = rules_for(GetParam());
  for (const char* name : {"result", "verify"}) {
    for (const char* from : {"evil.example", "b.example", "sub.a.example", "example"})
      for (const auto& bytes : styles(name, std::string("to='b.example' from='") + from + "'"))
        expect_stops(rules, bytes, kInvalidFrom);
    for (const char* to : {"evil.example", "a.example", "sub.b.example"})
      for (const auto& bytes : styles(name, std::string("from='a.example' to='") + to + "'"))
        expect_stops(rules, bytes, kImproper);
  }
}

TEST_P(Observed, DialbackHasDomainsForAddresses) {
  const GuardRules rules = rules_for(GetParam());
  for (const char* spelling : {"A.EXAMPLE", "\uFF41.example"})
    expect_passes(rules,
                  styles("result", std::string("to='b.example' from='") + spelling + "'")[0]);
  for (const char* spelling : {"a.example.", "a\u3002example"})
    expect_stops(rules, styles("result", std::string("to='b.example' from='") + spelling + "'")[0],
                 "fault name_ambiguous invalid-from");
  for (const char* from : {"u@a.example", "a.example/r", "", "*.example", "a.example ",
                           "@a.example", "a.example&#9;", "127.0.0.1"})
    for (const auto& bytes : styles("result", std::string("to='b.example' from='") + from + "'"))
      expect_stops(rules, bytes, kImproper);
  for (const auto& bytes : styles("verify", "from='a.example'"))
    expect_stops(rules, bytes, kImproper);
  for (const auto& bytes : styles("verify", "to='b.example'"))
    expect_stops(rules, bytes, kImproper);
}

TEST_P(Observed, ThePrefixHasToBeDeclared) {
  GuardRules rules = rules_for(GetParam());
  const std::string bytes = styles("result", kPair)[0];
  expect_passes(rules, bytes);
  rules.declared.clear();
  expect_stops(rules, bytes, "fault xml_invalid");
  expect_passes(rules, styles("result", kPair)[2]);
  // The namespace decides: this is no dialback, and nothing else that may pass.
  expect_stops(rules_for(GetParam()),
               "<db:result xmlns:db='urn:x' from='a.example' to='b.example'/>", kUnsupported);
}

TEST_P(Observed, RefusesDialbackThatIsNotOnTheFirstLevel) {
  const GuardRules rules = rules_for(GetParam());
  for (const char* inside : {"<db:result type='valid'/>", "<x><db:verify/></x>",
                             "<result xmlns='jabber:server:dialback'/>", "<x db:a=''/>"})
    for (const auto& bytes : styles("result", kPair, inside))
      expect_stops(rules, bytes, kAttempted);
  for (const auto& bytes : styles("result", std::string(kPair) + " d:type='valid'"))
    expect_stops(rules, bytes, kAttempted);
}

TEST_P(Observed, ADialbackElementIsBoundedLikeAStanza) {
  GuardRules rules = rules_for(GetParam());
  const std::string fits = styles("result", kPair, std::string(50, 'k'))[0];
  rules.stanza_bytes = fits.size();
  rules.depth = 2;
  expect_passes(rules, fits);
  expect_stops(rules, styles("result", kPair, std::string(51, 'k'))[0], "fault stanza_too_big");
  expect_stops(rules, styles("result", kPair, "<a><b/></a>")[0], "fault xml_invalid");
  expect_stops(rules, styles("result", kPair, "<!-- -->")[0], "fault xml_restricted");
  expect_stops(rules, styles("result", kPair, "&x;")[0], "fault xml_restricted");
  expect_stops(rules, styles("result", kPair, "\xC0\xAF")[0], "fault xml_invalid");
}

INSTANTIATE_TEST_SUITE_P(BothWays, Observed,
                         testing::Values(Traffic::kS2sObserved, Traffic::kS2sObservedAnswers));

TEST(ObservedRequests, AskAboutOtherPairsAndOnlyAboutThose) {
  GuardRules rules = rules_for(Traffic::kS2sObserved);
  std::vector<std::string> asked;
  rules.admits = [&](const DomainName& from, const DomainName& to) {
    asked.push_back(from.a_label() + ">" + to.a_label());
    return from.a_label() == "conference.a.example";
  };
  expect_passes(rules, every_style("result", kPair)[0]);
  EXPECT_TRUE(asked.empty());
  for (const auto& bytes : every_style("result", "from='Conference.a.example' to='c.example'"))
    expect_passes(rules, bytes);
  for (const auto& bytes : every_style("result", "from='evil.example' to='b.example'"))
    expect_stops(rules, bytes, kInvalidFrom);
  for (const auto& bytes : every_style("verify", "from='a.example' to='c.example'"))
    expect_stops(rules, bytes, kImproper);
  EXPECT_THAT(asked, testing::IsSupersetOf({"conference.a.example>c.example",
                                            "evil.example>b.example", "a.example>c.example"}));
  asked.clear();
  for (const auto& bytes : every_style("result", "from='u@conference.a.example' to='b.example'"))
    expect_stops(rules, bytes, kImproper);
  expect_stops(rules, every_style("result", "from='conference.a.example'")[0], kInvalidFrom);
  EXPECT_TRUE(asked.empty());
}

TEST(ObservedAnswers, AreTyped) {
  for (const char* name : {"result", "verify"}) {
    for (const char* type : {" type='valid'", " type='invalid'", " type='error'", " type=''"})
      for (const auto& bytes : every_style(name, std::string(kPair) + type)) {
        expect_passes(rules_for(Traffic::kS2sObservedAnswers), bytes);
        // Unsolicited, it has made servers believe a stranger.
        expect_stops(rules_for(Traffic::kS2sObserved), bytes, kAttempted);
      }
    for (const auto& bytes : every_style(name, kPair))
      expect_stops(rules_for(Traffic::kS2sObservedAnswers), bytes, kAttempted);
  }
}

// XEP-0220 section 2.4; the default namespace of the answer is that of its <error/> too.
TEST(ObservedAnswers, MayHoldAnError) {
  const std::string error =
      "<error type='cancel'><item-not-found "
      "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>";
  for (const auto& bytes : every_style("result", std::string(kPair) + " type='error'", error))
    expect_passes(rules_for(Traffic::kS2sObservedAnswers), bytes);
}

TEST(ObservedStanzas, PassOneWayOnly) {
  const std::string bytes = stanza("<body/>") + every_style("result", kPair)[0] + stanza();
  const GuardRules rules = rules_for(Traffic::kS2sObserved);
  expect_passes(rules, bytes);
  Guard guard(rules);
  pass(guard, {bytes});
  EXPECT_EQ(guard.stanzas(), 2U);
  expect_stops(rules_for(Traffic::kS2sObservedAnswers), stanza(), kUnsupported);
}

TEST(ObservedStanzas, AreOfThePairOrAdmitted) {
  const std::string other = "<iq from='u@c.example/r' to='b.example'/>";
  GuardRules rules = rules_for(Traffic::kS2sObserved);
  expect_stops(rules, other, kInvalidFrom);
  rules.admits = [](const DomainName& from, const DomainName& to) {
    return from.a_label() == "c.example" && to.a_label() == "b.example";
  };
  expect_passes(rules, other);
  expect_passes(rules, stanza() + other + stanza());
  expect_stops(rules, "<iq from='b.example' to='c.example'/>", kInvalidFrom);
  expect_stops(rules, "<iq from='c.example' to='a.example'/>", kInvalidFrom);
  // In another traffic nobody is asked.
  rules.traffic = Traffic::kS2sStanzas;
  expect_stops(rules, other, kInvalidFrom);
}

TEST(ObservedStanzas, CarryNoDialbackInside) {
  const GuardRules rules = rules_for(Traffic::kS2sObserved);
  expect_stops(rules, stanza("<db:result/>"), kAttempted);
  expect_stops(rules, stanza("<error xmlns='jabber:server:dialback'/>"), kAttempted);
  expect_stops(rules, stanza("<x d:a=''/>"), kAttempted);
  expect_passes(rules, stanza("<x>db:result</x>", " x='db:result'"));
}

}  // namespace
}  // namespace portcullis::xmpp
