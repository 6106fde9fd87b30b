#include <gtest/gtest.h>

#include <functional>
#include <ostream>
#include <string>

#include "certs/verify/verify.h"
#include "tests/support/test_pki.h"

namespace portcullis::certs {
namespace {

using policy::Reason;
using test::CertificateSpec;
using test::copy;
using test::Issued;
using test::kNow;
using test::TestKey;
using test::TestPki;

// One defect each, in a chain that is otherwise accepted.
struct Defect {
  std::string name;
  std::function<void(CertificateSpec& leaf)> leaf;
  std::function<void(CertificateSpec& intermediate)> intermediate;
  Reason expected;
  int depth;
};

void PrintTo(const Defect& defect, std::ostream* out) {
  *out << defect.name;
}

void nothing(CertificateSpec&) {}

// Not a member of the fixture: keys and certificates are made once for all cases.
const TestPki& pki() {
  static const TestPki made;
  return made;
}

class BadCertificateTest : public ::testing::TestWithParam<Defect> {
 protected:
  static VerifyResult verify(const Defect& defect, PeerRole role) {
    CertificateSpec authority = test::authority_spec("Test Intermediate");
    authority.purposes = "serverAuth";
    defect.intermediate(authority);
    const Issued intermediate = issue(authority, pki().root());
    CertificateSpec spec = test::leaf_spec("peer.example");
    defect.leaf(spec);
    PresentedChain chain{issue(spec, intermediate).certificate, {}};
    chain.sent.push_back(copy(intermediate.certificate));
    return verify_peer(
        {chain, pki().anchors(), DomainName::parse("peer.example").value(), role, {}, kNow});
  }
};

TEST_P(BadCertificateTest, IsRefusedInBothRoles) {
  for (const PeerRole role : {PeerRole::kInitiating, PeerRole::kReceiving}) {
    const VerifyResult verdict = verify(GetParam(), role);
    ASSERT_FALSE(verdict);
    EXPECT_EQ(id(verdict.error().refusal.reason), id(GetParam().expected))
        << verdict.error().refusal.text;
    EXPECT_EQ(verdict.error().depth, GetParam().depth);
    EXPECT_FALSE(verdict.error().refusal.text.empty());
    EXPECT_EQ(verdict.error().refusal.text.find('?'), std::string::npos)
        << verdict.error().refusal.text;
  }
}

TEST(BadCertificates, TheSameChainWithoutADefectIsAccepted) {
  const VerifyResult verdict =
      verify_peer({pki().present(pki().leaf(test::leaf_spec("peer.example"))),
                   pki().anchors(),
                   DomainName::parse("peer.example").value(),
                   PeerRole::kInitiating,
                   {},
                   kNow});
  EXPECT_TRUE(verdict) << verdict.error().refusal.text;
}

const auto kPast = kNow - std::chrono::days(1);
const auto kFuture = kNow + std::chrono::days(1);

Defect of_leaf(std::string name, Reason expected, std::function<void(CertificateSpec&)> change) {
  return {std::move(name), std::move(change), &nothing, expected, 0};
}
Defect of_intermediate(std::string name, Reason expected, int depth,
                       std::function<void(CertificateSpec&)> change) {
  return {std::move(name), &nothing, std::move(change), expected, depth};
}

const std::vector<Defect>& defects() {
  using Spec = CertificateSpec;
  static const std::vector<Defect> all{
      of_leaf("Expired", Reason::kExpired, [](Spec& s) { s.until = kPast; }),
      of_leaf("NotYetValid", Reason::kNotYetValid, [](Spec& s) { s.from = kFuture; }),
      of_leaf("ClientAuthOnly", Reason::kWrongPurpose, [](Spec& s) { s.purposes = "clientAuth"; }),
      of_leaf("CodeSigning", Reason::kWrongPurpose, [](Spec& s) { s.purposes = "codeSigning"; }),
      of_leaf("CommonNameOnly", Reason::kNameMissing,
              [](Spec& s) {
                s.common_name = "peer.example";
                s.dns_names.clear();
              }),
      of_leaf("CommonNameBesideOtherName", Reason::kNameMismatch,
              [](Spec& s) {
                s.common_name = "peer.example";
                s.dns_names.clear();
                s.other_names = {test::xmpp_addr("other.example")};
              }),
      of_leaf("CommonNameBesideWrongName", Reason::kNameMismatch,
              [](Spec& s) {
                s.common_name = "peer.example";
                s.dns_names = {"other.example"};
              }),
      of_leaf("AuthorityAsLeaf", Reason::kChainInvalid,
              [](Spec& s) {
                s.basic_constraints = "critical,CA:TRUE";
                s.key_usage = "critical,keyCertSign,digitalSignature";
              }),
      of_leaf("CertSignInLeaf", Reason::kChainInvalid,
              [](Spec& s) { s.key_usage = "critical,keyCertSign,digitalSignature"; }),
      of_leaf("NameConstraintsInLeaf", Reason::kChainInvalid,
              [](Spec& s) { s.name_constraints = "critical,permitted;DNS:peer.example"; }),
      of_leaf("Version1", Reason::kChainInvalid, [](Spec& s) { s.version = 0; }),
      of_leaf("Rsa1024", Reason::kWeakKey, [](Spec& s) { s.key = TestKey::kRsa1024; }),
      of_leaf("RsaOfOddSize", Reason::kWeakKey, [](Spec& s) { s.key = TestKey::kRsa2044; }),
      of_leaf("CurveOfBitcoin", Reason::kWeakKey, [](Spec& s) { s.key = TestKey::kSecp256k1; }),
      of_leaf("Dsa", Reason::kWeakKey, [](Spec& s) { s.key = TestKey::kDsa2048; }),
      of_leaf("Sha1", Reason::kWeakSignature, [](Spec& s) { s.digest = "SHA1"; }),
      of_leaf("Sha224", Reason::kWeakSignature, [](Spec& s) { s.digest = "SHA224"; }),
      of_intermediate("IntermediateExpired", Reason::kChainExpired, 1,
                      [](Spec& s) { s.until = kPast; }),
      of_intermediate("IntermediateNotYetValid", Reason::kChainExpired, 1,
                      [](Spec& s) { s.from = kFuture; }),
      of_intermediate("IntermediateIsNoCa", Reason::kChainInvalid, 1,
                      [](Spec& s) { s.basic_constraints = "critical,CA:FALSE"; }),
      of_intermediate("IntermediateMayNotSign", Reason::kChainInvalid, 1,
                      [](Spec& s) { s.key_usage = "critical,digitalSignature"; }),
      of_intermediate("IntermediateForClientsOnly", Reason::kWrongPurpose, 1,
                      [](Spec& s) { s.purposes = "clientAuth"; }),
      of_intermediate("IntermediateRsa1024", Reason::kWeakKey, 1,
                      [](Spec& s) { s.key = TestKey::kRsa1024; }),
      of_intermediate("IntermediateSha1", Reason::kWeakSignature, 1,
                      [](Spec& s) { s.digest = "SHA1"; }),
      of_intermediate("ExcludedName", Reason::kNameConstraint, 0,
                      [](Spec& s) { s.name_constraints = "critical,excluded;DNS:peer.example"; }),
      of_intermediate("NotPermittedName", Reason::kNameConstraint, 0,
                      [](Spec& s) { s.name_constraints = "critical,permitted;DNS:good.example"; }),
  };
  return all;
}

INSTANTIATE_TEST_SUITE_P(All, BadCertificateTest, ::testing::ValuesIn(defects()),
                         [](const auto& tested) { return tested.param.name; });

TEST(BadCertificates, SelfSigned) {
  const Issued leaf = test::issue_self_signed(test::leaf_spec("peer.example"));
  const VerifyResult verdict = verify_peer({{copy(leaf.certificate), {}},
                                            pki().anchors(),
                                            DomainName::parse("peer.example").value(),
                                            PeerRole::kInitiating,
                                            {},
                                            kNow});
  ASSERT_FALSE(verdict);
  EXPECT_EQ(verdict.error().refusal.reason, Reason::kSelfSigned);
}

TEST(BadCertificates, StrangersRootWithTheSameNames) {
  const TestPki stranger;  // every subject and issuer name equals ours; the keys do not
  const VerifyResult verdict =
      verify_peer({stranger.present(stranger.leaf(test::leaf_spec("peer.example"))),
                   pki().anchors(),
                   DomainName::parse("peer.example").value(),
                   PeerRole::kInitiating,
                   {},
                   kNow});
  EXPECT_FALSE(verdict);
}

TEST(BadCertificates, StrangersChainWithItsRoot) {
  const Issued root = test::issue_self_signed(test::authority_spec("Stranger Root"));
  const Issued leaf = issue(test::leaf_spec("peer.example"), root);
  PresentedChain chain{copy(leaf.certificate), {}};
  chain.sent.push_back(copy(root.certificate));
  const VerifyResult verdict = verify_peer({chain,
                                            pki().anchors(),
                                            DomainName::parse("peer.example").value(),
                                            PeerRole::kInitiating,
                                            {},
                                            kNow});
  ASSERT_FALSE(verdict);
  EXPECT_EQ(verdict.error().refusal.reason, Reason::kUntrustedIssuer);
}

TEST(BadCertificates, LeafSignedByALeaf) {
  const Issued middle = pki().leaf(test::leaf_spec("middle.example"));
  const Issued leaf = issue(test::leaf_spec("peer.example"), middle);
  PresentedChain chain{copy(leaf.certificate), {}};
  chain.sent.push_back(copy(middle.certificate));
  chain.sent.push_back(copy(pki().intermediate().certificate));
  EXPECT_FALSE(verify_peer({chain,
                            pki().anchors(),
                            DomainName::parse("peer.example").value(),
                            PeerRole::kInitiating,
                            {},
                            kNow}));
}

TEST(BadCertificates, BrokenSignature) {
  const Issued leaf = pki().leaf(test::leaf_spec("peer.example"));
  unsigned char* der = nullptr;
  const int size = i2d_X509(leaf.certificate.get(), &der);
  ASSERT_GT(size, 0);
  der[size - 1] ^= 1U;
  const unsigned char* cursor = der;
  PresentedChain chain = pki().present(leaf);
  chain.leaf.reset(d2i_X509(nullptr, &cursor, size));
  OPENSSL_free(der);
  ASSERT_TRUE(chain.leaf);
  const VerifyResult verdict = verify_peer({chain,
                                            pki().anchors(),
                                            DomainName::parse("peer.example").value(),
                                            PeerRole::kInitiating,
                                            {},
                                            kNow});
  ASSERT_FALSE(verdict);
  EXPECT_EQ(verdict.error().refusal.reason, Reason::kChainInvalid);
}

}  // namespace
}  // namespace portcullis::certs
