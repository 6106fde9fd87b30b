#include "certs/verify/exception.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "certs/x509/spki_pin.h"
#include "tests/support/test_pki.h"

namespace portcullis::certs {
namespace {

using policy::Reason;
using test::CertificateSpec;
using test::copy;
using test::Issued;
using test::kNow;
using test::outcome;
using test::TestKey;

constexpr auto kDay = std::chrono::days(1);

const test::TestPki& pki() {
  static const test::TestPki made;
  return made;
}

LenientResult verify(const PresentedChain& chain, const Leniency& leniency,
                     const VerifyPolicy& policy = {},
                     const TrustAnchors& anchors = pki().anchors()) {
  return verify_leniently({chain, anchors, DomainName::parse("peer.example").value(),
                           PeerRole::kReceiving, policy, kNow},
                          leniency);
}

std::vector<Reason> reasons(const LenientResult& result) {
  std::vector<Reason> all;
  for (const policy::Refusal& waived : result.waived) all.push_back(waived.reason);
  return all;
}

using Reasons = std::vector<Reason>;

// A chain with one fault, under the policy that finds it.
struct Faulty {
  PresentedChain chain;
  VerifyPolicy policy;
};

Faulty of(const CertificateSpec& spec, VerifyPolicy policy = {}) {
  return {pki().present(pki().leaf(spec)), std::move(policy)};
}

Faulty expired() {
  CertificateSpec spec = test::leaf_spec("peer.example");
  spec.until = kNow - kDay;
  return of(spec);
}

Faulty not_yet_valid() {
  CertificateSpec spec = test::leaf_spec("peer.example");
  spec.from = kNow + kDay;
  return of(spec);
}

// `authority` stands between the root and the leaf.
Faulty under(const CertificateSpec& authority,
             const CertificateSpec& leaf = test::leaf_spec("peer.example")) {
  const Issued made = issue(authority, pki().root());
  Faulty faulty;
  faulty.chain.leaf = issue(leaf, made).certificate;
  faulty.chain.sent.push_back(copy(made.certificate));
  return faulty;
}

Faulty chain_expired() {
  CertificateSpec authority = test::authority_spec("Old CA");
  authority.until = kNow - kDay;
  return under(authority);
}

Faulty wrong_purpose() {
  CertificateSpec spec = test::leaf_spec("peer.example");
  spec.purposes = "clientAuth";
  return of(spec);
}

Faulty weak_key(TestKey key = TestKey::kRsa1024) {
  CertificateSpec spec = test::leaf_spec("peer.example");
  spec.key = key;
  return of(spec);
}

Faulty weak_signature(const std::string& digest = "SHA1") {
  CertificateSpec spec = test::leaf_spec("peer.example");
  spec.digest = digest;
  return of(spec);
}

Faulty revocation_unknown() {
  VerifyPolicy policy;
  policy.revocation = policy::Revocation::kCrlHard;
  return of(test::leaf_spec("peer.example"), policy);
}

struct WaivableCase {
  Reason reason;
  Faulty (*make)();
};

class WaivableTest : public ::testing::TestWithParam<WaivableCase> {};

TEST_P(WaivableTest, PassesWhenItIsNamed) {
  const Faulty faulty = GetParam().make();
  const LenientResult result = verify(faulty.chain, {{GetParam().reason}, {}}, faulty.policy);
  EXPECT_EQ(outcome(result.result), "accepted");
  EXPECT_EQ(reasons(result), Reasons{GetParam().reason});
}

TEST_P(WaivableTest, IsRefusedWhenAnythingElseIsNamed) {
  const Faulty faulty = GetParam().make();
  Leniency all_others;
  for (std::size_t i = 0; i < policy::kReasonCount; ++i) {
    if (policy::reason_at(i) != GetParam().reason) {
      all_others.allow.push_back(policy::reason_at(i));
    }
  }
  const LenientResult result = verify(faulty.chain, all_others, faulty.policy);
  EXPECT_EQ(outcome(result.result), policy::id(GetParam().reason));
  EXPECT_TRUE(result.waived.empty());
}

const std::vector<WaivableCase> kWaivable{{Reason::kExpired, &expired},
                                          {Reason::kNotYetValid, &not_yet_valid},
                                          {Reason::kChainExpired, &chain_expired},
                                          {Reason::kWrongPurpose, &wrong_purpose},
                                          {Reason::kWeakKey, [] { return weak_key(); }},
                                          {Reason::kWeakSignature, [] { return weak_signature(); }},
                                          {Reason::kRevocationUnknown, &revocation_unknown}};

INSTANTIATE_TEST_SUITE_P(Reasons, WaivableTest, ::testing::ValuesIn(kWaivable),
                         [](const auto& tested) {
                           return std::string(policy::id(tested.param.reason));
                         });

// What the list of reasons lets an exception name without a pin, the verification must be able to
// leave out; only the floor of TLS is the gate's.
TEST(Waivable, IsWhatTheListOfReasonsSays) {
  std::set<std::string_view> listed;
  for (std::size_t i = 0; i < policy::kReasonCount; ++i) {
    const auto& reason = policy::info(policy::reason_at(i));
    if (reason.waiver == policy::Waiver::kAllowed) listed.insert(reason.id);
  }
  std::set<std::string_view> known{"tls_version_too_low"};
  for (const WaivableCase& each : kWaivable) known.insert(policy::id(each.reason));
  EXPECT_EQ(listed, known);
}

TEST(Exception, OfNothingIsVerification) {
  const Faulty faulty = expired();
  EXPECT_EQ(outcome(verify(faulty.chain, {}).result), "expired");
  const LenientResult good =
      verify(pki().present(pki().leaf(test::leaf_spec("peer.example"))), {{Reason::kExpired}, {}});
  EXPECT_EQ(outcome(good.result), "accepted");
  EXPECT_TRUE(good.waived.empty());
}

TEST(Exception, LeavesASecondFaultStanding) {
  CertificateSpec spec = test::leaf_spec("peer.example");
  spec.until = kNow - kDay;
  spec.key = TestKey::kRsa1024;
  const Faulty faulty = of(spec);
  const LenientResult first = verify(faulty.chain, {{Reason::kExpired}, {}});
  EXPECT_EQ(outcome(first.result), "weak_key");
  const LenientResult second = verify(faulty.chain, {{Reason::kWeakKey}, {}});
  EXPECT_EQ(outcome(second.result), "expired");
  const LenientResult both = verify(faulty.chain, {{Reason::kWeakKey, Reason::kExpired}, {}});
  EXPECT_EQ(outcome(both.result), "accepted");
  EXPECT_EQ(both.waived.size(), 2U);
}

TEST(Exception, ChecksTheNameOfWhatHasExpired) {
  CertificateSpec spec = test::leaf_spec("other.example");
  spec.until = kNow - kDay;
  const LenientResult result = verify(of(spec).chain, {{Reason::kExpired}, {}});
  EXPECT_EQ(outcome(result.result), "name_mismatch");
  EXPECT_EQ(reasons(result), Reasons{Reason::kExpired});
}

TEST(Exception, KeepsExpiredAndNotYetValidApart) {
  CertificateSpec spec = test::leaf_spec("peer.example");
  spec.from = kNow + kDay;
  spec.until = kNow - kDay;
  EXPECT_EQ(outcome(verify(of(spec).chain, {{Reason::kNotYetValid}, {}}).result), "expired");
  EXPECT_EQ(outcome(verify(of(spec).chain, {{Reason::kExpired}, {}}).result), "not_yet_valid");
}

TEST(Exception, OfTheLeafsValidityIsNotThatOfTheChain) {
  EXPECT_EQ(outcome(verify(chain_expired().chain, {{Reason::kExpired}, {}}).result),
            "chain_expired");
  EXPECT_EQ(outcome(verify(expired().chain, {{Reason::kChainExpired}, {}}).result), "expired");
}

TEST(Exception, DoesNotLetAStreamEndWithWhatIsWaived) {
  const LenientResult result = verify(expired().chain, {{Reason::kExpired}, {}});
  ASSERT_TRUE(result.result);
  EXPECT_GT(result.result->expires, kNow);
  EXPECT_LT(result.result->expires, std::chrono::sys_seconds::max());
}

TEST(Exception, OfAWeakKeyHasAFloor) {
  const Leniency lenient{{Reason::kWeakKey}, {}};
  EXPECT_EQ(outcome(verify(weak_key(TestKey::kRsa2044).chain, lenient).result), "accepted");
  EXPECT_EQ(outcome(verify(weak_key(TestKey::kSecp256k1).chain, lenient).result), "accepted");
  EXPECT_EQ(outcome(verify(weak_key(TestKey::kDsa2048).chain, lenient).result), "weak_key");
  EXPECT_EQ(outcome(verify(weak_key(TestKey::kRsa768).chain, lenient).result), "weak_key");
}

TEST(Exception, OfAWeakSignatureDoesNotReachMd5) {
  const Leniency lenient{{Reason::kWeakSignature}, {}};
  CertificateSpec authority = test::authority_spec("RSA CA");
  authority.key = TestKey::kRsa2048;
  CertificateSpec leaf = test::leaf_spec("peer.example");
  for (const char* digest : {"SHA1", "MD5"}) {
    leaf.digest = digest;
    EXPECT_EQ(outcome(verify(under(authority, leaf).chain, lenient).result),
              std::string_view(digest) == "MD5" ? "weak_signature" : "accepted");
  }
}

TEST(Exception, OfPurposeDoesNotMakeALeafACa) {
  CertificateSpec no_ca = test::leaf_spec("ca.example");
  no_ca.purposes = "clientAuth";
  const LenientResult result = verify(under(no_ca).chain, {{Reason::kWrongPurpose}, {}});
  EXPECT_FALSE(result.result);
}

TEST(Exception, OfUnknownRevocationLeavesTheRevokedRefused) {
  const Issued leaf = pki().leaf(test::leaf_spec("peer.example"));
  const CrlStore crls =
      CrlStore::from_pem(test::crl_pem({{leaf.certificate.get()}}, pki().intermediate()), "x.pem")
          .value();  // none of the root's
  VerifyPolicy policy;
  policy.revocation = policy::Revocation::kCrlHard;
  policy.crls = &crls;
  const LenientResult result =
      verify(pki().present(leaf), {{Reason::kRevocationUnknown, Reason::kRevoked}, {}}, policy);
  EXPECT_EQ(outcome(result.result), "revoked");
}

TEST(Exception, DoesNotReachWhatMayNotBeWaived) {
  CertificateSpec no_ca = test::leaf_spec("peer.example");
  no_ca.basic_constraints = "critical,CA:TRUE";
  no_ca.key_usage = "";
  const LenientResult invalid = verify(of(no_ca).chain, {{Reason::kChainInvalid}, {}});
  EXPECT_EQ(outcome(invalid.result), "chain_invalid");
  EXPECT_TRUE(invalid.waived.empty());
  EXPECT_EQ(outcome(verify({}, {{Reason::kCertMissing}, {}}).result), "cert_missing");
  CertificateSpec malformed = test::leaf_spec("a_b.example");
  EXPECT_EQ(outcome(verify(of(malformed).chain, {{Reason::kCertMalformed}, {}}).result),
            "cert_malformed");
}

class PinnedExceptionTest : public ::testing::Test {
 protected:
  static policy::SpkiPin pin(const Issued& issued) {
    return spki_pin(issued.certificate.get()).value();
  }
  static Issued self_signed(TestKey key = TestKey::kP256) {
    CertificateSpec spec = test::leaf_spec("whatever.example");
    spec.key = key;
    spec.until = kNow - kDay;
    return test::issue_self_signed(spec);
  }
  static LenientResult verify_alone(const Issued& leaf, const Leniency& leniency) {
    return verify({copy(leaf.certificate), {}}, leniency);
  }
};

TEST_F(PinnedExceptionTest, StandsForChainValidityAndName) {
  const Issued own = self_signed();
  const LenientResult result = verify_alone(own, {{Reason::kSelfSigned}, {pin(own)}});
  ASSERT_EQ(outcome(result.result), "accepted");
  EXPECT_TRUE(result.result->pinned);
  EXPECT_EQ(reasons(result), Reasons{Reason::kSelfSigned});
}

TEST_F(PinnedExceptionTest, WithAnotherKeyOrNoneChangesNothing) {
  const Issued own = self_signed();
  for (const auto& pins : {std::vector<policy::SpkiPin>{}, {pin(self_signed())}}) {
    const LenientResult result = verify_alone(own, {{Reason::kSelfSigned}, pins});
    EXPECT_EQ(outcome(result.result), "self_signed");
    EXPECT_TRUE(result.waived.empty());
  }
}

TEST_F(PinnedExceptionTest, StandsOnlyForTheFaultThatIsNamed) {
  const Issued own = self_signed();
  EXPECT_EQ(outcome(verify_alone(own, {{Reason::kNameMismatch}, {pin(own)}}).result),
            "self_signed");
  const Faulty faulty = expired();
  const policy::SpkiPin key = spki_pin(faulty.chain.leaf.get()).value();
  EXPECT_EQ(outcome(verify(faulty.chain, {{Reason::kSelfSigned}, {key}}).result), "expired");
}

TEST_F(PinnedExceptionTest, CoversEveryBreachOfIdentity) {
  const Issued stranger = test::issue_self_signed(test::authority_spec("Stranger CA"));
  const Issued unknown = issue(test::leaf_spec("peer.example"), stranger);
  PresentedChain unknown_chain{copy(unknown.certificate), {}};
  unknown_chain.sent.push_back(copy(stranger.certificate));
  const LenientResult untrusted =
      verify(unknown_chain, {{Reason::kUntrustedIssuer}, {pin(unknown)}});
  EXPECT_EQ(outcome(untrusted.result), "accepted");
  const LenientResult missing =
      verify_alone(unknown, {{Reason::kMissingIntermediate}, {pin(unknown)}});
  EXPECT_EQ(outcome(missing.result), "accepted");
  EXPECT_EQ(reasons(missing), Reasons{Reason::kMissingIntermediate});

  const Issued other = pki().leaf(test::leaf_spec("other.example"));
  EXPECT_EQ(outcome(verify(pki().present(other), {{Reason::kNameMismatch}, {pin(other)}}).result),
            "accepted");
  CertificateSpec nameless = test::leaf_spec("peer.example");
  nameless.dns_names.clear();
  const Issued bare = pki().leaf(nameless);
  EXPECT_EQ(outcome(verify(pki().present(bare), {{Reason::kNameMissing}, {pin(bare)}}).result),
            "accepted");
  EXPECT_EQ(outcome(verify(pki().present(bare), {{Reason::kNameMismatch}, {pin(bare)}}).result),
            "name_missing");
}

TEST_F(PinnedExceptionTest, DoesNotStandForTheKeyFloor) {
  const Issued weak = self_signed(TestKey::kRsa1024);
  const LenientResult refused = verify_alone(weak, {{Reason::kSelfSigned}, {pin(weak)}});
  EXPECT_EQ(outcome(refused.result), "weak_key");
  const LenientResult both =
      verify_alone(weak, {{Reason::kSelfSigned, Reason::kWeakKey}, {pin(weak)}});
  EXPECT_EQ(outcome(both.result), "accepted");
  EXPECT_EQ(reasons(both), (Reasons{Reason::kWeakKey, Reason::kSelfSigned}));
}

}  // namespace
}  // namespace portcullis::certs
