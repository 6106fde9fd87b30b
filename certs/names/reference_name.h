#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "proxy/base/domain_name.h"
#include "proxy/base/result.h"

namespace portcullis::certs {

// An IPv4 or IPv6 address as text. No stream is ever authenticated by one; it is for the command
// verify-cert.
class IpAddress {
 public:
  static Result<IpAddress> parse(std::string_view text);
  const std::string& text() const { return text_; }

 private:
  explicit IpAddress(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// What a certificate must name (RFC 9525 section 6.1).
using ReferenceName = std::variant<DomainName, IpAddress>;
const std::string& text(const ReferenceName& reference);  // borrowed from `reference`

}  // namespace portcullis::certs
