#include <gmock/gmock.h>

#include "guard_support.h"

// Server dialback on relayed streams: on observed ones, and verification on authenticated ones.
namespace portcullis::xmpp {
namespace {

using test::pass;
using test::pass_every_way;
using test::Passed;
using test::rules_of;
using test::stanza;
using Traffic = GuardRules::Traffic;

constexpr const char* kAttempted = "fault dialback_attempted";
constexpr const char* kUnsupported = "fault xml_invalid unsupported-stanza-type";
constexpr const char* kInvalidFrom = "fault address_spoofed invalid-from";
constexpr const char* kImproper = "fault address_spoofed improper-addressing";
constexpr const char* kPair = "from='a.example' to='b.example'";

DialbackQuestion question(bool verify, const std::string& id = "",
                          const std::string& from = "b.example",
                          const std::string& to = "a.example") {
  return {verify, *DomainName::parse(from), *DomainName::parse(to), id};
}

// The pair is a.example -> b.example in every direction that is tested here. So the questions that
// answers of this direction can answer came from b.example.
GuardRules rules_for(Traffic traffic, bool dialback_verify = false) {
  GuardRules rules = rules_of(traffic);
  rules.declared = {{"db", "jabber:server:dialback"}, {"d", "jabber:server:dialback"}};
  rules.dialback_verify = dialback_verify;
  rules.questions = std::make_shared<DialbackQuestions>();
  for (auto asked : {question(false), question(true), question(true, "1")})
    rules.questions->ask(std::move(asked));
  return rules;
}

// The prefix that is usual, from the header or from the element itself; another one; none.
std::vector<std::string> every_style(const std::string& name, const std::string& attributes,
                                     const std::string& inside = "key") {
  const auto element = [&](const std::string& prefix, const std::string& declaration) {
    return "<" + prefix + name + declaration + " " + attributes + ">" + inside + "</" + prefix +
           name + ">";
  };
  const std::string uri = "='jabber:server:dialback'";
  return {element("db:", ""), element("d:", ""), element("db:", " xmlns:db" + uri),
          element("x:", " xmlns:x" + uri), element("", " xmlns" + uri)};
}

void expect_passes(const GuardRules& rules, const std::string& bytes) {
  EXPECT_EQ(pass_every_way(rules, bytes), (Passed{bytes, ""})) << bytes;
}

void expect_stops(const GuardRules& rules, const std::string& bytes, const char* stop) {
  EXPECT_EQ(pass_every_way(rules, bytes), (Passed{"", stop})) << bytes;
}

// ---- observed streams ---------------------------------------------------------------------------

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

// ---- answers and their questions ---------------------------------------------------------------

constexpr const char* kUnasked = "fault unasked_answer";

// The rules of both directions of one stream: requests from a.example to b.example.
struct BothWays {
  GuardRules requests = rules_for(Traffic::kS2sObserved);
  GuardRules answers = rules_for(Traffic::kS2sObservedAnswers);
  std::shared_ptr<DialbackQuestions> questions = std::make_shared<DialbackQuestions>();

  BothWays() {
    requests.questions = answers.questions = questions;
    std::swap(answers.from, answers.to);
    requests.admits = [](const DomainName& from, const DomainName& to) {
      return from.a_label() == "a.example" && to.a_label() == "c.example";
    };
  }
  std::string ask(const std::string& bytes) const {
    Guard guard(requests);
    return pass(guard, {bytes}).stop;
  }
  // Octet by octet, so that the start tag is judged twice.
  std::string answer(const std::string& bytes) const {
    Guard guard(answers);
    std::vector<std::string_view> octets;
    for (std::size_t i = 0; i < bytes.size(); ++i)
      octets.push_back(std::string_view(bytes).substr(i, 1));
    const auto passed = pass(guard, octets);
    EXPECT_EQ(passed.stop.empty(), !passed.bytes.empty());
    return passed.stop;
  }
};

std::string result(const std::string& addresses, const std::string& type = "") {
  return "<db:result " + addresses + type + ">k</db:result>";
}
std::string verify(const std::string& addresses, const std::string& id,
                   const std::string& type = "") {
  return "<db:verify id='" + id + "' " + addresses + type + ">k</db:verify>";
}
constexpr const char* kBack = "from='b.example' to='a.example'";
constexpr const char* kValid = " type='valid'";

TEST(Questions, AnAnswerPassesOnceForEachQuestion) {
  const BothWays stream;
  EXPECT_EQ(stream.ask(verify(kPair, "one")), "");
  EXPECT_EQ(stream.answer(verify(kBack, "one", kValid)), "");
  EXPECT_EQ(stream.answer(verify(kBack, "one", kValid)), kUnasked);
  EXPECT_EQ(stream.ask(result(kPair) + result(kPair)), "");
  EXPECT_EQ(stream.answer(result(kBack, kValid) + result(kBack, kValid)), "");
  EXPECT_EQ(stream.answer(result(kBack, kValid)), kUnasked);
}

TEST(Questions, AnAnswerToAnotherQuestionDoesNotPass) {
  const BothWays stream;
  EXPECT_EQ(stream.answer(verify(kBack, "one", kValid)), kUnasked);
  EXPECT_EQ(stream.answer(result(kBack, kValid)), kUnasked);
  EXPECT_EQ(stream.ask(verify(kPair, "one")), "");
  for (const char* id : {"two", "One", "one ", ""})
    EXPECT_EQ(stream.answer(verify(kBack, id, kValid)), kUnasked) << id;
  EXPECT_EQ(stream.answer(result(kBack, kValid)), kUnasked);
  EXPECT_EQ(stream.answer(verify("from='c.example' to='a.example'", "one", kValid)), kInvalidFrom);
  EXPECT_EQ(stream.answer(verify("from='b.example' to='c.example'", "one", kValid)), kImproper);
  EXPECT_EQ(stream.answer(verify(kBack, "one", " type='invalid'")), "") << "it is still open";
}

TEST(Questions, AnotherPairIsAdmittedByItsQuestionAlone) {
  BothWays stream;
  int asked = 0;
  stream.answers.admits = [&](const DomainName&, const DomainName&) {
    ++asked;
    return true;
  };
  const std::string back = "from='c.example' to='a.example'";
  EXPECT_EQ(stream.answer(result(back, kValid)), kInvalidFrom);
  EXPECT_EQ(stream.ask(result("from='a.example' to='d.example'")), kImproper);
  EXPECT_EQ(stream.ask(result("from='a.example' to='C.example'")), "");
  EXPECT_EQ(stream.answer(result(back, kValid)), "");
  EXPECT_EQ(asked, 0);
}

TEST(Questions, AQuestionThatDidNotPassIsNotOpen) {
  const BothWays stream;
  EXPECT_EQ(stream.ask("<db:verify id='one' from='a.example' to='b.example'>&x;</db:verify>"),
            "fault xml_restricted");
  EXPECT_EQ(stream.ask("<db:verify id='one' from='a.example' to='b.example'>"), "") << "not whole";
  EXPECT_EQ(stream.answer(verify(kBack, "one", kValid)), kUnasked);
}

TEST(Questions, AreBounded) {
  const BothWays stream;
  for (std::size_t i = 0; i < DialbackQuestions::kMost; ++i)
    EXPECT_EQ(stream.ask(verify(kPair, std::to_string(i))), "");
  EXPECT_EQ(stream.ask(verify(kPair, "more")), kAttempted);
  EXPECT_EQ(stream.answer(verify(kBack, "7", kValid)), "");
  EXPECT_EQ(stream.ask(verify(kPair, "more")), "");
  const BothWays other;
  EXPECT_EQ(other.ask(verify(kPair, std::string(1024, 'i'))), "");
  EXPECT_EQ(other.ask(verify(kPair, std::string(1025, 'i'))), kAttempted);
}

TEST(Questions, WithoutABookNoDialbackPasses) {
  for (const auto traffic : {Traffic::kS2sObserved, Traffic::kS2sObservedAnswers}) {
    GuardRules rules = rules_for(traffic);
    rules.questions.reset();
    expect_stops(rules, result(kPair, traffic == Traffic::kS2sObserved ? "" : kValid), kAttempted);
  }
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

// ---- verification on an authenticated stream ----------------------------------------------------

TEST(DialbackVerify, RequestsGoWithTheStanzas) {
  const GuardRules rules = rules_for(Traffic::kS2sStanzas, true);
  for (const auto& bytes : every_style("verify", std::string(kPair) + " id='1'")) {
    expect_passes(rules, stanza() + bytes + stanza());
    expect_stops(rules_for(Traffic::kS2sStanzas), bytes, kAttempted);
    expect_stops(rules_for(Traffic::kClientToHost, true), bytes, kAttempted);
    expect_stops(rules_for(Traffic::kS2sSilent, true), bytes, kAttempted);
  }
}

TEST(DialbackVerify, AnswersComeBack) {
  const GuardRules rules = rules_for(Traffic::kS2sSilent, true);
  for (const char* type : {"valid", "invalid", "error"})
    for (const auto& bytes :
         every_style("verify", std::string(kPair) + " id='1' type='" + type + "'")) {
      expect_passes(rules, bytes);
      expect_stops(rules_for(Traffic::kS2sSilent), bytes, kAttempted);
      expect_stops(rules_for(Traffic::kHostToClient, true), bytes, kAttempted);
      expect_stops(rules_for(Traffic::kS2sStanzas, true), bytes, kAttempted);
    }
}

TEST(DialbackVerify, AreOfThePairAlone) {
  for (const auto traffic : {Traffic::kS2sStanzas, Traffic::kS2sSilent}) {
    GuardRules rules = rules_for(traffic, true);
    rules.admits = [](const DomainName&, const DomainName&) { return true; };
    const std::string type = traffic == Traffic::kS2sSilent ? " type='valid'" : "";
    for (const auto& bytes : every_style("verify", "from='b.example' to='a.example'" + type))
      expect_stops(rules, bytes, kInvalidFrom);
    for (const auto& bytes : every_style("verify", "from='a.example' to='c.example'" + type))
      expect_stops(rules, bytes, kImproper);
    for (const auto& bytes : every_style("verify", "to='b.example'" + type))
      expect_stops(rules, bytes, kImproper);
    rules.from.reset();
    expect_stops(rules, every_style("verify", kPair + type)[0], kInvalidFrom);
  }
}

TEST(DialbackVerify, NothingElseOfDialbackPasses) {
  for (const auto traffic : {Traffic::kS2sStanzas, Traffic::kS2sSilent})
    for (const char* name : {"result", "error", "verif"})
      for (const char* type : {"", " type='valid'"})
        for (const auto& bytes : every_style(name, std::string(kPair) + type))
          expect_stops(rules_for(traffic, true), bytes, kAttempted);
}

TEST(DialbackVerify, NoStanzaComesBack) {
  expect_stops(rules_for(Traffic::kS2sSilent, true), stanza(), kUnsupported);
}

TEST(DialbackVerify, IsNoStanza) {
  Guard guard(rules_for(Traffic::kS2sStanzas, true));
  EXPECT_EQ(pass(guard, {every_style("verify", kPair)[0]}).stop, "");
  EXPECT_EQ(guard.stanzas(), 0U);
}

}  // namespace
}  // namespace portcullis::xmpp
