#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "certs/own/file_writers.h"
#include "certs/x509/openssl_ptr.h"
#include "policy/model/spki_pin.h"
#include "proxy/base/domain_name.h"
#include "proxy/base/key_type.h"
#include "proxy/base/result.h"

namespace portcullis::certs {

// Empty: no type that is supported.
std::optional<KeyType> key_type_of(const EVP_PKEY* key);

// The same for the key of a certificate; null has none.
std::optional<KeyType> key_type_of_leaf(const X509* leaf);

// A certificate of ours with its key and the intermediates to send with it.
struct KeyPair {
  KeyType type = KeyType::kEcdsa;
  X509Ptr leaf;
  std::vector<X509Ptr> chain;
  EvpPkeyPtr key;
};

// Reads a pair from PEM files, the leaf first. Fails, and names the file, when one cannot be read,
// when read_key_file() fails for `us`, when the key is not that of the leaf or is of another type
// than KeyType has, or when the leaf is not valid at `now`.
Result<KeyPair> load_key_pair(const std::string& chain_file, const std::string& key_file,
                              std::chrono::sys_seconds now,
                              const ServiceUser& us = ServiceUser::of_this_process());

// Whether the key may encipher keys (RFC 5280 section 4.2.1.3), as the cipher suites with RSA key
// exchange (kRSA) demand. True when the certificate has no key usage extension.
bool allows_key_encipherment(const KeyPair& pair);

// Whether TLS clients may show it (extended key usage, RFC 5280 section 4.2.1.12): it has no such
// extension, or that has clientAuth. Servers that check it refuse any other on streams that we
// open.
bool allows_client_use(const KeyPair& pair);

// Does the leaf name this domain by the rules that we apply to peers?
bool names_domain(const X509* leaf, const DomainName& domain);
// The epoch when the field does not parse.
std::chrono::sys_seconds not_after(const X509* certificate);
std::chrono::sys_seconds not_before(const X509* certificate);

// Whether both are the same certificate, octet for octet; false if one is null.
bool same_certificate(X509* one, X509* other);

// The certificates that the operator's own backend may show. They are compared by public key
// (SPKI), so that a renewed certificate with the same key goes on working.
class PinnedKeys {
 public:
  // The key of every certificate; `path` is where they were read, for the error.
  static Result<PinnedKeys> of(const std::vector<X509Ptr>& certificates, const std::string& path);
  void add(const policy::SpkiPin& pin) { pins_.push_back(pin); }
  bool match(X509* leaf) const;  // false for null

 private:
  std::vector<policy::SpkiPin> pins_;
};

}  // namespace portcullis::certs
