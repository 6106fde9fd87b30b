#include "certs/names/reference_name.h"

#include <arpa/inet.h>

namespace portcullis::certs {

Result<IpAddress> IpAddress::parse(std::string_view text) {
  const std::string copy(text);
  in6_addr buffer{};
  // inet_pton would stop at a NUL.
  if (copy.find('\0') == std::string::npos && (inet_pton(AF_INET, copy.c_str(), &buffer) == 1 ||
                                               inet_pton(AF_INET6, copy.c_str(), &buffer) == 1)) {
    return IpAddress(copy);
  }
  return fail("is no IP address: write it as 192.0.2.1 or 2001:db8::1");
}

const std::string& text(const ReferenceName& reference) {
  if (const auto* domain = std::get_if<DomainName>(&reference)) return domain->a_label();
  return std::get<IpAddress>(reference).text();
}

}  // namespace portcullis::certs
