#pragma once

#include <optional>
#include <string_view>

#include "proxy/base/tls_version.h"
#include "proxy/tls/tls_limit.h"

namespace portcullis::tls {

// Whether a key on an elliptic curve that is written out instead of named is somewhere among the
// octets. One certificate of 700 octets with such a key costs 300 ms to decode, because the point
// of a curve that the sender made up for it is decompressed by a square root that takes quadratic
// time. RFC 5480 section 2.1.1 forbids such keys.
bool has_nameless_curve(std::string_view octets);

struct TooDear {
  TlsLimit limit;
  std::string_view why;
};

// Why the body of a Certificate message (RFC 5246 section 7.4.2, RFC 8446 section 4.4.2) is too
// dear to decode: more than 10 certificates, or a curve without a name. nullopt: it is not; nothing
// else about a certificate is looked at.
std::optional<TooDear> too_dear(std::string_view body, TlsVersion version);

}  // namespace portcullis::tls
