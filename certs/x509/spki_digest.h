#pragma once

#include <optional>

#include "certs/x509/openssl_ptr.h"
#include "policy/model/spki_pin.h"

namespace portcullis::certs {

// SHA-256 of a subjectPublicKeyInfo (RFC 7469 section 2.4): a key, whatever certificate holds it.
// policy/model/spki_pin.h has its text form.
using SpkiDigest = policy::SpkiPin;

// Empty when the key does not encode.
std::optional<SpkiDigest> spki_digest(const X509* certificate);

}  // namespace portcullis::certs
