#include "certs/x509/key_text.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

namespace portcullis::certs {

std::string key_text(const X509* certificate) {
  if (certificate == nullptr) return {};
  const EVP_PKEY* const key = X509_get0_pubkey(certificate);
  if (key == nullptr) return {};
  const auto bits = std::to_string(EVP_PKEY_get_bits(key));
  if (EVP_PKEY_is_a(key, "RSA") == 1 || EVP_PKEY_is_a(key, "RSA-PSS") == 1) return "RSA " + bits;
  if (EVP_PKEY_is_a(key, "EC") == 1) return "ECDSA " + bits;
  if (EVP_PKEY_is_a(key, "ED25519") == 1) return "Ed25519";
  if (EVP_PKEY_is_a(key, "ED448") == 1) return "Ed448";
  const char* const name = EVP_PKEY_get0_type_name(key);
  return name == nullptr ? std::string() : name + (" " + bits);
}

}  // namespace portcullis::certs
