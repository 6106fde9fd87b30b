// Unit tests of Standing: what a stream's right to go on rests on.

#include "proxy/relay/standing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/relay/snapshot_world.h"

namespace portcullis::relay {
namespace {

using policy::Decision;
using policy::Reason;
using policy::Refusal;
using policy::Verdict;

constexpr auto kNoEnd = std::chrono::sys_seconds::max();
constexpr auto kSoon = test::kNow + std::chrono::hours(1);

Decision decision(Verdict verdict, std::initializer_list<Reason> reasons = {}) {
  Decision made;
  made.verdict = verdict;
  for (const auto reason : reasons) {
    if (made.refusal)
      made.further.push_back(policy::refuse(reason));
    else
      made.refusal = policy::refuse(reason);
  }
  return made;
}

// The verdict of the stream and all its reasons, as words.
std::string told(const Standing& standing) {
  const auto outcome = standing.outcome();
  std::string text(policy::name(outcome.verdict));
  if (outcome.refusal) text += " " + std::string(policy::id(outcome.refusal->reason));
  for (const auto& one : outcome.further) text += " " + std::string(policy::id(one.reason));
  return text;
}

bool is_accepted(const Judgement& judgement) {
  return std::holds_alternative<session::PeerAccepted>(judgement);
}
bool is_observed(const Judgement& judgement) {
  return std::holds_alternative<session::PeerObserved>(judgement);
}

// ---- keep(): every verdict, at both places

class StandingAtPlace : public testing::TestWithParam<Place> {};

TEST_P(StandingAtPlace, AnAcceptedEndLeavesNothingToSay) {
  Standing standing;
  EXPECT_TRUE(is_accepted(standing.keep(GetParam(), decision(Verdict::kAccepted))));
  EXPECT_EQ(told(standing), "accepted");
}

TEST_P(StandingAtPlace, ARejectedEndIsToldWhy) {
  Standing standing;
  const auto judgement =
      standing.keep(GetParam(), decision(Verdict::kRejected, {Reason::kExpired, Reason::kWeakKey}));
  const auto* const refused = std::get_if<session::PeerRefused>(&judgement);
  ASSERT_NE(refused, nullptr);
  EXPECT_EQ(refused->refusal.reason, Reason::kExpired);
  // The line of the refusal is not made of this: such a stream goes nowhere.
  EXPECT_EQ(told(standing), "accepted");
}

TEST_P(StandingAtPlace, AnObservedEndKeepsEveryReasonInOrder) {
  Standing standing;
  EXPECT_TRUE(is_observed(standing.keep(
      GetParam(),
      decision(Verdict::kWouldReject, {Reason::kExpired, Reason::kWeakKey, Reason::kRevoked}))));
  EXPECT_EQ(told(standing), "would_reject expired weak_key revoked");
}

TEST_P(StandingAtPlace, AnExceptionIsToldAndTheEndIsAccepted) {
  Standing standing;
  EXPECT_TRUE(
      is_accepted(standing.keep(GetParam(), decision(Verdict::kExcepted, {Reason::kExpired}))));
  EXPECT_EQ(told(standing), "excepted expired");
}

TEST_P(StandingAtPlace, ADoubtOutweighsAnException) {
  Standing standing;
  standing.keep(GetParam(), decision(Verdict::kExcepted, {Reason::kExpired}));
  standing.doubt(GetParam(), policy::refuse(Reason::kDialbackAttempted));
  EXPECT_EQ(told(standing), "would_reject dialback_attempted");
}

TEST_P(StandingAtPlace, ADecisionAloneCertifiesNobody) {
  Standing standing;
  standing.keep(GetParam(), decision(Verdict::kAccepted));
  EXPECT_FALSE(standing.certified());
  EXPECT_EQ(standing.expires(), kNoEnd);
}

INSTANTIATE_TEST_SUITE_P(BothPlaces, StandingAtPlace, testing::Values(Place::kNear, Place::kFar));

TEST(Standing, BeginsWithNothingKnown) {
  const Standing standing;
  EXPECT_EQ(told(standing), "accepted");
  EXPECT_FALSE(standing.certified());
  EXPECT_FALSE(standing.authenticated());
  EXPECT_EQ(standing.expires(), kNoEnd);
}

TEST(Standing, TellsTheDoubtsOfTheNearEndFirst) {
  Standing standing;
  standing.doubt(Place::kFar, policy::refuse(Reason::kExpired));
  standing.doubt(Place::kNear, policy::refuse(Reason::kWeakKey));
  standing.doubt(Place::kFar, policy::refuse(Reason::kRevoked));
  EXPECT_EQ(told(standing), "would_reject weak_key expired revoked");
}

TEST(Standing, TellsTheSameEachTime) {
  Standing standing;
  standing.doubt(Place::kNear, policy::refuse(Reason::kWeakKey));
  standing.doubt(Place::kFar, policy::refuse(Reason::kExpired));
  EXPECT_EQ(told(standing), told(standing));
}

// ---- The certificate of a peer

TEST(Standing, AnAcceptedCertificateCertifiesUntilItsChainEnds) {
  Standing standing;
  EXPECT_TRUE(is_accepted(standing.keep_peer(Place::kNear, {decision(Verdict::kAccepted), kSoon})));
  EXPECT_TRUE(standing.certified());
  EXPECT_EQ(standing.expires(), kSoon);
  EXPECT_FALSE(standing.authenticated());
}

TEST(Standing, AnExceptedCertificateCertifiesToo) {
  Standing standing;
  standing.keep_peer(Place::kFar, {decision(Verdict::kExcepted, {Reason::kExpired}), kSoon});
  EXPECT_TRUE(standing.certified());
  EXPECT_EQ(standing.expires(), kSoon);
}

TEST(Standing, TellsTheLegWhetherThePeerIsIdentified) {
  for (const bool identified : {true, false}) {
    Standing standing;
    const auto judgement =
        standing.keep_peer(Place::kFar, {decision(Verdict::kAccepted), kSoon, identified});
    EXPECT_EQ(std::get<session::PeerAccepted>(judgement).identified, identified);
    EXPECT_EQ(standing.identified(), identified);
    standing.begin_attempt(true);
    EXPECT_FALSE(standing.identified());
  }
  Standing refused;
  refused.keep_peer(Place::kFar, {decision(Verdict::kRejected, {Reason::kExpired}), kSoon, false});
  EXPECT_FALSE(refused.identified());
}

TEST(Standing, SaysBesideAnExceptionWhatElseWouldHelp) {
  Standing standing;
  standing.keep_peer(Place::kFar, {decision(Verdict::kExcepted, {Reason::kExpired}), kSoon});
  const auto refusal = standing.beside_exception(
      policy::refuse(Reason::kExternalNotOffered, {{"detail", "it offers dialback"}}));
  const auto text = policy::at_home(refusal, {StreamKind::kS2sOutbound});
  EXPECT_NE(text.find("cannot make it accept ours"), std::string::npos) << text;
  EXPECT_NE(text.find("it offers dialback"), std::string::npos) << text;
}

TEST(Standing, ACertificateThatWasNotAcceptedCertifiesNobody) {
  for (const auto verdict : {Verdict::kRejected, Verdict::kWouldReject}) {
    Standing standing;
    standing.keep_peer(Place::kNear, {decision(verdict, {Reason::kExpired}), kSoon, 0});
    EXPECT_FALSE(standing.certified()) << policy::name(verdict);
    EXPECT_EQ(standing.expires(), kNoEnd) << policy::name(verdict);
  }
}

TEST(Standing, AClientsCertificateCountsUntilItEndsAndMakesItNoServer) {
  Standing standing;
  EXPECT_TRUE(
      is_accepted(standing.keep_client(Place::kNear, {decision(Verdict::kAccepted), kSoon})));
  EXPECT_EQ(standing.expires(), kSoon);
  EXPECT_FALSE(standing.certified());
}

TEST(Standing, AClientsCertificateThatWasNotAcceptedEndsNothing) {
  for (const auto verdict : {Verdict::kRejected, Verdict::kWouldReject}) {
    Standing standing;
    standing.keep_client(Place::kNear, {decision(verdict, {Reason::kExpired}), kSoon, 0});
    EXPECT_EQ(standing.expires(), kNoEnd) << policy::name(verdict);
  }
}

// ---- A new attempt to reach the far end

TEST(Standing, ANewAttemptForgetsTheDoubtsOfTheFarEndOnly) {
  Standing standing;
  standing.doubt(Place::kNear, policy::refuse(Reason::kWeakKey));
  standing.doubt(Place::kFar, policy::refuse(Reason::kExpired));
  standing.begin_attempt(true);
  EXPECT_EQ(told(standing), "would_reject weak_key");
}

TEST(Standing, ANewAttemptForgetsTheCertificateOfThePeerItCalls) {
  Standing standing;
  standing.keep_peer(Place::kFar, {decision(Verdict::kAccepted), kSoon});
  standing.begin_attempt(true);
  EXPECT_FALSE(standing.certified());
  EXPECT_EQ(standing.expires(), kNoEnd);
}

TEST(Standing, ANewAttemptForgetsTheExceptionOfThePeerItCalls) {
  Standing standing;
  standing.keep_peer(Place::kFar, {decision(Verdict::kExcepted, {Reason::kExpired}), kSoon});
  EXPECT_TRUE(standing.excepted());
  standing.begin_attempt(true);
  EXPECT_FALSE(standing.excepted());
  EXPECT_EQ(told(standing), "accepted");
}

TEST(Standing, ANewAttemptAtTheBackendKeepsTheCertificateOfThePeerThatCalled) {
  Standing standing;
  standing.keep_peer(Place::kNear, {decision(Verdict::kAccepted), kSoon});
  standing.begin_attempt(false);
  EXPECT_TRUE(standing.certified());
  EXPECT_EQ(standing.expires(), kSoon);
}

// ---- More pairs of domains on an observed stream

class StandingAdmit : public testing::Test {
 protected:
  StandingAdmit() {
    config_.hosts.push_back({domain("a.example"), {domain("rooms.a.example")}, {}, {}});
    config_.hosts.push_back({domain("b.example"), {}, {}, {}});
    config_.s2s.settings.mode = policy::Mode::kObserve;
    policy::S2sRule enforced;
    enforced.match = {"strict.example"};
    enforced.settings.mode = policy::Mode::kEnforce;
    config_.s2s.rules.push_back(enforced);
  }
  Standing::Admission admit(std::string_view local, std::string_view remote) {
    return standing_.admit(config_, own_, domain(local), domain(remote));
  }

  policy::Config config_;
  const StreamPair own_{domain("a.example"), domain("peer.example")};
  Standing standing_;
};

TEST_F(StandingAdmit, APairIsNewOnce) {
  EXPECT_EQ(admit("a.example", "rooms.peer.example"), Standing::Admission::kNew);
  EXPECT_EQ(admit("a.example", "rooms.peer.example"), Standing::Admission::kKnown);
  EXPECT_EQ(admit("rooms.a.example", "rooms.peer.example"), Standing::Admission::kNew);
  EXPECT_EQ(admit("rooms.a.example", "rooms.peer.example"), Standing::Admission::kKnown);
}

TEST_F(StandingAdmit, RefusesARemoteDomainThatIsNotObserved) {
  EXPECT_EQ(admit("a.example", "strict.example"), Standing::Admission::kRefused);
  config_.s2s.settings.mode = policy::Mode::kEnforce;
  EXPECT_EQ(admit("a.example", "rooms.peer.example"), Standing::Admission::kRefused);
}

TEST_F(StandingAdmit, RefusesAnotherBackendsDomain) {
  EXPECT_EQ(admit("b.example", "rooms.peer.example"), Standing::Admission::kRefused);
}

TEST_F(StandingAdmit, RefusesADomainThatNobodyServes) {
  EXPECT_EQ(admit("nobody.example", "rooms.peer.example"), Standing::Admission::kRefused);
}

TEST_F(StandingAdmit, RefusesAPeerThatClaimsADomainOfOurs) {
  for (const auto* const ours : {"a.example", "rooms.a.example", "b.example"})
    EXPECT_EQ(admit("a.example", ours), Standing::Admission::kRefused) << ours;
}

TEST_F(StandingAdmit, TakesAHundredPairsAndStillKnowsThem) {
  const auto remote = [](int i) { return "c" + std::to_string(i) + ".peer.example"; };
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(admit("a.example", remote(i)), Standing::Admission::kNew) << i;
  EXPECT_EQ(admit("a.example", remote(100)), Standing::Admission::kRefused);
  EXPECT_EQ(admit("a.example", remote(0)), Standing::Admission::kKnown);
  EXPECT_EQ(admit("a.example", remote(99)), Standing::Admission::kKnown);
}

TEST_F(StandingAdmit, ARefusedPairTakesNoPlace) {
  for (int i = 0; i < 200; ++i) admit("a.example", "strict.example");
  EXPECT_EQ(admit("a.example", "rooms.peer.example"), Standing::Admission::kNew);
}

TEST(Standing, IsAuthenticatedOnceItIsSaid) {
  Standing standing;
  standing.authenticate();
  EXPECT_TRUE(standing.authenticated());
  EXPECT_FALSE(standing.certified());
}

}  // namespace
}  // namespace portcullis::relay
