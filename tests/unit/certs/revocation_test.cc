#include "certs/verify/checks/revocation.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "certs/verify/verify.h"
#include "tests/support/test_pki.h"

namespace portcullis::certs {
namespace {

using test::copy;
using test::crl_pem;
using test::CrlSpec;
using test::Issued;
using test::kNow;
using test::outcome;

class RevocationTest : public ::testing::Test {
 protected:
  VerifyResult verify(const std::string& crls, policy::Revocation revocation) const {
    VerifyPolicy policy;
    policy.revocation = revocation;
    std::optional<CrlStore> store;
    if (!crls.empty()) {
      store = CrlStore::from_pem(crls, "crls.pem").value();
      policy.crls = &*store;
    }
    return verify_peer(
        {pki_.present(leaf_), pki_.anchors(), reference_, PeerRole::kInitiating, policy, kNow});
  }
  std::string_view soft(const std::string& crls) const {
    return outcome(verify(crls, policy::Revocation::kCrlSoft));
  }
  std::string_view hard(const std::string& crls) const {
    return outcome(verify(crls, policy::Revocation::kCrlHard));
  }
  std::string of_root(const CrlSpec& spec = {}) const { return crl_pem(spec, pki_.root()); }
  std::string of_intermediate(const CrlSpec& spec = {}) const {
    return crl_pem(spec, pki_.intermediate());
  }
  static CrlSpec outdated(std::vector<const X509*> revoked = {}) {
    return {std::move(revoked), kNow - std::chrono::days(20), kNow - std::chrono::days(10)};
  }

  test::TestPki pki_;
  Issued leaf_ = pki_.leaf(test::leaf_spec("peer.example"));
  ReferenceName reference_ = DomainName::parse("peer.example").value();
};

TEST_F(RevocationTest, FullListsThatNameNobodyPassBothModes) {
  EXPECT_EQ(soft(of_root() + of_intermediate()), "accepted");
  EXPECT_EQ(hard(of_root() + of_intermediate()), "accepted");
}

TEST_F(RevocationTest, ARevokedLeafIsRefusedInBothModes) {
  const std::string lists = of_root() + of_intermediate({{leaf_.certificate.get()}});
  EXPECT_EQ(soft(lists), "revoked");
  EXPECT_EQ(hard(lists), "revoked");
  EXPECT_EQ(outcome(verify(lists, policy::Revocation::kOff)), "accepted");
}

TEST_F(RevocationTest, SaysSinceWhenAndWhy) {
  const VerifyResult verdict =
      verify(of_intermediate({{leaf_.certificate.get()}}), policy::Revocation::kCrlSoft);
  ASSERT_EQ(outcome(verdict), "revoked");
  EXPECT_NE(verdict.error().refusal.text.find("since 2026-05-30 00:00 UTC (keyCompromise)"),
            std::string::npos)
      << verdict.error().refusal.text;
}

TEST_F(RevocationTest, ARevokedIntermediateIsRefusedInBothModes) {
  const std::string lists = of_root({{pki_.intermediate().certificate.get()}}) + of_intermediate();
  EXPECT_EQ(soft(lists), "revoked");
  EXPECT_EQ(hard(lists), "revoked");
  EXPECT_EQ(verify(lists, policy::Revocation::kCrlSoft).error().depth, 1);
}

TEST_F(RevocationTest, AMissingListIsForgivenOnlyInSoftMode) {
  EXPECT_EQ(soft(""), "accepted");
  EXPECT_EQ(hard(""), "revocation_unknown");
  EXPECT_EQ(soft(of_root()), "accepted");
  EXPECT_EQ(hard(of_root()), "revocation_unknown");
  EXPECT_EQ(soft(of_intermediate()), "accepted");
  EXPECT_EQ(hard(of_intermediate()), "revocation_unknown");
}

TEST_F(RevocationTest, AnOutdatedListIsForgivenOnlyInSoftMode) {
  const std::string lists = of_root() + of_intermediate(outdated());
  EXPECT_EQ(soft(lists), "accepted");
  EXPECT_EQ(hard(lists), "revocation_unknown");
}

TEST_F(RevocationTest, AnEntryOfAnOutdatedListCounts) {
  EXPECT_EQ(soft(of_root() + of_intermediate(outdated({leaf_.certificate.get()}))), "revoked");
}

TEST_F(RevocationTest, AForgedListIsForgivenInNeitherMode) {
  Issued forger = pki_.leaf(test::authority_spec("forger"));
  forger.certificate = copy(pki_.intermediate().certificate);
  const std::string lists = of_root() + crl_pem({{leaf_.certificate.get()}}, forger);
  EXPECT_EQ(soft(lists), "revocation_unknown");
  EXPECT_EQ(hard(lists), "revocation_unknown");
}

TEST_F(RevocationTest, AListOfAnotherIssuerSaysNothing) {
  const Issued stranger = test::issue_self_signed(test::authority_spec("Stranger"));
  const std::string list = crl_pem({{leaf_.certificate.get()}}, stranger);
  EXPECT_EQ(soft(list), "accepted");
  EXPECT_EQ(hard(of_root() + list), "revocation_unknown");
}

TEST_F(RevocationTest, AnAnchorNeedsNoListOfItsOwn) {
  const TrustAnchors anchors = test::anchors_of({pki_.intermediate().certificate.get()});
  const CrlStore store = CrlStore::from_pem(of_intermediate(), "crls.pem").value();
  VerifyPolicy policy;
  policy.revocation = policy::Revocation::kCrlHard;
  policy.crls = &store;
  EXPECT_EQ(outcome(verify_peer({{copy(leaf_.certificate), {}},
                                 anchors,
                                 reference_,
                                 PeerRole::kInitiating,
                                 policy,
                                 kNow})),
            "accepted");
}

TEST_F(RevocationTest, APathThatIsNotRevokedIsFoundBesideOneThatIs) {
  const Issued other_root = test::issue_self_signed(test::authority_spec("Other Root"));
  const Issued cross =
      cross_sign(test::authority_spec("Test Intermediate"), pki_.intermediate(), other_root);
  PresentedChain chain = pki_.present(leaf_);
  chain.sent.push_back(copy(cross.certificate));
  const TrustAnchors anchors =
      test::anchors_of({pki_.root().certificate.get(), other_root.certificate.get()});
  const CrlStore store =
      CrlStore::from_pem(of_root({{pki_.intermediate().certificate.get()}}), "crls.pem").value();
  VerifyPolicy policy;
  policy.revocation = policy::Revocation::kCrlSoft;
  policy.crls = &store;
  EXPECT_EQ(outcome(verify_peer({chain, anchors, reference_, PeerRole::kInitiating, policy, kNow})),
            "accepted");
}

TEST(CrlStore, SaysWhatItCannotRead) {
  EXPECT_FALSE(CrlStore::from_pem("", "crls.pem"));
  const auto truncated =
      CrlStore::from_pem("-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n", "crls.pem");
  ASSERT_FALSE(truncated);
  EXPECT_NE(truncated.error().message.find("crls.pem: revocation list 1"), std::string::npos);
  EXPECT_FALSE(CrlStore::from_pem_file("/nonexistent/crls.pem"));
}

}  // namespace
}  // namespace portcullis::certs
