#include <gtest/gtest.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <string_view>

#include "certs/own/credentials.h"
#include "certs/verify/verify.h"
#include "certs/x509/spki_pin.h"
#include "tests/support/test_pki.h"

namespace portcullis::certs {
namespace {

using test::CertificateSpec;
using test::copy;
using test::Issued;
using test::kNow;
using test::outcome;
using test::TestKey;

const test::TestPki& pki() {
  static const test::TestPki made;
  return made;
}

VerifyResult verify(const PresentedChain& chain, const VerifyPolicy& policy,
                    std::string_view reference = "peer.example") {
  return verify_peer({chain, pki().anchors(), DomainName::parse(reference).value(),
                      PeerRole::kInitiating, policy, kNow});
}

PresentedChain leaf_with(TestKey key) {
  CertificateSpec spec = test::leaf_spec("peer.example");
  spec.key = key;
  return pki().present(pki().leaf(spec));
}

TEST(AllowedCurves, AreAskedForEachType) {
  VerifyPolicy no_rsa2048;
  no_rsa2048.min_rsa_bits = 3072;
  VerifyPolicy no_p384;
  no_p384.curves.p384 = false;
  VerifyPolicy no_ed25519;
  no_ed25519.curves.ed25519 = false;
  VerifyPolicy no_p256;  // which the CAs of these tests have
  no_p256.curves.p256 = false;
  const struct {
    TestKey key;
    const VerifyPolicy& without;
  } cases[] = {{TestKey::kRsa2048, no_rsa2048},
               {TestKey::kP384, no_p384},
               {TestKey::kEd25519, no_ed25519},
               {TestKey::kP256, no_p256}};
  for (const auto& c : cases) {
    EXPECT_EQ(outcome(verify(leaf_with(c.key), {})), "accepted");
    const VerifyResult refused = verify(leaf_with(c.key), c.without);
    EXPECT_EQ(outcome(refused), "weak_key");
    EXPECT_EQ(refused.error().depth, 0);
  }
  EXPECT_EQ(outcome(verify(leaf_with(TestKey::kP384), no_p256)), "weak_key");
}

TEST(AllowedCurves, TheRefusalSaysWhatWouldDo) {
  VerifyPolicy policy;
  policy.curves = {false, true, true, false, true};
  const VerifyResult refused = verify(leaf_with(TestKey::kP256), policy);
  ASSERT_EQ(outcome(refused), "weak_key");
  EXPECT_NE(refused.error().refusal.text.find("RSA-2048, P-384 or Ed448"), std::string::npos)
      << refused.error().refusal.text;
}

TEST(AllowedSignatures, AreAskedForEachDigest) {
  for (const std::string digest : {"SHA256", "SHA384", "SHA512"}) {
    CertificateSpec spec = test::leaf_spec("peer.example");
    spec.digest = digest;
    const PresentedChain chain = pki().present(pki().leaf(spec));
    EXPECT_EQ(outcome(verify(chain, {})), "accepted") << digest;
    VerifyPolicy without;
    without.signatures.sha256 = digest != "SHA256";
    without.signatures.sha384 = digest != "SHA384";
    without.signatures.sha512 = digest != "SHA512";
    EXPECT_EQ(outcome(verify(chain, without)), "weak_signature") << digest;
  }
}

TEST(AllowedSignatures, CountEdDsaAsOneOfThem) {
  CertificateSpec authority = test::authority_spec("EdDSA Root");
  authority.key = TestKey::kEd25519;
  const Issued root = test::issue_self_signed(authority);
  const TrustAnchors anchors = test::anchors_of({root.certificate.get()});
  const PresentedChain chain{issue(test::leaf_spec("peer.example"), root).certificate, {}};
  const ReferenceName reference = DomainName::parse("peer.example").value();
  VerifyPolicy policy;
  EXPECT_EQ(outcome(verify_peer({chain, anchors, reference, PeerRole::kInitiating, policy, kNow})),
            "accepted");
  policy.signatures.eddsa = false;
  EXPECT_EQ(outcome(verify_peer({chain, anchors, reference, PeerRole::kInitiating, policy, kNow})),
            "weak_signature");
}

TEST(MaxCertificates, CanBeRaised) {
  PresentedChain chain = leaf_with(TestKey::kP256);
  while (chain.sent.size() < 10) chain.sent.push_back(copy(pki().root().certificate));
  EXPECT_EQ(outcome(verify(chain, {})), "chain_invalid");
  VerifyPolicy policy;
  policy.max_certificates = 11;
  EXPECT_EQ(outcome(verify(chain, policy)), "accepted");
}

TEST(KeyCertSign, IsNotForLeavesEvenWithoutStrictness) {
  CertificateSpec spec = test::leaf_spec("peer.example");
  spec.key_usage = "critical,keyCertSign,digitalSignature";
  VerifyPolicy lax;
  lax.x509_strict = false;
  EXPECT_EQ(outcome(verify(pki().present(pki().leaf(spec)), lax)), "chain_invalid");
}

TEST(AuthorityInformationAccess, MustParse) {
  CertificateSpec spec = test::leaf_spec("peer.example");
  spec.raw_extensions = {{NID_info_access, "\x30\x03\x02\x01\x01"}};
  EXPECT_EQ(outcome(verify(pki().present(pki().leaf(spec)), {})), "chain_invalid");
}

using NumberPtr = std::unique_ptr<BIGNUM, Deleter<&BN_free>>;
using NumberContextPtr = std::unique_ptr<BN_CTX, Deleter<&BN_CTX_free>>;
using ParametersBuilderPtr = std::unique_ptr<OSSL_PARAM_BLD, Deleter<&OSSL_PARAM_BLD_free>>;
using ParametersPtr = std::unique_ptr<OSSL_PARAM, Deleter<&OSSL_PARAM_free>>;
using KeyContextPtr = std::unique_ptr<EVP_PKEY_CTX, Deleter<&EVP_PKEY_CTX_free>>;

EvpPkeyPtr rsa_key(const BIGNUM* modulus, const BIGNUM* exponent, const BIGNUM* secret) {
  const ParametersBuilderPtr builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus);
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent);
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_D, secret);
  const ParametersPtr parameters(OSSL_PARAM_BLD_to_param(builder.get()));
  const KeyContextPtr context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  EVP_PKEY* key = nullptr;
  EVP_PKEY_fromdata_init(context.get());
  EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEYPAIR, parameters.get());
  return EvpPkeyPtr(key);
}

constexpr BN_ULONG kExponent = 65537;

// A prime that makes `modulus` at most `bits` long. `kExponent` has an inverse to its order.
NumberPtr prime_factor(const BIGNUM* modulus, int bits) {
  constexpr int kPrimeBits = 512;
  const int missing = bits - BN_num_bits(modulus);
  NumberPtr prime(BN_new());
  do {
    const int size = missing < 2 * kPrimeBits ? missing : kPrimeBits;
    BN_generate_prime_ex(prime.get(), size, 0, nullptr, nullptr, nullptr);
  } while (BN_mod_word(prime.get(), kExponent) == 1);
  return prime;
}

// A working key of many small primes, as two long ones would take minutes to find.
EvpPkeyPtr long_rsa_key(int bits) {
  const NumberContextPtr context(BN_CTX_new());
  const NumberPtr exponent(BN_new());
  const NumberPtr modulus(BN_new());
  const NumberPtr order(BN_new());
  BN_set_word(exponent.get(), kExponent);
  while (BN_num_bits(modulus.get()) != bits) {
    BN_one(modulus.get());
    BN_one(order.get());
    while (bits - BN_num_bits(modulus.get()) > 8) {
      const NumberPtr prime = prime_factor(modulus.get(), bits);
      BN_mul(modulus.get(), modulus.get(), prime.get(), context.get());
      BN_sub_word(prime.get(), 1);
      BN_mul(order.get(), order.get(), prime.get(), context.get());
    }
  }
  const NumberPtr secret(BN_mod_inverse(nullptr, exponent.get(), order.get(), context.get()));
  return rsa_key(modulus.get(), exponent.get(), secret.get());
}

TEST(LongKeys, AreNotLookedAt) {
  for (const int bits : {8192, 8200}) {
    const bool is_too_long = bits > 8192;
    Issued authority;
    authority.key = long_rsa_key(bits);
    ASSERT_TRUE(authority.key);
    authority = cross_sign(test::authority_spec("Long CA"), authority, pki().root());
    PresentedChain chain{issue(test::leaf_spec("peer.example"), authority).certificate, {}};
    chain.sent.push_back(copy(authority.certificate));
    const VerifyResult verdict = verify(chain, {});
    EXPECT_EQ(outcome(verdict), is_too_long ? "chain_invalid" : "accepted");
    const std::string text = verdict ? "" : verdict.error().refusal.text;
    EXPECT_EQ(text.find("at most 8192") != std::string::npos, is_too_long);
  }
}

class PinTest : public ::testing::Test {
 protected:
  static Issued own(TestKey key = TestKey::kP256) {
    CertificateSpec spec = test::leaf_spec("whatever.example");
    spec.key = key;
    spec.until = kNow - std::chrono::days(1);
    spec.basic_constraints = "critical,CA:TRUE";  // as `openssl req -x509` makes them
    return test::issue_self_signed(spec);
  }
  static VerifyPolicy pinned_to(const Issued& issued) {
    VerifyPolicy policy;
    policy.pins = {spki_pin(issued.certificate.get()).value()};
    return policy;
  }
};

TEST_F(PinTest, StandsForChainValidityAndName) {
  const Issued self_signed = own();
  const VerifyResult verdict =
      verify({copy(self_signed.certificate), {}}, pinned_to(self_signed), "peer.example");
  ASSERT_EQ(outcome(verdict), "accepted");
  EXPECT_TRUE(verdict->pinned);
  EXPECT_EQ(verdict->expires, std::chrono::sys_seconds::max());
}

TEST_F(PinTest, DoesNotStandForTheKeyFloor) {
  const Issued weak = own(TestKey::kRsa1024);
  EXPECT_EQ(outcome(verify({copy(weak.certificate), {}}, pinned_to(weak))), "weak_key");
}

TEST_F(PinTest, OfAnotherKeyLeavesItToTheChain) {
  const Issued other = own();
  const PresentedChain good = leaf_with(TestKey::kP256);
  const VerifyResult verdict = verify(good, pinned_to(other));
  ASSERT_EQ(outcome(verdict), "accepted");
  EXPECT_FALSE(verdict->pinned);
  EXPECT_EQ(outcome(verify({copy(own().certificate), {}}, pinned_to(other))), "self_signed");
}

TEST_F(PinTest, CanBeTheOnlyWay) {
  VerifyPolicy policy = pinned_to(own());
  policy.pins_only = true;
  const PresentedChain good = leaf_with(TestKey::kP256);
  const VerifyResult verdict = verify(good, policy);
  ASSERT_EQ(outcome(verdict), "pin_mismatch");
  EXPECT_NE(verdict.error().refusal.text.find(spki_pin_text(good.leaf.get())), std::string::npos);
  policy.pins.clear();
  EXPECT_EQ(outcome(verify(good, policy)), "pin_mismatch");
}

TEST_F(PinTest, MatchesTheKeyWhateverCertificateHoldsIt) {
  const Issued first = own();
  const Issued renewed = cross_sign(test::leaf_spec("renewed.example"), first, first);
  EXPECT_EQ(outcome(verify({copy(renewed.certificate), {}}, pinned_to(first))), "accepted");
}

TEST(PinText, IsReadAsItIsWritten) {
  const policy::SpkiPin digest = spki_pin(pki().root().certificate.get()).value();
  const std::string text = policy::pin_text(digest);
  ASSERT_TRUE(policy::parse_pin(text));
  EXPECT_EQ(*policy::parse_pin(text), digest);
  EXPECT_EQ(text, spki_pin_text(pki().root().certificate.get()));
  std::string unused_bits = text;
  unused_bits[unused_bits.size() - 2] = static_cast<char>(unused_bits[unused_bits.size() - 2] + 1);
  for (const std::string& bad :
       {std::string(), std::string("spki-sha256:"), text.substr(12), text + "=", text + "\n",
        "spki-sha1:" + text.substr(12), "spki-sha256: " + text.substr(12, 43), unused_bits,
        "spki-sha256:" + std::string(44, '!'), "spki-sha256:" + std::string(44, 'A')}) {
    EXPECT_FALSE(policy::parse_pin(bad)) << bad;
  }
}

}  // namespace
}  // namespace portcullis::certs
