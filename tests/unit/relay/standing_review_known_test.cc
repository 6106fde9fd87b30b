// Unit tests of Standing::review(): as what the other side is known, and until when.

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "certs/x509/spki_pin.h"
#include "tests/unit/relay/standing_review.h"

namespace portcullis::relay {
namespace {

using policy::Reason;

std::string exception(const std::string& until, const std::string& allow = "\"expired\"") {
  return "[[s2s.exception]]\ndomain = \"peer.example\"\nallow = [" + allow + "]\nuntil = " + until +
         "\nwhy = \"test\"\n";
}

std::string_view known(const Standing& standing, StreamKind kind = StreamKind::kS2sInbound) {
  return name(standing.authentication(kind, true));
}

// ---- What ends by time

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

}  // namespace
}  // namespace portcullis::relay
