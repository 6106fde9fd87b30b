// Unit tests of Standing::review(): the keys that the backend may have.

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "tests/unit/relay/standing_review.h"

namespace portcullis::relay {
namespace {

using policy::Reason;

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

}  // namespace
}  // namespace portcullis::relay
