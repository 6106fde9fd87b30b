// How far an exception reaches, with real certificates under a real snapshot.

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "certs/x509/spki_pin.h"
#include "proxy/relay/peer_assessment.h"
#include "tests/unit/relay/snapshot_world.h"

namespace portcullis::relay {
namespace {

using policy::Reason;
using policy::Verdict;
using test::CertificateSpec;
using test::kNow;
using test::TestKey;

constexpr auto kDay = std::chrono::days(1);
constexpr auto kPeer = "peer.example";

class ExceptionReachTest : public ::testing::Test {
 protected:
  static std::string exception(const std::string& allow, const std::string& more = {}) {
    return "[[s2s.exception]]\ndomain = \"peer.example\"\nallow = [" + allow +
           "]\nuntil = 2099-01-01\nwhy = \"test\"\n" + more;
  }
  static std::string pin_of(const test::Issued& issued) {
    return certs::spki_pin_text(issued.certificate.get());
  }
  // As an initiating server would be judged that shows `chain`.
  policy::Decision decide(const std::string& more, certs::PresentedChain chain) {
    const Built built = world_.build("[s2s]\nroots = \"roots.pem\"\n" + more);
    EXPECT_TRUE(built.snapshot) << texts(built);
    const PeerEvidence evidence{std::move(chain), TlsVersion::kTls13, certs::PeerRole::kInitiating};
    return assess_peer(*built.snapshot, evidence, domain("legacy.example"), domain(kPeer), kNow)
        .decision;
  }
  static CertificateSpec expired() {
    CertificateSpec spec = test::leaf_spec(kPeer);
    spec.until = kNow - kDay;
    return spec;
  }
  static certs::PresentedChain self_signed(const CertificateSpec& spec) {
    return {test::issue_self_signed(spec).certificate, {}};
  }
  static certs::PresentedChain good(const CertificateSpec& spec) {
    return pki().present(pki().leaf(spec));
  }

  SnapshotWorld world_;
};

TEST_F(ExceptionReachTest, LeavesEveryOtherCheckStanding) {
  const auto decision = decide(exception("\"expired\""), self_signed(expired()));
  EXPECT_EQ(decision.verdict, Verdict::kRejected);
  EXPECT_NE(decision.refusal->reason, Reason::kExpired);
}

// What is too weak even for the exception ends the verification before the names are compared, so
// the chain may be that of anybody with a certificate of the same CA.
TEST_F(ExceptionReachTest, HasAFloorForWeakKeys) {
  for (const auto key : {TestKey::kRsa768, TestKey::kDsa2048}) {
    for (const auto* const who : {kPeer, "stranger.example"}) {
      CertificateSpec weak = test::leaf_spec(who);
      weak.key = key;
      const auto decision = decide(exception("\"weak_key\""), good(weak));
      EXPECT_EQ(name(decision.verdict), "rejected");
      EXPECT_EQ(policy::id(decision.refusal->reason), "weak_key");
    }
  }
}

TEST_F(ExceptionReachTest, HasAFloorForWeakSignatures) {
  CertificateSpec authority = test::authority_spec("RSA CA");
  authority.key = TestKey::kRsa2048;
  const auto issuer = test::issue_self_signed(authority);
  world_.write("roots.pem", test::pem(issuer.certificate.get()));
  for (const auto* const who : {kPeer, "stranger.example"}) {
    CertificateSpec weak = test::leaf_spec(who);
    weak.digest = "MD5";
    const auto decision =
        decide(exception("\"weak_signature\""), {issue(weak, issuer).certificate, {}});
    EXPECT_EQ(name(decision.verdict), "rejected");
    EXPECT_EQ(policy::id(decision.refusal->reason), "weak_signature");
  }
}

TEST_F(ExceptionReachTest, WithAPinIsForThatKeyAlone) {
  const auto agreed = test::issue_self_signed(test::leaf_spec(kPeer));
  const auto pinned = exception("\"self_signed\"", "pins = [\"" + pin_of(agreed) + "\"]\n");
  EXPECT_EQ(decide(pinned, {test::copy(agreed.certificate), {}}).verdict, Verdict::kExcepted);
  const auto other = decide(pinned, self_signed(test::leaf_spec(kPeer)));
  EXPECT_EQ(other.verdict, Verdict::kRejected);
  EXPECT_EQ(other.refusal->reason, Reason::kSelfSigned);
}

}  // namespace
}  // namespace portcullis::relay
