#include <gtest/gtest.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <vector>

#include "certs/verify/path/path_search.h"
#include "certs/verify/verify.h"
#include "tests/support/test_pki.h"

namespace portcullis::certs {
namespace {

using test::authority_spec;
using test::CertificateSpec;
using test::copy;
using test::Issued;
using test::kNow;
using test::leaf_spec;
using test::outcome;

const ReferenceName& reference() {
  static const ReferenceName name = DomainName::parse("peer.example").value();
  return name;
}

PresentedChain chain_of(const Issued& leaf, const std::vector<const Issued*>& sent) {
  PresentedChain chain;
  chain.leaf = copy(leaf.certificate);
  for (const Issued* one : sent) chain.sent.push_back(copy(one->certificate));
  return chain;
}

VerifyResult verify(const PresentedChain& chain, const TrustAnchors& anchors) {
  VerifyPolicy policy;
  policy.x509_strict = false;  // which demands key ids
  return verify_peer({chain, anchors, reference(), PeerRole::kInitiating, policy, kNow});
}

CertificateSpec without_key_ids(CertificateSpec spec) {
  spec.key_ids = false;
  return spec;
}

X509Ptr with_changed_signature(X509* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate, &der);
  const std::unique_ptr<unsigned char, void (*)(unsigned char*)> owned(
      der, [](unsigned char* octets) { OPENSSL_free(octets); });
  if (size <= 0) return nullptr;
  der[size - 1] ^= 1U;  // the last octet of a certificate belongs to its signature
  const unsigned char* begin = der;
  return X509Ptr(d2i_X509(nullptr, &begin, size));
}

// The path that is judged before the search has verified anything.
class LikelyPathTest : public ::testing::Test {
 protected:
  // Nothing but names leads from a leaf to its issuer, so that another CA of that name looks alike.
  Issued root_ = test::issue_self_signed(without_key_ids(authority_spec("Root")));
  Issued current_ = issue(without_key_ids(authority_spec("Issuing CA")), root_);
  Issued namesake_ = issue(without_key_ids(authority_spec("Issuing CA")), root_);
  Issued leaf_ = issue(without_key_ids(leaf_spec("peer.example")), current_);
  TrustAnchors anchors_ = test::anchors_of({root_.certificate.get()});

  CandidatePath likely(const PresentedChain& chain, const VerifyPolicy& policy = {}) {
    return first_path_by_names({chain, anchors_, reference(), PeerRole::kInitiating, policy, kNow})
        .value_or(CandidatePath());
  }
};

TEST_F(LikelyPathTest, IsTheOneThatTheSearchFindsFirst) {
  const PresentedChain chain = chain_of(leaf_, {&current_});
  CandidatePath found;
  for_each_path({chain, anchors_, reference(), PeerRole::kInitiating, VerifyPolicy(), kNow},
                [&](const CandidatePath& path) {
                  found = path;
                  return true;
                });
  EXPECT_EQ(found.size(), 3U);
  EXPECT_EQ(likely(chain), found);
}

TEST_F(LikelyPathTest, ANamesakeInItDoesNotHideTheIssuer) {
  const PresentedChain chain = chain_of(leaf_, {&namesake_, &current_});
  ASSERT_EQ(likely(chain).size(), 3U);
  EXPECT_EQ(likely(chain)[1], chain.sent[0].get());
  EXPECT_EQ(outcome(verify(chain, anchors_)), "accepted");
}

TEST_F(LikelyPathTest, ANamesakeAloneIsNotTakenForTheIssuer) {
  const PresentedChain chain = chain_of(leaf_, {&namesake_});
  EXPECT_EQ(likely(chain).size(), 3U);
  EXPECT_EQ(outcome(verify(chain, anchors_)), "chain_invalid");
}

// Each octet of each signature, and of what is signed, counts as much as it did.
TEST_F(LikelyPathTest, OneChangedBitOfASignatureIsRefused) {
  for (const bool in_leaf : {true, false}) {
    PresentedChain chain = chain_of(leaf_, {&current_});
    X509Ptr& changed = in_leaf ? chain.leaf : chain.sent[0];
    changed = with_changed_signature(changed.get());
    EXPECT_EQ(likely(chain).size(), 3U);
    EXPECT_FALSE(verify(chain, anchors_).has_value()) << in_leaf;
  }
}

// CAs of one name that seem to issue each other lead nowhere, and nobody can have every way tried.
TEST_F(LikelyPathTest, IsNotLookedForAmongManyNamesakes) {
  std::vector<Issued> rings;
  for (int i = 0; i < 7; ++i)
    rings.push_back(test::issue_self_signed(without_key_ids(authority_spec("Issuing CA"))));
  PresentedChain chain = chain_of(leaf_, {});
  for (const Issued& ring : rings) chain.sent.push_back(copy(ring.certificate));
  chain.sent.push_back(copy(current_.certificate));
  EXPECT_TRUE(likely(chain).empty());
  EXPECT_EQ(outcome(verify(chain, anchors_)), "accepted") << "the search finds it by signatures";
}

TEST_F(LikelyPathTest, IsNotLongerThanThePolicyAllows) {
  VerifyPolicy policy;
  policy.max_intermediates = 0;
  EXPECT_TRUE(likely(chain_of(leaf_, {&current_}), policy).empty());
}

TEST_F(LikelyPathTest, ThereIsNoneWithoutAnAnchor) {
  EXPECT_TRUE(likely(chain_of(leaf_, {})).empty());
}

}  // namespace
}  // namespace portcullis::certs
