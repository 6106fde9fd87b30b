#include "certs/verify/path/path_search.h"

#include <gtest/gtest.h>
#include <openssl/x509v3.h>

#include <set>
#include <string>
#include <vector>

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

VerifyResult verify(const PresentedChain& chain, const TrustAnchors& anchors,
                    const VerifyPolicy& policy = {}) {
  return verify_peer({chain, anchors, reference(), PeerRole::kInitiating, policy, kNow});
}

CertificateSpec expired_authority(const std::string& name) {
  CertificateSpec spec = authority_spec(name);
  spec.until = kNow - std::chrono::days(1);
  return spec;
}

CertificateSpec without_key_ids(CertificateSpec spec) {
  spec.key_ids = false;
  return spec;
}

// An issuing CA that two roots have certified: the old one's certificate of it has expired.
class CrossSignTest : public ::testing::Test {
 protected:
  Issued old_root_ = test::issue_self_signed(authority_spec("Old Root"));
  Issued new_root_ = test::issue_self_signed(authority_spec("New Root"));
  Issued current_ = issue(authority_spec("Issuing CA"), new_root_);
  Issued expired_ = cross_sign(expired_authority("Issuing CA"), current_, old_root_);
  Issued leaf_ = issue(leaf_spec("peer.example"), current_);
  TrustAnchors both_ = test::anchors_of({old_root_.certificate.get(), new_root_.certificate.get()});
};

// DST Root CA X3, 2021: the certificate that was sent first had ended, the other had not.
TEST_F(CrossSignTest, AnExpiredOneDoesNotHideTheOther) {
  EXPECT_EQ(outcome(verify(chain_of(leaf_, {&expired_, &current_}), both_)), "accepted");
  EXPECT_EQ(outcome(verify(chain_of(leaf_, {&current_, &expired_}), both_)), "accepted");
}

TEST_F(CrossSignTest, TheFirstPathGivesTheReasonWhenNonePasses) {
  const Issued constrained = [&] {
    CertificateSpec spec = authority_spec("Issuing CA");
    spec.name_constraints = "critical,excluded;DNS:peer.example";
    return cross_sign(spec, current_, new_root_);
  }();
  EXPECT_EQ(outcome(verify(chain_of(leaf_, {&expired_, &constrained}), both_)), "chain_expired");
  EXPECT_EQ(outcome(verify(chain_of(leaf_, {&constrained, &expired_}), both_)), "name_constraint");
}

TEST_F(CrossSignTest, AConstrainedOneDoesNotHideTheOther) {
  CertificateSpec spec = authority_spec("Issuing CA");
  spec.name_constraints = "critical,permitted;DNS:good.example";
  const Issued constrained = cross_sign(spec, current_, old_root_);
  EXPECT_EQ(outcome(verify(chain_of(leaf_, {&constrained, &current_}), both_)), "accepted");
}

TEST_F(CrossSignTest, AnExpiredRootOfTheSameNameAndKeyDoesNotHideItsSuccessor) {
  const Issued ended = cross_sign(expired_authority("New Root"), new_root_, new_root_);
  const TrustAnchors anchors =
      test::anchors_of({ended.certificate.get(), new_root_.certificate.get()});
  EXPECT_EQ(outcome(verify(chain_of(leaf_, {&current_}), anchors)), "accepted");
  const TrustAnchors only_ended = test::anchors_of({ended.certificate.get()});
  EXPECT_EQ(outcome(verify(chain_of(leaf_, {&current_}), only_ended)), "chain_expired");
}

TEST_F(CrossSignTest, ARootOfTheSameNameButAnotherKeyIsNotTakenForIt) {
  const Issued namesake = test::issue_self_signed(without_key_ids(authority_spec("New Root")));
  const TrustAnchors first =
      test::anchors_of({namesake.certificate.get(), new_root_.certificate.get()});
  EXPECT_EQ(outcome(verify(chain_of(leaf_, {&current_}), first)), "accepted");
  const TrustAnchors alone = test::anchors_of({namesake.certificate.get()});
  EXPECT_NE(outcome(verify(chain_of(leaf_, {&current_}), alone)), "accepted");
}

TEST(PathSearch, ASelfSignedStrangerAmongTheSentOnesEndsNowhere) {
  const Issued stranger = test::issue_self_signed(authority_spec("Stranger"));
  const Issued leaf = issue(leaf_spec("peer.example"), stranger);
  const Issued root = test::issue_self_signed(authority_spec("Root"));
  const TrustAnchors anchors = test::anchors_of({root.certificate.get()});
  EXPECT_EQ(outcome(verify(chain_of(leaf, {&stranger, &stranger, &root}), anchors)),
            "untrusted_issuer");
}

std::vector<std::size_t> path_lengths(const PresentedChain& chain, const TrustAnchors& anchors,
                                      SearchEnd* end = nullptr, const VerifyPolicy& policy = {}) {
  const VerifyRequest request{chain, anchors, reference(), PeerRole::kInitiating, policy, kNow};
  std::vector<std::size_t> lengths;
  const SearchEnd ended = for_each_path(request, [&](const CandidatePath& path) {
    EXPECT_EQ(path.front(), chain.leaf.get());
    const std::set<const X509*> distinct(path.begin(), path.end());
    EXPECT_EQ(distinct.size(), path.size());
    lengths.push_back(path.size());
    return false;
  });
  if (end != nullptr) *end = ended;
  return lengths;
}

// CVE-2024-0567: CAs that have certified each other.
TEST(PathSearch, CrossSignedCyclesEnd) {
  const Issued root = test::issue_self_signed(authority_spec("Root"));
  const Issued a = issue(authority_spec("CA A"), root);
  const Issued b = issue(authority_spec("CA B"), root);
  const Issued a_by_b = cross_sign(authority_spec("CA A"), a, b);
  const Issued b_by_a = cross_sign(authority_spec("CA B"), b, a);
  const Issued leaf = issue(leaf_spec("peer.example"), a);
  const TrustAnchors anchors = test::anchors_of({root.certificate.get()});
  EXPECT_EQ(outcome(verify(chain_of(leaf, {&a_by_b, &b_by_a}), anchors)), "untrusted_issuer");
  EXPECT_EQ(outcome(verify(chain_of(leaf, {&a_by_b, &b_by_a, &b}), anchors)), "accepted");
  EXPECT_EQ(path_lengths(chain_of(leaf, {&a_by_b, &b_by_a, &b}), anchors),
            std::vector<std::size_t>{4});
  EXPECT_EQ(outcome(verify(chain_of(leaf, {&a_by_b, &b_by_a, &a}), anchors)), "accepted");
}

TEST(PathSearch, TriesAnchorsBeforeWhatWasSent) {
  const Issued root = test::issue_self_signed(authority_spec("Root"));
  const Issued intermediate = issue(authority_spec("CA"), root);
  const Issued leaf = issue(leaf_spec("peer.example"), intermediate);
  const TrustAnchors anchors =
      test::anchors_of({root.certificate.get(), intermediate.certificate.get()});
  SearchEnd end = SearchEnd::kStopped;
  EXPECT_EQ(path_lengths(chain_of(leaf, {&intermediate}), anchors, &end),
            (std::vector<std::size_t>{2, 3}));
  EXPECT_EQ(end, SearchEnd::kExhausted);
  EXPECT_EQ(path_lengths(chain_of(intermediate, {}), anchors), (std::vector<std::size_t>{1, 2}));
}

TEST(PathSearch, StopsWhenTheVisitorHasSeenEnough) {
  const Issued root = test::issue_self_signed(authority_spec("Root"));
  const Issued leaf = issue(leaf_spec("peer.example"), root);
  const PresentedChain chain = chain_of(leaf, {});
  const TrustAnchors anchors = test::anchors_of({root.certificate.get()});
  const VerifyPolicy policy;
  const VerifyRequest request{chain, anchors, reference(), PeerRole::kInitiating, policy, kNow};
  EXPECT_EQ(for_each_path(request, [](const CandidatePath&) { return true; }), SearchEnd::kStopped);
}

TEST(PathSearch, CountsIntermediatesAsThePolicyDoes) {
  const Issued root = test::issue_self_signed(authority_spec("Root"));
  const Issued first = issue(authority_spec("CA 1"), root);
  const Issued second = issue(authority_spec("CA 2"), first);
  const Issued leaf = issue(leaf_spec("peer.example"), second);
  const TrustAnchors anchors = test::anchors_of({root.certificate.get()});
  const PresentedChain chain = chain_of(leaf, {&second, &first});
  VerifyPolicy policy;
  policy.max_intermediates = 2;
  EXPECT_EQ(path_lengths(chain, anchors, nullptr, policy), std::vector<std::size_t>{4});
  EXPECT_EQ(outcome(verify(chain, anchors, policy)), "accepted");
  policy.max_intermediates = 1;
  EXPECT_TRUE(path_lengths(chain, anchors, nullptr, policy).empty());
  EXPECT_EQ(outcome(verify(chain, anchors, policy)), "chain_invalid");
  policy.max_intermediates = 0;
  EXPECT_EQ(outcome(verify(chain_of(issue(leaf_spec("peer.example"), root), {}), anchors, policy)),
            "accepted");
}

// Levels of CAs, each of which has four certificates from every one above it; no root is trusted.
TEST(PathSearch, GoesThroughFiveHundredAndTwelveCertificatesAndNoMore) {
  VerifyPolicy policy;
  policy.max_intermediates = 10;
  for (const int levels : {4, 5}) {
    PresentedChain chain;
    Issued above = test::issue_self_signed(authority_spec("Stranger"));
    for (int level = 0; level < levels; ++level) {
      const std::string name = "CA " + std::to_string(level);
      Issued authority = issue(authority_spec(name), above);
      for (int i = 0; i < 3; ++i) {
        chain.sent.push_back(cross_sign(authority_spec(name), authority, above).certificate);
      }
      chain.sent.push_back(copy(authority.certificate));
      above = std::move(authority);
    }
    chain.leaf = issue(leaf_spec("peer.example"), above).certificate;
    const Issued root = test::issue_self_signed(authority_spec("Root"));
    SearchEnd end = SearchEnd::kStopped;
    EXPECT_TRUE(
        path_lengths(chain, test::anchors_of({root.certificate.get()}), &end, policy).empty());
    EXPECT_EQ(end, levels == 4 ? SearchEnd::kExhausted : SearchEnd::kLimited);
  }
}

// Every certificate of the same root: expired ones, then a good one.
TrustAnchors roots_with_good_one_at(const Issued& root, int place) {
  std::vector<certs::X509Ptr> kept;
  std::vector<const X509*> roots;
  for (int i = 1; i < place; ++i) {
    kept.push_back(cross_sign(expired_authority("Root"), root, root).certificate);
    roots.push_back(kept.back().get());
  }
  roots.push_back(root.certificate.get());
  return test::anchors_of(roots);
}

TEST(PathSearch, LooksAtSixtyFourPathsAndNoMore) {
  const Issued root = test::issue_self_signed(authority_spec("Root"));
  const PresentedChain chain = chain_of(issue(leaf_spec("peer.example"), root), {});
  EXPECT_EQ(outcome(verify(chain, roots_with_good_one_at(root, kMaxPaths))), "accepted");
  const TrustAnchors one_more = roots_with_good_one_at(root, kMaxPaths + 1);
  EXPECT_EQ(outcome(verify(chain, one_more)), "chain_expired");
  SearchEnd end = SearchEnd::kExhausted;
  EXPECT_EQ(path_lengths(chain, one_more, &end).size(), std::size_t{kMaxPaths});
  EXPECT_EQ(end, SearchEnd::kLimited);
}

// Roots that only the signature tells apart, the right one in the given place.
TrustAnchors namesakes_with_right_one_at(const Issued& right, int place) {
  std::vector<certs::X509Ptr> kept;
  std::vector<const X509*> roots;
  for (int i = 1; i < place; ++i) {
    kept.push_back(test::issue_self_signed(without_key_ids(authority_spec("Root"))).certificate);
    roots.push_back(kept.back().get());
  }
  roots.push_back(right.certificate.get());
  return test::anchors_of(roots);
}

TEST(PathSearch, ChecksTwoHundredSignaturesAndNoMore) {
  VerifyPolicy policy;
  policy.x509_strict = false;  // which wants key ids
  const Issued root = test::issue_self_signed(without_key_ids(authority_spec("Root")));
  const PresentedChain chain =
      chain_of(issue(without_key_ids(leaf_spec("peer.example")), root), {});
  EXPECT_EQ(outcome(verify(chain, namesakes_with_right_one_at(root, kMaxSignatureChecks), policy)),
            "accepted");
  const VerifyResult limited =
      verify(chain, namesakes_with_right_one_at(root, kMaxSignatureChecks + 1), policy);
  ASSERT_FALSE(limited);
  EXPECT_EQ(outcome(limited), "chain_invalid");
  EXPECT_NE(limited.error().refusal.text.find("too many ways"), std::string::npos);
}

TEST(PathSearch, SaysWhatIsMissing) {
  const Issued root = test::issue_self_signed(authority_spec("Root"));
  const Issued far = issue(authority_spec("Far CA"), root);
  CertificateSpec spec = authority_spec("Near CA");
  spec.issuer_url = "http://ca.example/far.cer";
  const Issued near = issue(spec, far);
  const Issued leaf = issue(leaf_spec("peer.example"), near);
  const VerifyResult verdict =
      verify(chain_of(leaf, {&near}), test::anchors_of({root.certificate.get()}));
  ASSERT_EQ(outcome(verdict), "missing_intermediate");
  const std::string& text = verdict.error().refusal.text;
  EXPECT_NE(text.find("CN=Far CA"), std::string::npos) << text;
  EXPECT_NE(text.find("2 certificate(s) came"), std::string::npos) << text;
  EXPECT_NE(text.find("http://ca.example/far.cer"), std::string::npos) << text;
  const ASN1_OCTET_STRING* id = X509_get0_authority_key_id(near.certificate.get());
  std::string hex;
  for (int i = 0; i < ASN1_STRING_length(id); ++i) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    hex += kDigits[ASN1_STRING_get0_data(id)[i] >> 4U];
    hex += kDigits[ASN1_STRING_get0_data(id)[i] & 15U];
  }
  EXPECT_NE(text.find("key id " + hex), std::string::npos) << text;
}

}  // namespace
}  // namespace portcullis::certs
