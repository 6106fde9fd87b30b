// Unit tests of Standing::review(): an established stream under a newer generation.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "certs/x509/spki_pin.h"
#include "proxy/relay/standing.h"
#include "tests/unit/relay/snapshot_world.h"

namespace portcullis::relay {
namespace {

using policy::Reason;
using policy::Verdict;
using test::kNow;

constexpr auto kNoEnd = std::chrono::sys_seconds::max();
constexpr auto kSoon = kNow + std::chrono::hours(1);
const std::string kRoots = "[s2s]\nroots = \"roots.pem\"\n";

class StandingReview : public testing::Test {
 protected:
  SnapshotPtr snapshot(const std::string& more) {
    const auto built = world_.build(more);
    EXPECT_TRUE(built.snapshot) << texts(built);
    return built.snapshot;
  }
  static StreamEvidence certified_by(const test::CertificateSpec& spec) {
    return {{pki().present(pki().leaf(spec)), TlsVersion::kTls13, certs::PeerRole::kInitiating},
            {}};
  }
  // The same, and what the backend showed.
  static StreamEvidence certified_by(const test::CertificateSpec& spec,
                                     const test::Issued& backend) {
    auto evidence = certified_by(spec);
    evidence.backend = pki().present(backend);
    return evidence;
  }
  // With a backend for clients, too.
  SnapshotPtr with_clients(const std::string& backend, const std::string& more) {
    return snapshot("c2s = \"127.0.0.1:15222\"\n" + backend + more);
  }
  // A stream whose peer showed a good certificate.
  static Standing accepted() {
    Standing standing;
    standing.keep_peer(Place::kNear, {{}, kSoon});
    standing.authenticate();
    return standing;
  }
  // One that goes through although its peer showed none.
  static Standing observed(Reason reason) {
    Standing standing;
    standing.doubt(Place::kNear, policy::refuse(reason));
    return standing;
  }
  static std::string lost(const Standing::Review& review) {
    return review.lost ? std::string(policy::id(review.lost->reason)) : "goes on";
  }

  SnapshotWorld world_;
  const StreamPair pair_{domain("legacy.example"), domain("peer.example")};
  const test::CertificateSpec good_ = test::leaf_spec("peer.example");
};

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

// ---- The backend

TEST_F(StandingReview, TheBackendIsJudgedByTheNewerPins) {
  const auto pinned = pki().leaf(test::leaf_spec("x.example"));
  const auto other = pki().leaf(test::leaf_spec("x.example"));
  world_.write("backend.pem", test::pem(pinned.certificate.get()));
  const auto newer = snapshot(kRoots);
  const auto of = [&](const Standing& standing, const test::Issued& backend) {
    return lost(standing.review(*newer, pair_, certified_by(good_, backend), kNow));
  };
  EXPECT_EQ(of(accepted(), pinned), "goes on");
  EXPECT_EQ(of(accepted(), other), "backend_changed");
  // Also where the peer is only observed, as soon as the leg to the backend has TLS.
  const auto observing = snapshot("[policy]\nmode = \"observe\"\n" + kRoots);
  EXPECT_EQ(lost(observed(Reason::kCertMissing)
                     .review(*observing, pair_, certified_by(good_, other), kNow)),
            "backend_changed");
}

// A stream for which only the backend has changed may wait for its turn, so nothing may hide behind
// that.
TEST_F(StandingReview, WhatForbidsAStreamGoesBeforeAnotherKeyOfTheBackend) {
  const auto pinned = pki().leaf(test::leaf_spec("x.example"));
  const auto other = pki().leaf(test::leaf_spec("x.example"));
  world_.write("backend.pem", test::pem(pinned.certificate.get()));
  const auto of = [&](const Standing& standing, const std::string& more,
                      std::chrono::sys_seconds now = kNow) {
    return lost(standing.review(*snapshot(more), pair_, certified_by(good_, other), now));
  };
  EXPECT_EQ(of(accepted(), kRoots), "backend_changed");
  EXPECT_EQ(of(accepted(), kRoots + "[federation]\ndeny = [\"peer.example\"]\n"),
            "federation_denied");
  EXPECT_EQ(of(accepted(), kRoots, good_.until + std::chrono::seconds(1)), "expired");
  EXPECT_EQ(of(observed(Reason::kCertMissing), kRoots), "cert_missing");
}

TEST_F(StandingReview, WhatForbidsAClientGoesBeforeAnotherKeyOfTheBackend) {
  const StreamPair client{domain("legacy.example"), std::nullopt};
  const auto pinned = pki().leaf(test::leaf_spec("x.example"));
  const auto other = pki().leaf(test::leaf_spec("x.example"));
  world_.write("backend.pem", test::pem(pinned.certificate.get()));
  world_.write("clients.pem", test::pem(pki().root().certificate.get()));
  const std::string required =
      "[c2s]\nclient_certificate = \"required\"\nclient_roots = \"clients.pem\"\n";
  const auto of = [&](const std::string& more) {
    const auto by = with_clients("c2s_tls = \"starttls\"\n", kRoots + more);
    return lost(Standing().review(*by, client, {{}, pki().present(other)}, kNow));
  };
  EXPECT_EQ(of(""), "backend_changed");
  EXPECT_EQ(of(required), "cert_missing");
}

TEST_F(StandingReview, TheKeyOfTheBackendCountsAndNotItsCertificate) {
  const auto pinned = pki().leaf(test::leaf_spec("x.example"));
  auto renewed = test::leaf_spec("x.example");
  renewed.until = kNow + std::chrono::days(200);
  const auto both = pki().leaf(renewed);
  world_.write("backend.pem",
               test::pem(pinned.certificate.get()) + test::pem(both.certificate.get()));
  const auto newer = snapshot(kRoots);
  for (const auto* shown : {&pinned, &both})
    EXPECT_EQ(lost(accepted().review(*newer, pair_, certified_by(good_, *shown), kNow)), "goes on");
}

TEST_F(StandingReview, ABackendForClientsMustHaveShownItsKeyOnceTlsIsDemanded) {
  const StreamPair client{domain("legacy.example"), std::nullopt};
  const auto pinned = pki().leaf(test::leaf_spec("x.example"));
  const auto other = pki().leaf(test::leaf_spec("x.example"));
  world_.write("backend.pem", test::pem(pinned.certificate.get()));
  const auto demanded = with_clients("c2s_tls = \"starttls\"\n", kRoots);
  const auto of = [&](const SnapshotPtr& by, certs::PresentedChain backend) {
    return lost(Standing().review(*by, client, {{}, std::move(backend)}, kNow));
  };
  EXPECT_EQ(of(demanded, pki().present(pinned)), "goes on");
  EXPECT_EQ(of(demanded, pki().present(other)), "backend_changed");
  EXPECT_EQ(of(demanded, {}), "backend_changed");
  EXPECT_EQ(of(with_clients("", kRoots), {}), "goes on");
}

// ---- What ends by time

namespace {

std::string exception(const std::string& until, const std::string& allow = "\"expired\"") {
  return "[[s2s.exception]]\ndomain = \"peer.example\"\nallow = [" + allow + "]\nuntil = " + until +
         "\nwhy = \"test\"\n";
}

}  // namespace

TEST_F(StandingReview, EndsWhenTheExceptionIsOverAndNotBefore) {
  auto expired = good_;
  expired.until = kNow - std::chrono::days(1);
  const auto by = snapshot(kRoots + exception("2026-06-20"));
  const auto over = std::chrono::sys_days(std::chrono::year(2026) / std::chrono::June / 21);
  const auto last = over - std::chrono::seconds(1);
  auto standing = accepted();
  auto review = standing.review(*by, pair_, certified_by(expired), kNow);
  EXPECT_EQ(lost(review), "goes on");
  EXPECT_EQ(review.known.expires, last);
  standing.adopt(review);
  EXPECT_TRUE(standing.excepted());
  EXPECT_EQ(standing.expires(), last);
  EXPECT_EQ(lost(standing.review(*by, pair_, certified_by(expired), last)), "goes on");
  EXPECT_EQ(lost(standing.review(*by, pair_, certified_by(expired), over)), "expired");
}

TEST_F(StandingReview, AnExceptionThatIsNotNeededEndsNothing) {
  auto standing = accepted();
  const auto review = standing.review(*snapshot(kRoots + exception("2026-06-20")), pair_,
                                      certified_by(good_), kNow);
  EXPECT_EQ(lost(review), "goes on");
  EXPECT_EQ(review.known.expires, good_.until);
  standing.adopt(review);
  EXPECT_FALSE(standing.excepted());
}

TEST_F(StandingReview, WhatIsObservedGoesOnWithoutItsException) {
  auto expired = good_;
  expired.until = kNow - std::chrono::days(1);
  const auto by = snapshot("[policy]\nmode = \"observe\"\n" + kRoots + exception("2026-06-20"));
  const auto over = std::chrono::sys_days(std::chrono::year(2026) / std::chrono::June / 21);
  const auto review = accepted().review(*by, pair_, certified_by(expired), over);
  EXPECT_EQ(lost(review), "goes on");
  EXPECT_EQ(review.known.expires, kNoEnd);
}

// ---- As what the other side is known

namespace {

std::string_view known(const Standing& standing, StreamKind kind = StreamKind::kS2sInbound) {
  return name(standing.authentication(kind, true));
}

}  // namespace

TEST_F(StandingReview, ItIsKnownByTheLatestJudgement) {
  auto expired = good_;
  expired.until = kNow - std::chrono::days(1);
  const std::string observe = "[policy]\nmode = \"observe\"\n" + kRoots;
  const auto day_after = std::chrono::sys_days(std::chrono::year(2026) / std::chrono::June / 21);
  auto standing = accepted();
  const auto judge = [&](const std::string& config, const test::CertificateSpec& shown,
                         std::chrono::sys_seconds now = kNow) {
    auto review = standing.review(*snapshot(config), pair_, certified_by(shown), now);
    EXPECT_EQ(lost(review), "goes on");
    standing.adopt(std::move(review));
    return known(standing);
  };
  EXPECT_EQ(known(standing), "external");
  EXPECT_EQ(judge(observe + exception("2026-06-20"), expired), "excepted");
  EXPECT_EQ(judge(observe + exception("2026-06-20"), expired, day_after), "observed");
  EXPECT_EQ(judge(observe, expired), "observed") << "the exception was removed";
  EXPECT_EQ(judge(observe + exception("2026-06-20"), expired), "excepted") << "and is there again";
  EXPECT_EQ(judge(observe, good_), "external");
  // In observe mode a list refuses nobody, and who is on it is let through all the same.
  EXPECT_EQ(judge(observe + "[federation]\ndeny = [\"peer.example\"]\n", good_), "observed");
  EXPECT_EQ(judge(kRoots, good_), "external");
}

TEST_F(StandingReview, APinThatIsAddedOrRemovedIsSeen) {
  const auto issued = pki().leaf(good_);
  const auto pin = policy::pin_text(*certs::spki_pin(issued.certificate.get()));
  const StreamEvidence evidence{
      {pki().present(issued), TlsVersion::kTls13, certs::PeerRole::kInitiating}, {}};
  const auto pinned = snapshot(kRoots +
                               "[[s2s.rule]]\nmatch = [\"peer.example\"]\nauth = "
                               "[\"pin\"]\npins = [\"" +
                               pin + "\"]\n");
  auto standing = accepted();
  standing.adopt(standing.review(*pinned, pair_, evidence, kNow));
  EXPECT_EQ(known(standing), "pinned");
  standing.adopt(standing.review(*snapshot(kRoots), pair_, evidence, kNow));
  EXPECT_EQ(known(standing), "external");
}

TEST_F(StandingReview, WhatWasNeverAuthenticatedStaysObserved) {
  auto standing = observed(Reason::kCertMissing);
  const auto observe = snapshot("[policy]\nmode = \"observe\"\n" + kRoots);
  standing.adopt(standing.review(*observe, pair_, {}, kNow));
  EXPECT_EQ(known(standing), "observed");
}

TEST_F(StandingReview, EndsWithAPinThatIsRemoved) {
  const auto self = test::issue_self_signed(test::leaf_spec("peer.example"));
  const auto pin = policy::pin_text(*certs::spki_pin(self.certificate.get()));
  const StreamEvidence evidence{
      {pki().present(self), TlsVersion::kTls13, certs::PeerRole::kInitiating}, {}};
  const auto rule = [](const std::string& key) {
    return "[[s2s.rule]]\nmatch = [\"peer.example\"]\nauth = [\"pin\"]\npins = [\"" + key + "\"]\n";
  };
  EXPECT_EQ(lost(accepted().review(*snapshot(kRoots + rule(pin)), pair_, evidence, kNow)),
            "goes on");
  const auto other = test::issue_self_signed(test::leaf_spec("peer.example"));
  const auto another = policy::pin_text(*certs::spki_pin(other.certificate.get()));
  EXPECT_EQ(lost(accepted().review(*snapshot(kRoots + rule(another)), pair_, evidence, kNow)),
            "pin_mismatch");
  // The rule itself is gone.
  EXPECT_EQ(lost(accepted().review(*snapshot(kRoots), pair_, evidence, kNow)), "self_signed");
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
