#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "certs/x509/openssl_ptr.h"
#include "policy/model/spki_pin.h"
#include "proxy/base/domain_name.h"
#include "proxy/base/result.h"

namespace portcullis::certs {

enum class KeyType : std::uint8_t { kEcdsa, kRsa, kEddsa };
std::string_view name(KeyType type);  // "ecdsa", "rsa", "eddsa"

// A leaf with its key and the intermediates to send. Ours, so trusted input; still checked.
struct KeyPair {
  KeyType type = KeyType::kEcdsa;
  X509Ptr leaf;
  std::vector<X509Ptr> chain;
  EvpPkeyPtr key;
};

// Reads and checks a pair: PEM, the key belongs to the leaf, valid now. The error names the file.
Result<KeyPair> load_key_pair(const std::string& chain_file, const std::string& key_file,
                              std::chrono::sys_seconds now);

// What kRSA does with the key (RFC 5280 section 4.2.1.3); true where there is no key usage at all.
bool allows_key_encipherment(const KeyPair& pair);

// Does the leaf name this domain by the rules we apply to peers?
bool names_domain(const X509* leaf, const DomainName& domain);
std::chrono::sys_seconds not_after(const X509* certificate);

// The certificate(s) an operator's own backend shows: matched by public key (SPKI), so that a
// renewal that keeps its key goes on working.
class PinnedKeys {
 public:
  static Result<PinnedKeys> from_pem_file(const std::string& path);
  bool match(X509* leaf) const;

 private:
  std::vector<policy::SpkiPin> pins_;
};

}  // namespace portcullis::certs
