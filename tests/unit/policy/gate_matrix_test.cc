// Mode, class of the reason, exception and rule: every combination.

#include <gtest/gtest.h>

#include "policy/decide/gate.h"

namespace portcullis::policy {
namespace {

using namespace std::chrono;

constexpr TlsVersion kTls12 = TlsVersion::kTls12;
constexpr TlsVersion kTls13 = TlsVersion::kTls13;
const sys_seconds kNow = sys_days(2026y / November / 21);

DomainName remote() {
  return DomainName::parse("b.example").value();
}

struct Case {
  Mode mode;
  std::optional<Mode> rule;  // of a rule for the domain
  bool excepted;             // an exception names the reason
  bool over;                 // its last day is over
};

Config config_of(const Case& c, Reason reason) {
  Config config;
  config.mode = c.mode;
  config.s2s.settings.mode = c.mode;
  if (c.rule) {
    S2sRule rule{{"b.example"}, {}, config.s2s.settings, "s2s.rule[0]"};
    rule.settings.mode = *c.rule;
    config.s2s.rules.push_back(std::move(rule));
  }
  if (c.excepted)
    config.s2s.exceptions.push_back({remote(),
                                     {reason},
                                     {},
                                     floor<days>(kNow) - days(c.over ? 1 : 0),
                                     "w",
                                     "s2s.exception[0]"});
  return config;
}

Verdict expected(const Case& c, Reason reason) {
  if (info(reason).always_enforced) return Verdict::kRejected;
  return c.rule.value_or(c.mode) == Mode::kObserve ? Verdict::kWouldReject : Verdict::kRejected;
}

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const auto mode : {Mode::kObserve, Mode::kEnforce})
    for (const auto rule :
         {std::optional<Mode>(), std::optional(Mode::kObserve), std::optional(Mode::kEnforce)})
      for (const int exception : {0, 1, 2})
        all.push_back({mode, rule, exception > 0, exception == 2});
  return all;
}

TEST(Verdict, OfAFaultIsThatOfTheMatrix) {
  for (const auto& c : cases()) {
    for (std::size_t i = 0; i < kReasonCount; ++i) {
      const auto reason = reason_at(i);
      const auto decision = judge_faults(config_of(c, reason), remote(), {refuse(reason)}, kNow);
      EXPECT_EQ(name(decision.verdict), name(expected(c, reason))) << id(reason);
      ASSERT_TRUE(decision.refusal);
      EXPECT_EQ(decision.refusal->reason, reason);
      EXPECT_TRUE(decision.further.empty());
    }
  }
}

TEST(Verdict, OfACertificateIsThatOfTheMatrix) {
  for (const auto& c : cases()) {
    for (std::size_t i = 0; i < kReasonCount; ++i) {
      const auto reason = reason_at(i);
      const auto decision =
          certificate_gate(config_of(c, reason), {remote(), kTls13, refuse(reason), {}}, kNow);
      EXPECT_EQ(name(decision.verdict), name(expected(c, reason))) << id(reason);
      ASSERT_TRUE(decision.refusal);
      EXPECT_EQ(decision.refusal->reason, reason);
    }
  }
}

// The verification leaves out what the exception names, so that everything else was looked at.
TEST(Verdict, OfWhatTheVerificationWaivedIsExcepted) {
  for (const auto& c : cases()) {
    for (std::size_t i = 0; i < kReasonCount; ++i) {
      const auto reason = reason_at(i);
      const auto decision =
          certificate_gate(config_of(c, reason), {remote(), kTls13, {}, {refuse(reason)}}, kNow);
      EXPECT_EQ(name(decision.verdict), "excepted") << id(reason);
      ASSERT_TRUE(decision.refusal);
      EXPECT_EQ(decision.refusal->reason, reason);
    }
  }
}

TEST(Verdict, OfSeveralFaultsIsTheStrictest) {
  const auto observed = config_of({Mode::kObserve, {}, false, false}, Reason::kExpired);
  const auto both = [&](Reason first, Reason second) {
    return judge_faults(observed, remote(), {refuse(first), refuse(second)}, kNow);
  };
  EXPECT_EQ(both(Reason::kExpired, Reason::kCertMissing).verdict, Verdict::kWouldReject);
  const auto hard = both(Reason::kExpired, Reason::kXmlInvalid);
  EXPECT_EQ(hard.verdict, Verdict::kRejected);
  EXPECT_EQ(hard.refusal->reason, Reason::kExpired);
  EXPECT_EQ(both(Reason::kXmlInvalid, Reason::kExpired).verdict, Verdict::kRejected);
  EXPECT_EQ(judge_faults(observed, remote(), {}, kNow).verdict, Verdict::kAccepted);
}

TEST(Verdict, OfAGoodPeerIsAcceptedInEveryCombination) {
  for (const auto& c : cases()) {
    const auto decision =
        certificate_gate(config_of(c, Reason::kExpired), {remote(), kTls13, {}, {}}, kNow);
    EXPECT_EQ(decision.verdict, Verdict::kAccepted);
    EXPECT_FALSE(decision.refusal);
    EXPECT_TRUE(decision.further.empty());
  }
}

TEST(Observes, FollowsTheRuleBeforeTheMode) {
  for (const auto& c : cases())
    EXPECT_EQ(observes(config_of(c, Reason::kExpired), remote()),
              c.rule.value_or(c.mode) == Mode::kObserve);
}

TEST(Exception, DoesNotHideWhatItDoesNotName) {
  const auto config = config_of({Mode::kEnforce, {}, true, false}, Reason::kExpired);
  const auto decision = certificate_gate(
      config, {remote(), kTls12, refuse(Reason::kRevoked), {refuse(Reason::kExpired)}}, kNow);
  EXPECT_EQ(decision.verdict, Verdict::kRejected);
  EXPECT_EQ(decision.refusal->reason, Reason::kRevoked);
}

// What the verification found in spite of the exception may have ended it before it knew who the
// peer is: a key below the floor, a pin that is not the agreed one.
TEST(Exception, WaivesNothingThatTheVerificationLeftStanding) {
  for (const auto reason : {Reason::kSelfSigned, Reason::kWeakKey, Reason::kWeakSignature}) {
    const auto config = config_of({Mode::kEnforce, {}, true, false}, reason);
    const auto refused = certificate_gate(config, {remote(), kTls13, refuse(reason), {}}, kNow);
    EXPECT_EQ(refused.verdict, Verdict::kRejected);
  }
  const auto config = config_of({Mode::kEnforce, {}, true, false}, Reason::kSelfSigned);
  const auto waived =
      certificate_gate(config, {remote(), kTls13, {}, {refuse(Reason::kSelfSigned)}}, kNow);
  EXPECT_EQ(waived.verdict, Verdict::kExcepted);
  EXPECT_EQ(waived.refusal->reason, Reason::kSelfSigned);
}

TEST(Exception, OfATlsFloorWaivesTheRulesFloor) {
  auto config = config_of({Mode::kEnforce, Mode::kEnforce, true, false}, Reason::kTlsVersionTooLow);
  config.s2s.rules[0].settings.min_tls = TlsVersion::kTls13;
  const auto decision = certificate_gate(config, {remote(), kTls12, {}, {}}, kNow);
  EXPECT_EQ(decision.verdict, Verdict::kExcepted);
  EXPECT_EQ(decision.refusal->reason, Reason::kTlsVersionTooLow);
  config.s2s.exceptions.clear();
  EXPECT_EQ(certificate_gate(config, {remote(), kTls12, {}, {}}, kNow).verdict, Verdict::kRejected);
}

TEST(Exception, WaivesNothingBelowTls12) {
  const auto config = config_of({Mode::kEnforce, {}, true, false}, Reason::kTlsVersionTooLow);
  for (const auto version : {TlsVersion::kUnknown, TlsVersion::kTls10, TlsVersion::kTls11})
    EXPECT_EQ(certificate_gate(config, {remote(), version, {}, {}}, kNow).verdict,
              Verdict::kRejected);
}

TEST(Rule, TightensTheFloorForItsDomainsOnly) {
  auto config = config_of({Mode::kEnforce, Mode::kEnforce, false, false}, Reason::kExpired);
  config.s2s.rules[0].settings.min_tls = TlsVersion::kTls13;
  EXPECT_EQ(certificate_gate(config, {remote(), kTls12, {}, {}}, kNow).verdict, Verdict::kRejected);
  const auto other = DomainName::parse("c.example").value();
  EXPECT_EQ(certificate_gate(config, {other, kTls12, {}, {}}, kNow).verdict, Verdict::kAccepted);
}

TEST(Rule, DoesNotOpenWhatFederationDenies) {
  auto config = config_of({Mode::kEnforce, Mode::kEnforce, false, false}, Reason::kExpired);
  config.federation.deny = {"b.example"};
  EXPECT_EQ(certificate_gate(config, {remote(), kTls13, {}, {}}, kNow).refusal->reason,
            Reason::kFederationDenied);
}

TEST(Further, HoldsEveryOtherFailureInTheOrderOfTheChecks) {
  auto config = config_of({Mode::kObserve, {}, false, false}, Reason::kExpired);
  config.federation.deny = {"b.example"};
  config.s2s.settings.min_tls = TlsVersion::kTls13;
  const auto decision =
      certificate_gate(config, {remote(), kTls12, refuse(Reason::kExpired), {}}, kNow);
  EXPECT_EQ(decision.verdict, Verdict::kWouldReject);
  EXPECT_EQ(decision.refusal->reason, Reason::kFederationDenied);
  ASSERT_EQ(decision.further.size(), 2U);
  EXPECT_EQ(decision.further[0].reason, Reason::kTlsVersionTooLow);
  EXPECT_EQ(decision.further[1].reason, Reason::kExpired);
}

}  // namespace
}  // namespace portcullis::policy
