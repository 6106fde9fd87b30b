#include "certs/verify/verify.h"

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include <string>

#include "certs/own/credentials.h"
#include "tests/support/test_pki.h"

namespace portcullis::certs {
namespace {

using policy::Reason;
using test::CertificateSpec;
using test::copy;
using test::Issued;
using test::kNow;
using test::leaf_spec;

DomainName domain(std::string_view text) {
  return DomainName::parse(text).value();
}

class VerifyTest : public ::testing::Test {
 protected:
  VerifyResult verify(const PresentedChain& chain, PeerRole role = PeerRole::kInitiating,
                      std::chrono::sys_seconds now = kNow) const {
    return verify_peer({chain, pki_.anchors(), reference_, role, {}, now});
  }
  VerifyResult verify(const CertificateSpec& spec, PeerRole role = PeerRole::kInitiating) const {
    return verify(pki_.present(pki_.leaf(spec)), role);
  }
  static Reason reason(const VerifyResult& verdict) {
    EXPECT_FALSE(verdict.has_value());
    return verdict ? Reason::kShuttingDown : verdict.error().refusal.reason;
  }

  test::TestPki pki_;
  DomainName reference_ = domain("peer.example");
};

// First of all, because a verification that forgets the name passes every other test.
TEST_F(VerifyTest, RefusesAGoodCertificateOfAnotherName) {
  for (const PeerRole role : {PeerRole::kInitiating, PeerRole::kReceiving}) {
    const VerifyResult verdict = verify(leaf_spec("other.example"), role);
    ASSERT_FALSE(verdict);
    EXPECT_EQ(verdict.error().refusal.reason, Reason::kNameMismatch);
    EXPECT_NE(verdict.error().refusal.text.find("other.example"), std::string::npos);
    EXPECT_NE(verdict.error().refusal.text.find("peer.example"), std::string::npos);
  }
}

TEST_F(VerifyTest, AcceptsAServerOnlyLeafInBothRoles) {
  for (const PeerRole role : {PeerRole::kInitiating, PeerRole::kReceiving}) {
    const VerifyResult verdict = verify(leaf_spec("peer.example"), role);
    EXPECT_TRUE(verdict) << verdict.error().refusal.text;
  }
}

TEST_F(VerifyTest, ReportsTheEarliestEndOfTheChain) {
  CertificateSpec authority = test::authority_spec("Short Intermediate");
  authority.until = kNow + std::chrono::days(5);
  const Issued intermediate = issue(authority, pki_.root());
  const Issued leaf = issue(leaf_spec("peer.example"), intermediate);
  PresentedChain chain{copy(leaf.certificate), {}};
  chain.sent.push_back(copy(intermediate.certificate));
  const VerifyResult verdict = verify(chain);
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->expires, kNow + std::chrono::days(5));
}

TEST_F(VerifyTest, TakesTheTimeItIsGiven) {
  const PresentedChain chain = pki_.present(pki_.leaf(leaf_spec("peer.example")));
  EXPECT_TRUE(verify(chain, PeerRole::kInitiating, kNow + std::chrono::days(59)));
  EXPECT_EQ(reason(verify(chain, PeerRole::kInitiating, kNow + std::chrono::days(61))),
            Reason::kExpired);
  EXPECT_EQ(reason(verify(chain, PeerRole::kInitiating, kNow - std::chrono::days(31))),
            Reason::kNotYetValid);
}

TEST_F(VerifyTest, RefusesWhenNoCertificateWasShown) {
  EXPECT_EQ(reason(verify(PresentedChain{})), Reason::kCertMissing);
}

TEST_F(VerifyTest, IgnoresOrderAndSurplusOfTheSentChain) {
  PresentedChain chain = pki_.present(pki_.leaf(leaf_spec("peer.example")));
  chain.sent.insert(chain.sent.begin(), copy(pki_.root().certificate));
  chain.sent.insert(chain.sent.begin(),
                    test::issue_self_signed(test::authority_spec("Stranger")).certificate);
  EXPECT_TRUE(verify(chain));
}

TEST_F(VerifyTest, LooksAtTenCertificatesAndNoMore) {
  PresentedChain chain = pki_.present(pki_.leaf(leaf_spec("peer.example")));
  while (chain.sent.size() < 9) chain.sent.push_back(copy(pki_.root().certificate));
  EXPECT_TRUE(verify(chain));
  chain.sent.push_back(copy(pki_.root().certificate));
  EXPECT_EQ(reason(verify(chain)), Reason::kChainInvalid);
}

TEST_F(VerifyTest, BoundsTheNumberOfIntermediates) {
  Issued issuer = issue(test::authority_spec("Intermediate 1"), pki_.root());
  PresentedChain chain;
  chain.sent.push_back(copy(issuer.certificate));
  for (int i = 2; i <= 6; ++i) {
    issuer = issue(test::authority_spec("Intermediate " + std::to_string(i)), issuer);
    chain.sent.push_back(copy(issuer.certificate));
    chain.leaf = issue(leaf_spec("peer.example"), issuer).certificate;
    if (i <= 5) {
      EXPECT_TRUE(verify(chain)) << i;
    } else {
      EXPECT_EQ(reason(verify(chain)), Reason::kChainInvalid);
    }
  }
}

TEST_F(VerifyTest, AnIntermediateCanBeTheAnchor) {
  const Issued leaf = pki_.leaf(leaf_spec("peer.example"));
  const TrustAnchors anchors = test::anchors_of({pki_.intermediate().certificate.get()});
  const PresentedChain alone{copy(leaf.certificate), {}};
  EXPECT_TRUE(verify_peer({alone, anchors, reference_, PeerRole::kInitiating, {}, kNow}));
}

TEST_F(VerifyTest, ALeafThatIsTheAnchorStillNeedsTheName) {
  const Issued leaf = test::issue_self_signed(leaf_spec("peer.example"));
  const TrustAnchors anchors = test::anchors_of({leaf.certificate.get()});
  const PresentedChain chain{copy(leaf.certificate), {}};
  VerifyPolicy lax;
  lax.x509_strict = false;
  EXPECT_TRUE(verify_peer({chain, anchors, reference_, PeerRole::kReceiving, lax, kNow}));
  EXPECT_EQ(reason(verify_peer(
                {chain, anchors, domain("other.example"), PeerRole::kReceiving, lax, kNow})),
            Reason::kNameMismatch);
}

TEST_F(VerifyTest, AnAnchorsOwnWeakSignatureDoesNotMatter) {
  CertificateSpec authority = test::authority_spec("Old Root");
  authority.digest = "SHA1";
  authority.key = test::TestKey::kRsa2048;
  const Issued root = test::issue_self_signed(authority);
  const Issued leaf = issue(leaf_spec("peer.example"), root);
  const TrustAnchors anchors = test::anchors_of({root.certificate.get()});
  EXPECT_TRUE(verify_peer(
      {{copy(leaf.certificate), {}}, anchors, reference_, PeerRole::kInitiating, {}, kNow}));
}

TEST_F(VerifyTest, StrictnessIsAQuestionOfPolicy) {
  CertificateSpec authority = test::authority_spec("Root without key usage");
  authority.key_usage = "";
  const Issued root = test::issue_self_signed(authority);
  const TrustAnchors anchors = test::anchors_of({root.certificate.get()});
  const Issued leaf = issue(leaf_spec("peer.example"), root);
  const PresentedChain chain{copy(leaf.certificate), {}};
  VerifyPolicy policy;
  EXPECT_EQ(reason(verify_peer({chain, anchors, reference_, PeerRole::kInitiating, policy, kNow})),
            Reason::kChainInvalid);
  policy.x509_strict = false;
  EXPECT_TRUE(verify_peer({chain, anchors, reference_, PeerRole::kInitiating, policy, kNow}));
}

TEST_F(VerifyTest, TheRsaFloorCanRise) {
  CertificateSpec spec = leaf_spec("peer.example");
  spec.key = test::TestKey::kRsa2048;
  const PresentedChain chain = pki_.present(pki_.leaf(spec));
  VerifyPolicy policy;
  EXPECT_TRUE(
      verify_peer({chain, pki_.anchors(), reference_, PeerRole::kInitiating, policy, kNow}));
  policy.min_rsa_bits = 3072;
  const VerifyResult verdict =
      verify_peer({chain, pki_.anchors(), reference_, PeerRole::kInitiating, policy, kNow});
  EXPECT_EQ(reason(verdict), Reason::kWeakKey);
  EXPECT_NE(verdict.error().refusal.text.find("2048"), std::string::npos);
}

TEST_F(VerifyTest, NamesWhatIsMissing) {
  CertificateSpec spec = leaf_spec("peer.example");
  spec.issuer_url = "http://ca.example/intermediate.cer";
  const VerifyResult verdict = verify(PresentedChain{pki_.leaf(spec).certificate, {}});
  EXPECT_EQ(reason(verdict), Reason::kMissingIntermediate);
  EXPECT_EQ(verdict.error().openssl_error, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
  EXPECT_NE(verdict.error().refusal.text.find("Test Intermediate"), std::string::npos);
}

TEST_F(VerifyTest, LeavesNothingInTheErrorQueue) {
  EXPECT_FALSE(verify(leaf_spec("other.example")));
  EXPECT_FALSE(verify(PresentedChain{pki_.leaf(leaf_spec("peer.example")).certificate, {}}));
  EXPECT_EQ(ERR_peek_error(), 0U);
}

}  // namespace
}  // namespace portcullis::certs
