#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "certs/x509/openssl_ptr.h"
#include "proxy/base/domain_name.h"
#include "proxy/base/result.h"

namespace portcullis::certs {

// The certificate that the operator's own server shows to the gate, and to nobody else. The gate
// pins its key, so it is self-signed.
struct BackendPair {
  std::string certificate;  // PEM
  std::string key;          // PEM
};

// kRsa is for servers whose key stores are older than ECDSA.
enum class BackendKeyType : std::uint8_t { kEcdsa, kRsa };

// For all of `names`, of which there must be one; ten years. `key`, a PEM text, is used again, so
// that pins stay right; "": a new key of `type`.
Result<BackendPair> make_backend_pair(const std::vector<DomainName>& names, const std::string& key,
                                      BackendKeyType type, std::chrono::sys_seconds now);

// Whether the first certificate of a PEM text belongs to the key, names all of `names`, and is good
// for half a year more.
bool serves(const BackendPair& pair, const std::vector<DomainName>& names,
            std::chrono::sys_seconds now);

// The certificate as PEM.
std::string pem_of(const X509* certificate);

}  // namespace portcullis::certs
