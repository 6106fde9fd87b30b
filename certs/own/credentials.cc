#include "certs/own/credentials.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <string>
#include <utility>

#include "certs/names/identity.h"
#include "certs/names/presented_names.h"
#include "certs/own/der.h"
#include "certs/own/key_file.h"
#include "certs/x509/asn1_time.h"
#include "certs/x509/certificate_text.h"
#include "certs/x509/openssl_error.h"
#include "certs/x509/pem_file.h"
#include "certs/x509/spki_pin.h"

namespace portcullis::certs {
namespace {

Result<void> check_validity(const X509* leaf, const std::string& file,
                            std::chrono::sys_seconds now) {
  const auto begin = to_sys_seconds(X509_get0_notBefore(leaf));
  const auto end = to_sys_seconds(X509_get0_notAfter(leaf));
  if (!begin || !end) return fail(file + ": the certificate's validity does not parse");
  if (now < *begin) {
    return fail(file + ": the certificate is valid only from " + minute_text(*begin) +
                "; check this machine's clock");
  }
  if (now > *end) {
    return fail(file + ": the certificate expired on " + minute_text(*end) + "; renew it");
  }
  return {};
}

}  // namespace

std::optional<KeyType> key_type_of(const EVP_PKEY* key) {
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_EC:
      return KeyType::kEcdsa;
    case EVP_PKEY_RSA:
    case EVP_PKEY_RSA_PSS:
      return KeyType::kRsa;
    case EVP_PKEY_ED25519:
    case EVP_PKEY_ED448:
      return KeyType::kEddsa;
    default:
      return std::nullopt;
  }
}

std::optional<KeyType> key_type_of_leaf(const X509* leaf) {
  const EVP_PKEY* const key = leaf != nullptr ? X509_get0_pubkey(leaf) : nullptr;
  return key != nullptr ? key_type_of(key) : std::nullopt;
}

Result<KeyPair> load_key_pair(const std::string& chain_file, const std::string& key_file,
                              std::chrono::sys_seconds now, const ServiceUser& us) {
  auto certificates = read_certificates(chain_file);
  if (!certificates) return fail(std::move(certificates.error().message));
  auto key = read_key_file(key_file, us).and_then([&](std::string&& pem) {
    return parse_private_key(std::move(pem), key_file);
  });
  if (!key) return fail(std::move(key.error().message));

  KeyPair pair;
  pair.leaf = std::move(certificates->front());
  pair.chain.assign(std::make_move_iterator(certificates->begin() + 1),
                    std::make_move_iterator(certificates->end()));
  pair.key = std::move(*key);

  const bool fits = X509_check_private_key(pair.leaf.get(), pair.key.get()) == 1;
  take_openssl_error();
  if (!fits) {
    return fail(key_file + ": is not the key of the first certificate in " + chain_file +
                "; the file must hold the server's own certificate first");
  }
  const auto type = key_type_of(pair.key.get());
  if (!type) return fail(key_file + ": use an ECDSA, RSA or Ed25519 key");
  pair.type = *type;
  if (auto valid = check_validity(pair.leaf.get(), chain_file, now); !valid) {
    return fail(std::move(valid.error().message));
  }
  return pair;
}

bool allows_key_encipherment(const KeyPair& pair) {
  return (X509_get_key_usage(pair.leaf.get()) & KU_KEY_ENCIPHERMENT) != 0;
}

bool allows_client_use(const KeyPair& pair) {
  // Without the extension, all bits are set.
  const auto purposes = X509_get_extended_key_usage(pair.leaf.get());
  return (purposes & (XKU_SSL_CLIENT | XKU_ANYEKU)) != 0;
}

bool names_domain(const X509* leaf, const DomainName& domain) {
  const auto names = read_presented_names(leaf);
  return names &&
         match_identity(leaf, *names, domain, Service::kServer).result == NameMatch::kMatch;
}

std::chrono::sys_seconds not_after(const X509* certificate) {
  return to_sys_seconds(X509_get0_notAfter(certificate)).value_or(std::chrono::sys_seconds{});
}

std::chrono::sys_seconds not_before(const X509* certificate) {
  return to_sys_seconds(X509_get0_notBefore(certificate)).value_or(std::chrono::sys_seconds{});
}

bool same_certificate(X509* one, X509* other) {
  if (one == nullptr || other == nullptr) return false;
  const auto first = certificate_to_der(one);
  const auto second = certificate_to_der(other);
  return first && second && *first == *second;
}

Result<PinnedKeys> PinnedKeys::of(const std::vector<X509Ptr>& certificates,
                                  const std::string& path) {
  PinnedKeys keys;
  for (const X509Ptr& certificate : certificates) {
    const auto pin = spki_pin(certificate.get());
    if (!pin) return fail(path + ": a certificate's public key does not parse");
    keys.pins_.push_back(*pin);
  }
  return keys;
}

bool PinnedKeys::match(X509* leaf) const {
  if (leaf == nullptr) return false;
  const auto pin = spki_pin(leaf);
  return pin && std::find(pins_.begin(), pins_.end(), *pin) != pins_.end();
}

}  // namespace portcullis::certs
