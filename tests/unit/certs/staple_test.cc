#include "certs/verify/checks/staple.h"

#include <gtest/gtest.h>
#include <openssl/x509v3.h>

#include <string>

#include "certs/verify/exception.h"
#include "certs/verify/verify.h"
#include "tests/support/ocsp_maker.h"
#include "tests/support/test_pki.h"

namespace portcullis::certs {
namespace {

using test::CertificateSpec;
using test::Issued;
using test::kNow;
using test::ocsp_response;
using test::OcspSpec;
using test::outcome;

constexpr auto kDay = std::chrono::days(1);

class StapleTest : public ::testing::Test {
 protected:
  StapleStatus judge(const std::string& response) const {
    return judge_staple(response, leaf_.certificate.get(), issuer().certificate.get(), kNow);
  }
  std::string response(const OcspSpec& spec = {}) const {
    return ocsp_response(spec, leaf_, issuer(), issuer());
  }
  // A responder with this extended key usage, certified by `by`.
  static Issued responder(const Issued& by, const std::string& purposes) {
    CertificateSpec spec = test::leaf_spec("responder.example");
    spec.purposes = purposes;
    return issue(spec, by);
  }
  const Issued& issuer() const { return pki_.intermediate(); }

  test::TestPki pki_;
  Issued leaf_ = pki_.leaf(test::leaf_spec("peer.example"));
};

TEST_F(StapleTest, GoodIsGood) {
  EXPECT_EQ(judge(response()), StapleStatus::kGood);
}

TEST_F(StapleTest, RevokedIsRevoked) {
  OcspSpec spec;
  spec.status = V_OCSP_CERTSTATUS_REVOKED;
  EXPECT_EQ(judge(response(spec)), StapleStatus::kRevoked);
}

TEST_F(StapleTest, UnknownIsUseless) {
  OcspSpec spec;
  spec.status = V_OCSP_CERTSTATUS_UNKNOWN;
  EXPECT_EQ(judge(response(spec)), StapleStatus::kUseless);
}

TEST_F(StapleTest, MustBeCurrent) {
  EXPECT_EQ(judge(response({V_OCSP_CERTSTATUS_GOOD, kNow - 9 * kDay, kNow - kDay})),
            StapleStatus::kUseless);
  EXPECT_EQ(judge(response({V_OCSP_CERTSTATUS_GOOD, kNow + kDay, kNow + 9 * kDay})),
            StapleStatus::kUseless);
  EXPECT_EQ(judge(response({V_OCSP_CERTSTATUS_GOOD, kNow + std::chrono::minutes(2), kNow + kDay})),
            StapleStatus::kGood);
  OcspSpec endless;
  endless.has_end = false;
  EXPECT_EQ(judge(response(endless)), StapleStatus::kUseless);
}

TEST_F(StapleTest, AnOutdatedRevocationSaysNothing) {
  EXPECT_EQ(judge(response({V_OCSP_CERTSTATUS_REVOKED, kNow - 9 * kDay, kNow - kDay})),
            StapleStatus::kUseless);
}

TEST_F(StapleTest, MustBeSignedByTheIssuerOrItsResponder) {
  const Issued good = responder(issuer(), "OCSPSigning");
  EXPECT_EQ(judge(ocsp_response({}, leaf_, issuer(), good)), StapleStatus::kGood);
  const Issued no_responder = responder(issuer(), "serverAuth");
  EXPECT_EQ(judge(ocsp_response({}, leaf_, issuer(), no_responder)), StapleStatus::kUseless);
  const Issued stranger = test::issue_self_signed(test::authority_spec("Stranger"));
  EXPECT_EQ(judge(ocsp_response({}, leaf_, issuer(), stranger)), StapleStatus::kUseless);
  const Issued strangers = responder(stranger, "OCSPSigning");
  EXPECT_EQ(judge(ocsp_response({}, leaf_, issuer(), strangers)), StapleStatus::kUseless);
}

TEST_F(StapleTest, OfAnExpiredResponderIsUseless) {
  CertificateSpec spec = test::leaf_spec("responder.example");
  spec.purposes = "OCSPSigning";
  spec.until = kNow - kDay;
  EXPECT_EQ(judge(ocsp_response({}, leaf_, issuer(), issue(spec, issuer()))),
            StapleStatus::kUseless);
}

TEST_F(StapleTest, MustBeAboutTheLeaf) {
  const Issued other = pki_.leaf(test::leaf_spec("other.example"));
  EXPECT_EQ(judge(ocsp_response({}, other, issuer(), issuer())), StapleStatus::kUseless);
  // The same serial, of another issuer.
  EXPECT_EQ(judge(ocsp_response({}, leaf_, pki_.root(), pki_.root())), StapleStatus::kUseless);
}

TEST_F(StapleTest, SignedWithSha1IsUseless) {
  OcspSpec spec;
  spec.digest = EVP_sha1();
  EXPECT_EQ(judge(response(spec)), StapleStatus::kUseless);
}

TEST_F(StapleTest, GarbageIsUseless) {
  const std::string good = response();
  EXPECT_EQ(judge(""), StapleStatus::kUseless);
  EXPECT_EQ(judge("garbage"), StapleStatus::kUseless);
  EXPECT_EQ(judge(good + "x"), StapleStatus::kUseless);
  EXPECT_EQ(judge(good.substr(0, good.size() - 1)), StapleStatus::kUseless);
  EXPECT_EQ(judge(std::string(kStapleLimit + 1, '\x30')), StapleStatus::kUseless);
  EXPECT_EQ(judge("\x30\x03\x0a\x01\x03"), StapleStatus::kUseless);  // tryLater
}

TEST_F(StapleTest, ChangedInOneBitIsUseless) {
  const std::string good = response();
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string changed = good;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_EQ(judge(changed), StapleStatus::kUseless) << i;
  }
}

class MustStapleTest : public StapleTest {
 protected:
  VerifyResult verify(const Issued& leaf, const std::string& staple, bool asked = true,
                      bool honour = true) const {
    VerifyPolicy policy;
    policy.honour_must_staple = honour;
    PresentedChain chain = pki_.present(leaf);
    chain.staple_asked = asked;
    chain.staple = staple;
    return verify_peer({chain, pki_.anchors(), DomainName::parse("peer.example").value(),
                        PeerRole::kReceiving, policy, kNow});
  }
  Issued demanding(const std::string& features = "status_request") const {
    CertificateSpec spec = test::leaf_spec("peer.example");
    spec.features = features;
    return pki_.leaf(spec);
  }
  std::string response_for(const Issued& leaf, int status = V_OCSP_CERTSTATUS_GOOD) const {
    OcspSpec spec;
    spec.status = status;
    return ocsp_response(spec, leaf, issuer(), issuer());
  }
};

TEST_F(MustStapleTest, WantsAGoodStapleFromWhomItWasAsked) {
  const Issued leaf = demanding();
  EXPECT_EQ(outcome(verify(leaf, response_for(leaf))), "accepted");
  EXPECT_EQ(outcome(verify(leaf, "")), "revocation_unknown");
  EXPECT_EQ(outcome(verify(leaf, "garbage")), "revocation_unknown");
  EXPECT_EQ(outcome(verify(leaf, response_for(leaf_))), "revocation_unknown");
  EXPECT_EQ(outcome(verify(leaf, response_for(leaf, V_OCSP_CERTSTATUS_REVOKED))), "revoked");
}

TEST_F(MustStapleTest, IsNothingToWhoDidNotAskOrDoesNotHonourIt) {
  const Issued leaf = demanding();
  EXPECT_EQ(outcome(verify(leaf, "", false)), "accepted");
  EXPECT_EQ(outcome(verify(leaf, "", true, false)), "accepted");
}

TEST_F(MustStapleTest, IsNoMatterOfOtherFeatures) {
  EXPECT_EQ(outcome(verify(demanding(""), "")), "accepted");
  EXPECT_EQ(outcome(verify(demanding("23"), "")), "accepted");
  EXPECT_EQ(outcome(verify(demanding("status_request_v2"), "")), "revocation_unknown");
}

TEST_F(MustStapleTest, AStapleNobodyDemandedIsNotLookedAt) {
  EXPECT_EQ(outcome(verify(leaf_, "garbage")), "accepted");
  EXPECT_EQ(outcome(verify(leaf_, response_for(leaf_, V_OCSP_CERTSTATUS_REVOKED))), "accepted");
}

TEST_F(MustStapleTest, AnUnreadableDemandIsADemand) {
  CertificateSpec spec = test::leaf_spec("peer.example");
  spec.raw_extensions = {{NID_tlsfeature, "\x30\x05 not a list"}};
  EXPECT_EQ(outcome(verify(pki_.leaf(spec), "")), "revocation_unknown");
}

TEST_F(MustStapleTest, AnExceptionWaivesAMissingStapleButNoRevocation) {
  const Issued leaf = demanding();
  VerifyPolicy policy;
  policy.honour_must_staple = true;
  PresentedChain chain = pki_.present(leaf);
  chain.staple_asked = true;
  const Leniency lenient{{policy::Reason::kRevocationUnknown, policy::Reason::kRevoked}, {}};
  const auto verify_again = [&] {
    return verify_leniently({chain, pki_.anchors(), DomainName::parse("peer.example").value(),
                             PeerRole::kReceiving, policy, kNow},
                            lenient)
        .result;
  };
  EXPECT_EQ(outcome(verify_again()), "accepted");
  chain.staple = response_for(leaf, V_OCSP_CERTSTATUS_REVOKED);
  EXPECT_EQ(outcome(verify_again()), "revoked");
}

}  // namespace
}  // namespace portcullis::certs
