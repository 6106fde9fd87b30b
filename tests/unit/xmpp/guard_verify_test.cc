#include <gtest/gtest.h>

#include "tests/unit/xmpp/guard_dialback.h"

// Verification of dialback keys on a relayed stream that is authenticated.
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
