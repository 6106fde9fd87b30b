#include "proxy/session/backend_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "policy/reasons/reason_table.h"

namespace portcullis::session {
namespace {

using policy::Reason;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::array kLegs{BackendLeg::kUnproved, BackendLeg::kJudging, BackendLeg::kAnonymous,
                           BackendLeg::kOpening, BackendLeg::kStands};

xmpp::StreamErrorInfo words(std::string_view condition, std::string_view text = "on our list") {
  return {std::string(condition), std::string(text)};
}

FarFailed said(BackendLeg leg, const xmpp::StreamErrorInfo& what,
               StreamKind kind = StreamKind::kS2sInbound,
               const std::vector<Endpoint>* redirects = nullptr) {
  return said_by_backend(leg, kind, what, redirects);
}

TEST(BackendWords, AllOfThemCrossOnceTheLegStands) {
  for (const auto condition : policy::kStreamErrors) {
    if (condition == "see-other-host") continue;
    SCOPED_TRACE(condition);
    const auto far = said(BackendLeg::kStands, words(condition, "see our certificate policy"));
    EXPECT_EQ(far.condition, condition);
    EXPECT_EQ(far.told->text, "see our certificate policy");
    EXPECT_THAT(far.refusal.text, HasSubstr(std::string(condition) + " (see our"));
    EXPECT_NE(far.refusal.reason, Reason::kBackendMisconfigured);
    EXPECT_NE(far.refusal.reason, Reason::kBackendUnavailable);
  }
}

TEST(BackendWords, ABlockListIsNoFaultOfOurLegWhereverItIsAskedFor) {
  for (const auto leg : kLegs) {
    SCOPED_TRACE(static_cast<int>(leg));
    const auto far = said(leg, words("policy-violation"));
    EXPECT_EQ(far.refusal.reason, Reason::kRefusedByBackend);
    EXPECT_EQ(far.condition, "policy-violation");
    EXPECT_EQ(far.told->reason, Reason::kRefusedByBackend);
    // Before it has shown its key, the words may be anybody's.
    EXPECT_EQ(far.told->text == "on our list", leg != BackendLeg::kUnproved) << far.told->text;
  }
}

TEST(BackendWords, WhatItSaysAboutOurLegNeverCrosses) {
  const std::pair<BackendLeg, xmpp::StreamErrorInfo> cases[] = {
      {BackendLeg::kUnproved, words("not-authorized")},
      {BackendLeg::kUnproved, words("host-unknown")},
      {BackendLeg::kUnproved, words("invalid-namespace")},
      {BackendLeg::kJudging, words("not-authorized")},
      {BackendLeg::kJudging, words("invalid-from")},
      {BackendLeg::kJudging, words("host-unknown")},
      {BackendLeg::kJudging, words("policy-violation", "Your server's certificate is not trusted")},
      {BackendLeg::kJudging, words("undefined-condition", "No SASL mechanism is left")},
      {BackendLeg::kJudging, words("unsupported-feature")},
      {BackendLeg::kAnonymous, words("not-authorized", "Your certificate is not trusted")},
      {BackendLeg::kAnonymous, words("policy-violation", "Use of STARTTLS required")},
      {BackendLeg::kAnonymous, words("policy-violation", "Unencrypted streams are not allowed")},
      {BackendLeg::kOpening, words("not-well-formed")},
      {BackendLeg::kOpening, words("host-unknown")},
      {BackendLeg::kOpening, words("policy-violation", "Encryption (TLS) required")},
      {BackendLeg::kOpening, words("bad-format", "PROXY protocol header expected")},
      {BackendLeg::kOpening, words("internal-server-error", "TLS failed")},
  };
  for (const auto& [leg, what] : cases) {
    SCOPED_TRACE(what.condition + ": " + what.text);
    for (const auto kind : {StreamKind::kS2sInbound, StreamKind::kC2s}) {
      const auto far = said(leg, what, kind);
      EXPECT_EQ(far.refusal.reason, Reason::kBackendMisconfigured);
      EXPECT_THAT(far.refusal.text, HasSubstr(what.text));
      EXPECT_EQ(far.condition, "");
      EXPECT_EQ(far.told->text, policy::refuse(Reason::kBackendMisconfigured).text);
      EXPECT_EQ(far.detail, nullptr);
    }
  }
}

TEST(BackendWords, OnlyWholeWordsSpeakOfTheLeg) {
  for (const auto* text : {"", "listless", "settled by lot", "an outlsider", "grassland"}) {
    const auto meaning = meaning_of(BackendLeg::kJudging, words("policy-violation", text));
    EXPECT_EQ(meaning.reason, Reason::kRefusedByBackend) << text;
  }
}

TEST(BackendWords, ItsOwnTroubleBlamesNobodyOutside) {
  for (const auto* condition : {"system-shutdown", "resource-constraint", "host-gone", "reset",
                                "internal-server-error", "remote-connection-failed"})
    for (const auto leg : kLegs) {
      const auto far = said(leg, words(condition));
      EXPECT_EQ(far.refusal.reason, Reason::kBackendStopping) << condition;
      EXPECT_EQ(far.condition, condition);
      for (const auto kind : kStreamKinds)
        EXPECT_EQ(policy::fault_of(far.refusal.reason, kind), policy::Fault::kLocal);
    }
}

TEST(BackendWords, AClientIsTheOneWhoIsNotAuthorized) {
  const auto far = said(BackendLeg::kOpening, words("not-authorized"), StreamKind::kC2s);
  EXPECT_EQ(far.refusal.reason, Reason::kRefusedByBackend);
  EXPECT_EQ(far.condition, "not-authorized");
}

// On a leg where we prove nothing, it is the peer whose proof is missing.
TEST(BackendWords, APeerThatIsOnlyObservedIsToldThatItHasNotProvedItself) {
  for (const auto* condition : {"not-authorized", "invalid-from", "invalid-xml"}) {
    const auto far = said(BackendLeg::kAnonymous, words(condition, "No key was shown"));
    EXPECT_EQ(far.refusal.reason, Reason::kRefusedByBackend);
    EXPECT_EQ(far.condition, condition);
    EXPECT_EQ(far.told->text, "No key was shown");
  }
}

TEST(BackendWords, AdviceIsForThePortThatItIsAbout) {
  const auto advice = [](StreamKind kind, BackendLeg leg, std::string_view condition,
                         std::string_view text = "") {
    return said(leg, words(condition, text), kind).refusal.text;
  };
  EXPECT_THAT(advice(StreamKind::kS2sInbound, BackendLeg::kJudging, "not-authorized"),
              HasSubstr("s2s_cafile"));
  for (const auto condition : policy::kStreamErrors)
    for (const auto leg : {BackendLeg::kUnproved, BackendLeg::kOpening, BackendLeg::kStands})
      EXPECT_THAT(advice(StreamKind::kC2s, leg, condition), Not(HasSubstr("s2s_cafile")));
  EXPECT_THAT(advice(StreamKind::kC2s, BackendLeg::kOpening, "not-well-formed"),
              HasSubstr("c2s_proxy_protocol"));
  EXPECT_THAT(advice(StreamKind::kS2sInbound, BackendLeg::kOpening, "not-well-formed"),
              HasSubstr("s2s_proxy_protocol"));
  EXPECT_THAT(advice(StreamKind::kC2s, BackendLeg::kOpening, "policy-violation", "TLS required"),
              HasSubstr("c2s_tls"));
}

TEST(BackendWords, WithoutATextTheReasonsSentenceIsTold) {
  const auto far = said(BackendLeg::kStands, words("conflict", ""));
  EXPECT_EQ(far.told->text, policy::refuse(Reason::kRefusedByBackend).text);
}

// ---- <see-other-host/>

FarFailed sent_to(std::string_view place, const std::vector<Endpoint>* redirects,
                  BackendLeg leg = BackendLeg::kStands, StreamKind kind = StreamKind::kC2s) {
  auto what = words("see-other-host", "");
  what.detail.other_host = place;
  return said(leg, what, kind, redirects);
}

TEST(BackendWords, LeadNobodyToAPlaceThatIsNotNamed) {
  const std::vector<Endpoint> named{{"xmpp2.legacy.example", 5222}};
  const std::vector<Endpoint>* const lists[] = {nullptr, &named};
  for (const auto* const list : lists)
    for (const auto* place :
         {"10.0.0.1", "10.0.0.1:5222", "[fd00::1]:5222", "", "a b", "xmpp2.legacy.example:5223",
          "xmpp2.legacy.example.evil.example", "xmpp2.legacy.example:5222:5222"}) {
      const auto far = sent_to(place, list);
      EXPECT_EQ(far.condition, "resource-constraint") << place;
      EXPECT_EQ(far.detail, nullptr) << place;
      EXPECT_THAT(far.told->text, Not(HasSubstr("10.0.0.1")));
      EXPECT_THAT(far.refusal.text, HasSubstr("redirects of"));
      EXPECT_THAT(far.refusal.text, HasSubstr(place));
    }
}

TEST(BackendWords, LeadToAPlaceThatIsNamedAsTheOperatorWroteIt) {
  const std::vector<Endpoint> named{{"xmpp2.legacy.example", 5222}, {"2001:db8::7", 5322}};
  for (const auto* place : {"xmpp2.legacy.example", "XMPP2.legacy.example:5222"}) {
    const auto far = sent_to(place, &named);
    EXPECT_EQ(far.condition, "see-other-host") << place;
    ASSERT_NE(far.detail, nullptr) << place;
    EXPECT_EQ(far.detail->other_host, "xmpp2.legacy.example:5222");
    EXPECT_EQ(far.refusal.reason, Reason::kRefusedByBackend);
  }
  EXPECT_EQ(sent_to("[2001:db8::7]:5322", &named).detail->other_host, "[2001:db8::7]:5322");
  // A server's port is another one.
  EXPECT_EQ(sent_to("xmpp2.legacy.example", &named, BackendLeg::kStands, StreamKind::kS2sInbound)
                .condition,
            "resource-constraint");
  // Whoever has not shown the key leads nowhere.
  EXPECT_EQ(sent_to("xmpp2.legacy.example", &named, BackendLeg::kUnproved).condition,
            "resource-constraint");
}

// ---- Conditions of applications

TEST(BackendWords, AnApplicationsConditionCrossesWithTheWords) {
  auto what = words("policy-violation");
  what.detail.application_ns = "urn:xmpp:errors";
  what.detail.application_name = "stanza-too-big";
  EXPECT_EQ(said(BackendLeg::kStands, what).detail->application_name, "stanza-too-big");
  EXPECT_EQ(said(BackendLeg::kUnproved, what).detail, nullptr);
}

}  // namespace
}  // namespace portcullis::session
