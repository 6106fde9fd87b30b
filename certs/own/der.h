#pragma once

#include <string>
#include <string_view>

#include "certs/x509/openssl_ptr.h"
#include "proxy/base/result.h"

namespace portcullis::certs {

// Certificates and keys as the octets that one process of ours sends to another.

Result<std::string> certificate_to_der(X509* certificate);
// Fails where anything stands behind the certificate.
Result<X509Ptr> certificate_from_der(std::string_view der);

// The public part: a SubjectPublicKeyInfo (RFC 5280 section 4.1).
Result<std::string> public_key_to_der(EVP_PKEY* key);
// Fails for anything but a key on the curve P-256, which all our leaves have.
Result<EvpPkeyPtr> leaf_key_from_der(std::string_view der);

}  // namespace portcullis::certs
