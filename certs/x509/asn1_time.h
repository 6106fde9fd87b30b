#pragma once

#include <openssl/asn1.h>

#include <chrono>
#include <optional>

namespace portcullis::certs {

// In UTC. Empty for a null pointer, and for a field that is no time (RFC 5280 section 4.1.2.5).
std::optional<std::chrono::sys_seconds> to_sys_seconds(const ASN1_TIME* time);

}  // namespace portcullis::certs
