#pragma once

#include <openssl/asn1.h>

#include <chrono>
#include <optional>

namespace portcullis::certs {

// Empty when the field is no time of RFC 5280 4.1.2.5.
std::optional<std::chrono::sys_seconds> to_sys_seconds(const ASN1_TIME* time);

}  // namespace portcullis::certs
