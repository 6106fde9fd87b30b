#pragma once

#include <compare>
#include <functional>
#include <string>
#include <string_view>

#include "proxy/base/result.h"

namespace portcullis {

// An XMPP domain as an A-label: lower case, LDH-checked, without a trailing dot, never an IP
// address, never a wildcard. This is the only domain type: code that holds one need not check it
// again.
class DomainName {
 public:
  // `text` is UTF-8; U-labels are converted (UTS 46, non-transitional). Anything that is not a host
  // name is an error: empty labels, labels over 63 or names over 253 octets, '_', '*', '@', '/',
  // NUL, IP literals.
  static Result<DomainName> parse(std::string_view text);

  const std::string& text() const { return text_; }

  friend auto operator<=>(const DomainName&, const DomainName&) = default;

 private:
  explicit DomainName(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

}  // namespace portcullis

template <>
struct std::hash<portcullis::DomainName> {
  std::size_t operator()(const portcullis::DomainName& domain) const noexcept {
    return std::hash<std::string>{}(domain.text());
  }
};
