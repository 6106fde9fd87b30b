#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "certs/openssl_ptr.h"
#include "proxy/base/result.h"

namespace portcullis::certs {

// SHA-256 of a subjectPublicKeyInfo (RFC 7469 section 2.4): a key, whatever certificate holds it.
using SpkiDigest = std::array<unsigned char, 32>;

// Empty when the key does not encode.
std::optional<SpkiDigest> spki_digest(const X509* certificate);

// "spki-sha256:<base64>", both ways. Parsing takes the one spelling that writing gives.
std::string pin_text(const SpkiDigest& digest);
Result<SpkiDigest> parse_pin(std::string_view text);

}  // namespace portcullis::certs
