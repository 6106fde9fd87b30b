#include "proxy/tls/certificate_screen.h"

#include <cstddef>

#include "proxy/base/octets.h"

namespace portcullis::tls {
namespace {

constexpr std::size_t kMaxCertificates = 10;  // as many as a verification looks at

bool is_long(std::string_view body, TlsVersion version) {
  const bool tls13 = version == TlsVersion::kTls13;
  Octets all(body);
  if (tls13) all.take(all.number(1));  // certificate_request_context
  Octets list(all.take(all.number(3)));
  for (std::size_t count = 0; !list.empty(); ++count) {
    if (count == kMaxCertificates) return true;
    list.take(list.number(3));
    if (tls13) list.take(list.number(2));  // extensions of this certificate
  }
  return false;
}

// The contents of the object identifiers under which the library takes a key for one on an elliptic
// curve: id-ecPublicKey and SM2. They have only this one encoding.
constexpr std::string_view kEcPublicKey("\x2a\x86\x48\xce\x3d\x02\x01", 7);
constexpr std::string_view kSm2("\x2a\x81\x1c\xcf\x55\x01\x82\x2d", 8);
constexpr char kObjectIdentifier = 0x06;  // the tag of a curve's name

// Whether parameters other than a name follow somewhere on such an identifier. It looks at octets
// and not at the structure, because the library reads more encodings of it than there should be.
bool writes_curve_out(std::string_view octets, std::string_view identifier) {
  for (auto at = octets.find(identifier); at != std::string_view::npos;
       at = octets.find(identifier, at + 1)) {
    const auto next = at + identifier.size();
    if (next < octets.size() && octets[next] != kObjectIdentifier) return true;
  }
  return false;
}

}  // namespace

bool has_nameless_curve(std::string_view octets) {
  return writes_curve_out(octets, kEcPublicKey) || writes_curve_out(octets, kSm2);
}

std::optional<TooDear> too_dear(std::string_view body, TlsVersion version) {
  if (is_long(body, version))
    return TooDear{TlsLimit::kCertificates, "the peer sent more than 10 certificates"};
  if (has_nameless_curve(body))
    return TooDear{
        TlsLimit::kCurve,
        "a certificate has a key on an elliptic curve without a name, which RFC 5480 forbids"};
  return std::nullopt;
}

}  // namespace portcullis::tls
