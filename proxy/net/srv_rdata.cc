#include "proxy/net/srv_rdata.h"

#include <algorithm>
#include <string>

#include "proxy/base/octets.h"
#include "proxy/net/dns_name.h"

namespace portcullis::net {
namespace {

constexpr std::size_t kFixedPart = 6;  // priority, weight, port

// DomainName converts what people write, but a name in DNS must be taken as it is. A label that
// holds a dot or octets above ASCII would become another name, so it is refused.
bool is_plain(std::string_view label) {
  return std::all_of(label.begin(), label.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  });
}

// Of an IPv6 address in words, too.
bool is_plain_or_colon(std::string_view label) {
  return std::all_of(label.begin(), label.end(),
                     [](char c) { return c == ':' || is_plain(std::string_view(&c, 1)); });
}

// The labels joined by dots; "" for the root.
std::optional<std::string> name_text(std::string_view wire, bool (*is_fine)(std::string_view)) {
  if (wire.size() > kMaxDnsName) return std::nullopt;
  std::string text;
  while (!wire.empty()) {
    const std::size_t size = static_cast<std::uint8_t>(wire.front());
    wire.remove_prefix(1);
    if (size == 0) return wire.empty() ? std::optional(text) : std::nullopt;
    if (size > kMaxDnsLabel || size > wire.size()) return std::nullopt;
    const auto label = wire.substr(0, size);
    if (!is_fine(label)) return std::nullopt;
    if (!text.empty()) text += '.';
    text += label;
    wire.remove_prefix(size);
  }
  return std::nullopt;
}

}  // namespace

std::optional<SrvRecord> parse_srv_rdata(std::string_view rdata) {
  if (rdata.size() <= kFixedPart) return std::nullopt;
  Octets octets(rdata);
  SrvRecord record;
  for (auto* const field : {&record.priority, &record.weight, &record.port})
    *field = static_cast<std::uint16_t>(octets.number(2));
  const auto target = name_text(rdata.substr(kFixedPart), &is_plain);
  if (!target) return std::nullopt;
  if (target->empty()) return record;
  auto domain = DomainName::parse(*target);
  if (!domain || record.port == 0) return std::nullopt;
  record.target = std::move(*domain);
  return record;
}

std::optional<SocketAddress> parse_srv_literal(std::string_view rdata) {
  if (rdata.size() <= kFixedPart) return std::nullopt;
  Octets octets(rdata.substr(kFixedPart - 2));
  const auto port = static_cast<std::uint16_t>(octets.number(2));
  const auto text = name_text(rdata.substr(kFixedPart), &is_plain_or_colon);
  if (!text || port == 0) return std::nullopt;
  const auto address = SocketAddress::from(Endpoint{*text, port});
  return address ? std::optional(*address) : std::nullopt;
}

}  // namespace portcullis::net
