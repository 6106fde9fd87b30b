#include "certs/chain_checks.h"

#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include <array>
#include <string>

#include "certs/certificate_text.h"
#include "certs/verify_fault.h"

namespace portcullis::certs {
namespace {

using policy::Reason;

constexpr long kVersion3 = 2;  // RFC 5280 4.1.2.1 counts from 0

// What is wrong with the key, empty when it is strong enough.
std::string ec_key_weakness(const EVP_PKEY* key) {
  std::array<char, 64> group{};
  std::size_t length = 0;
  // Has a name only if the parameters are a named curve.
  if (EVP_PKEY_get_group_name(key, group.data(), group.size(), &length) != 1) {
    return "EC key without a named curve";
  }
  switch (OBJ_sn2nid(group.data())) {
    case NID_X9_62_prime256v1:
    case NID_secp384r1:
    case NID_secp521r1:
      return {};
    default:
      return fmt::format("EC key on {}", policy::printable(group.data(), 32));
  }
}

std::string rsa_key_weakness(const EVP_PKEY* key, const VerifyPolicy& policy) {
  const int bits = EVP_PKEY_get_bits(key);
  if (bits < policy.min_rsa_bits) {
    return fmt::format("RSA key of {} bits", bits);
  }
  if (bits % 8 != 0) return fmt::format("RSA key of {} bits, which is no multiple of 8", bits);
  return {};
}

std::string key_weakness(const X509* certificate, const VerifyPolicy& policy) {
  const EVP_PKEY* key = X509_get0_pubkey(certificate);
  if (key == nullptr) return "key of an unknown type";
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
    case EVP_PKEY_RSA_PSS:
      return rsa_key_weakness(key, policy);
    case EVP_PKEY_EC:
      return ec_key_weakness(key);
    case EVP_PKEY_ED25519:
    case EVP_PKEY_ED448:
      return {};
    default:
      return "key of a type that TLS servers do not use";
  }
}

bool has_strong_digest(X509* certificate) {
  int digest = NID_undef;
  int key_type = NID_undef;
  if (X509_get_signature_info(certificate, &digest, &key_type, nullptr, nullptr) != 1) return false;
  switch (digest) {
    case NID_sha256:
    case NID_sha384:
    case NID_sha512:
      return true;
    default:
      return key_type == NID_ED25519 || key_type == NID_ED448;
  }
}

CertificateFault fault(Reason reason, const std::string& detail, X509* certificate,
                       const DomainName& reference, int depth, const std::string& least = "?") {
  return {policy::refuse(reason, {{"detail", detail},
                                  {"min", least},
                                  {"domain", reference.text()},
                                  {"issuer", issuer_text(certificate)},
                                  {"subject", subject_text(certificate)}}),
          depth, 0};
}

// An anchor's own signature and form are not judged: trusting it is the operator's decision.
std::optional<CertificateFault> check_non_anchor(X509* certificate, const DomainName& reference,
                                                 int depth) {
  if (X509_get_version(certificate) != kVersion3) {
    return fault(Reason::kChainInvalid,
                 "\"" + subject_text(certificate) + "\" is not an X.509 version 3 certificate",
                 certificate, reference, depth);
  }
  if (!has_strong_digest(certificate)) {
    return fault(Reason::kWeakSignature, OBJ_nid2ln(X509_get_signature_nid(certificate)),
                 certificate, reference, depth);
  }
  return std::nullopt;
}

std::optional<CertificateFault> check_leaf(X509* leaf, const DomainName& reference) {
  if ((X509_get_extension_flags(leaf) & EXFLAG_CA) != 0) {
    return fault(Reason::kChainInvalid, "a CA certificate is used as a server's own", leaf,
                 reference, 0);
  }
  if (X509_get_ext_by_NID(leaf, NID_name_constraints, -1) >= 0) {
    return fault(Reason::kChainInvalid, "name constraints in a certificate that is no CA's", leaf,
                 reference, 0);
  }
  return std::nullopt;
}

}  // namespace

std::optional<CertificateFault> check_floors(const VerifiedPath& path, const DomainName& reference,
                                             const VerifyPolicy& policy) {
  if (auto found = check_leaf(path.front().get(), reference)) return found;
  for (std::size_t i = 0; i < path.size(); ++i) {
    X509* certificate = path[i].get();
    const int depth = static_cast<int>(i);
    if (const std::string weakness = key_weakness(certificate, policy); !weakness.empty()) {
      return fault(Reason::kWeakKey, weakness, certificate, reference, depth,
                   least_key_text(policy));
    }
    if (i + 1 == path.size()) break;
    if (auto found = check_non_anchor(certificate, reference, depth)) return found;
  }
  return std::nullopt;
}

}  // namespace portcullis::certs
