// Unit tests of Standing::review(): whether an established stream goes on under newer rules.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/relay/standing_review.h"

namespace portcullis::relay {
namespace {

using policy::Reason;
using policy::Verdict;

TEST_F(StandingReview, AGoodPeerGoesOnUntilItsChainEnds) {
  const auto review = accepted().review(*snapshot(kRoots), pair_, certified_by(good_), kNow);
  EXPECT_EQ(lost(review), "goes on");
  EXPECT_EQ(review.known.expires, good_.until);
}

TEST_F(StandingReview, EndsWhereTheHostIsGone) {
  const StreamPair gone{domain("gone.example"), domain("peer.example")};
  const auto review = accepted().review(*snapshot(kRoots), gone, certified_by(good_), kNow);
  EXPECT_EQ(lost(review), "host_unknown");
  EXPECT_EQ(review.known.expires, kSoon);
}

TEST_F(StandingReview, EndsAClientsStreamWhereTheHostIsGone) {
  const auto review =
      Standing().review(*snapshot(kRoots), {domain("gone.example"), std::nullopt}, {}, kNow);
  EXPECT_EQ(lost(review), "host_unknown");
}

TEST_F(StandingReview, EndsWhereFederationIsDenied) {
  const auto newer = snapshot(kRoots + "[federation]\ndeny = [\"peer.example\"]\n");
  EXPECT_EQ(lost(accepted().review(*newer, pair_, certified_by(good_), kNow)), "federation_denied");
  // Also a stream that rests on no certificate.
  EXPECT_EQ(lost(Standing().review(*newer, pair_, {}, kNow)), "federation_denied");
}

TEST_F(StandingReview, GoesOnWhereFederationIsDeniedToSomebodyElse) {
  const auto newer = snapshot(kRoots + "[federation]\ndeny = [\"*.peer.example\"]\n");
  EXPECT_EQ(lost(accepted().review(*newer, pair_, certified_by(good_), kNow)), "goes on");
}

TEST_F(StandingReview, EndsWhereTheHostIsLocalOnlyNow) {
  const auto newer = snapshot(kRoots + "[federation]\nlocal_only = [\"legacy.example\"]\n");
  EXPECT_EQ(lost(accepted().review(*newer, pair_, certified_by(good_), kNow)), "federation_denied");
}

TEST_F(StandingReview, EndsWhereTheRootsNoLongerVouchForThePeer) {
  const auto other = test::issue_self_signed(test::authority_spec("Other CA"));
  world_.write("other.pem", test::pem(other.certificate.get()));
  const auto newer = snapshot("[s2s]\nroots = \"other.pem\"\n");
  const auto review = accepted().review(*newer, pair_, certified_by(good_), kNow);
  EXPECT_THAT(lost(review), testing::AnyOf("untrusted_issuer", "self_signed"));
}

TEST_F(StandingReview, EndsWhereTheCertificateIsOverByNow) {
  const auto review = accepted().review(*snapshot(kRoots), pair_, certified_by(good_),
                                        good_.until + std::chrono::seconds(1));
  EXPECT_EQ(lost(review), "expired");
}

TEST_F(StandingReview, EndsWhereTheFloorOfTlsHasRisen) {
  const auto newer = snapshot("[s2s]\nroots = \"roots.pem\"\nmin_tls = \"1.3\"\n");
  auto evidence = certified_by(good_);
  EXPECT_EQ(lost(accepted().review(*newer, pair_, evidence, kNow)), "goes on");
  evidence.peer.tls_version = TlsVersion::kTls12;
  EXPECT_EQ(lost(accepted().review(*newer, pair_, evidence, kNow)), "tls_version_too_low");
}

TEST_F(StandingReview, WhatIsStillObservedGoesOn) {
  const auto newer = snapshot("[policy]\nmode = \"observe\"\n" + kRoots);
  const auto review = observed(Reason::kCertMissing).review(*newer, pair_, {}, kNow);
  EXPECT_EQ(lost(review), "goes on");
  EXPECT_EQ(review.known.expires, kNoEnd);
}

TEST_F(StandingReview, WhatWasOnlyObservedEndsOnceItIsEnforced) {
  const auto standing = observed(Reason::kCertMissing);
  EXPECT_EQ(lost(standing.review(*snapshot(kRoots), pair_, {}, kNow)), "cert_missing");
}

TEST_F(StandingReview, WhatWasOnlyObservedEndsOnceARuleEnforcesIt) {
  const std::string observe = "[policy]\nmode = \"observe\"\n" + kRoots;
  const auto rule = [](const std::string& match) {
    return "[[s2s.rule]]\nmatch = [\"" + match + "\"]\nmode = \"enforce\"\n";
  };
  const auto standing = observed(Reason::kDialbackAttempted);
  EXPECT_EQ(lost(standing.review(*snapshot(observe + rule("peer.example")), pair_, {}, kNow)),
            "dialback_attempted");
  EXPECT_EQ(lost(standing.review(*snapshot(observe + rule("other.example")), pair_, {}, kNow)),
            "goes on");
}

// The first of its doubts is not more than the others.
TEST_F(StandingReview, EveryDoubtIsAskedAbout) {
  auto standing = observed(Reason::kExpired);
  standing.doubt(Place::kFar, policy::refuse(Reason::kXmlInvalid));
  const auto newer = snapshot("[policy]\nmode = \"observe\"\n" + kRoots);
  EXPECT_EQ(lost(standing.review(*newer, pair_, {}, kNow)), "expired");
}

// It was never authenticated; an exception is for a stream that begins anew.
TEST_F(StandingReview, AnExceptionDoesNotAuthenticateWhatWasOnlyObserved) {
  const std::string exception =
      "[[s2s.exception]]\ndomain = \"peer.example\"\nallow = [\"expired\"]\n"
      "until = 2099-01-01\nwhy = \"test\"\n";
  const auto standing = observed(Reason::kExpired);
  EXPECT_EQ(lost(standing.review(*snapshot(kRoots + exception), pair_, {}, kNow)), "expired");
  const auto observing = snapshot("[policy]\nmode = \"observe\"\n" + kRoots + exception);
  EXPECT_EQ(lost(standing.review(*observing, pair_, {}, kNow)), "goes on");
}

TEST_F(StandingReview, DoesNotAskACertificateOfAStreamThatRestsOnNone) {
  EXPECT_EQ(lost(Standing().review(*snapshot(kRoots), pair_, {}, kNow)), "goes on");
}

TEST_F(StandingReview, AClientsCertificateIsJudgedByTheNewerRules) {
  world_.write("clients.pem", test::pem(pki().root().certificate.get()));
  const auto required = with_clients("", kRoots +
                                             "[c2s]\nclient_certificate = \"required\"\n"
                                             "client_roots = \"clients.pem\"\n");
  const StreamPair client{domain("legacy.example"), std::nullopt};
  EXPECT_EQ(lost(Standing().review(*required, client, {}, kNow)), "cert_missing");
  EXPECT_EQ(lost(Standing().review(*with_clients("", kRoots), client, {}, kNow)), "goes on");
}

TEST_F(StandingReview, EndsWhereTheHostHasNoSuchBackendAnyMore) {
  const StreamPair client{domain("legacy.example"), std::nullopt};
  EXPECT_EQ(lost(Standing().review(*snapshot(kRoots), client, {}, kNow)), "host_unknown");
}

// ---- More pairs on an observed stream

TEST_F(StandingReview, EveryPairOfAnObservedStreamIsAskedAbout) {
  const std::string observe = "[policy]\nmode = \"observe\"\n" + kRoots;
  auto standing = observed(Reason::kCertMissing);
  const auto admitted = standing.admit(snapshot(observe)->config(), pair_, domain("legacy.example"),
                                       domain("chat.peer.example"));
  ASSERT_EQ(admitted, Standing::Admission::kNew);
  EXPECT_EQ(lost(standing.review(*snapshot(observe), pair_, {}, kNow)), "goes on");
  const auto rule = [](const std::string& match) {
    return "[[s2s.rule]]\nmatch = [\"" + match + "\"]\nmode = \"enforce\"\n";
  };
  EXPECT_EQ(lost(standing.review(*snapshot(observe + rule("chat.peer.example")), pair_, {}, kNow)),
            "cert_missing");
  EXPECT_EQ(lost(standing.review(*snapshot(observe + rule("mail.peer.example")), pair_, {}, kNow)),
            "goes on");
}

TEST_F(StandingReview, ChangesNothing) {
  auto standing = accepted();
  standing.doubt(Place::kFar, policy::refuse(Reason::kWeakKey));
  const auto before = standing.outcome();
  for (const auto& more : {kRoots, kRoots + "[federation]\ndeny = [\"peer.example\"]\n"}) {
    const Standing& reviewed = standing;
    const auto review = reviewed.review(*snapshot(more), pair_, certified_by(good_), kNow);
    EXPECT_NE(review.known.expires, kSoon);
    EXPECT_EQ(standing.expires(), kSoon);
    EXPECT_TRUE(standing.certified());
    EXPECT_TRUE(standing.authenticated());
    const auto after = standing.outcome();
    EXPECT_EQ(after.verdict, before.verdict);
    ASSERT_TRUE(after.refusal);
    EXPECT_EQ(after.refusal->text, before.refusal->text);
    EXPECT_EQ(after.further.size(), before.further.size());
  }
}

TEST_F(StandingReview, AdoptTakesOverTheNewEndAndNothingElse) {
  auto standing = accepted();
  const auto review = standing.review(*snapshot(kRoots), pair_, certified_by(good_), kNow);
  standing.adopt(review);
  EXPECT_EQ(standing.expires(), good_.until);
  EXPECT_TRUE(standing.certified());
  EXPECT_EQ(standing.outcome().verdict, Verdict::kAccepted);
}

}  // namespace
}  // namespace portcullis::relay
