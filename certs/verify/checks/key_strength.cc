#include "certs/verify/checks/key_strength.h"

#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/objects.h>

#include <array>

#include "policy/reasons/reason.h"

namespace portcullis::certs {
namespace {

// Weaker keys are refused even with an exception: below RSA-1024, and curves below 160 bits.
constexpr int kLeastSecurityBits = 80;
constexpr int kLeastRsaBits = 1024;

// What is wrong with the key; empty when it is strong enough.
std::string ec_key_weakness(const EVP_PKEY* key, const VerifyPolicy& policy) {
  const policy::AllowedCurves& allowed = policy.curves;
  std::array<char, 64> group{};
  std::size_t length = 0;
  // There is a name only when the parameters are a named curve.
  if (EVP_PKEY_get_group_name(key, group.data(), group.size(), &length) != 1) {
    return "EC key without a named curve";
  }
  const int curve = OBJ_sn2nid(group.data());
  const bool fine = (curve == NID_X9_62_prime256v1 && allowed.p256) ||
                    (curve == NID_secp384r1 && allowed.p384) ||
                    (curve == NID_secp521r1 && allowed.p521);
  const bool waived =
      policy.waivers.weak_key && EVP_PKEY_get_security_bits(key) >= kLeastSecurityBits;
  if (fine || waived) return {};
  return fmt::format("EC key on {}", policy::printable(group.data(), 32));
}

std::string rsa_key_weakness(const EVP_PKEY* key, const VerifyPolicy& policy) {
  const int bits = EVP_PKEY_get_bits(key);
  if (policy.waivers.weak_key && bits >= kLeastRsaBits) return {};
  if (bits < policy.min_rsa_bits) {
    return fmt::format("RSA key of {} bits", bits);
  }
  if (bits % 8 != 0) return fmt::format("RSA key of {} bits, which is no multiple of 8", bits);
  return {};
}

}  // namespace

std::string key_weakness(const X509* certificate, const VerifyPolicy& policy) {
  const EVP_PKEY* key = X509_get0_pubkey(certificate);
  if (key == nullptr) return "key of an unknown type";
  const bool waived = policy.waivers.weak_key;
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
    case EVP_PKEY_RSA_PSS:
      return rsa_key_weakness(key, policy);
    case EVP_PKEY_EC:
      return ec_key_weakness(key, policy);
    case EVP_PKEY_ED25519:
      return policy.curves.ed25519 || waived ? "" : "Ed25519 key";
    case EVP_PKEY_ED448:
      return policy.curves.ed448 || waived ? "" : "Ed448 key";
    default:
      return "key of a type that TLS servers do not use";
  }
}

bool is_allowed_signature(X509* certificate, const VerifyPolicy& policy) {
  const policy::AllowedSignatures& allowed = policy.signatures;
  const bool waived = policy.waivers.weak_signature;
  int digest = NID_undef;
  int key_type = NID_undef;
  if (X509_get_signature_info(certificate, &digest, &key_type, nullptr, nullptr) != 1) return false;
  switch (digest) {
    case NID_sha1:
    case NID_sha224:
      return waived;
    case NID_sha256:
      return allowed.sha256 || waived;
    case NID_sha384:
      return allowed.sha384 || waived;
    case NID_sha512:
      return allowed.sha512 || waived;
    default:
      return (allowed.eddsa || waived) && (key_type == NID_ED25519 || key_type == NID_ED448);
  }
}

}  // namespace portcullis::certs
