#include "proxy/net/dns_name.h"

#include <algorithm>
#include <cstdint>

namespace portcullis::net {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

std::vector<std::string_view> labels_of(std::string_view name) {
  std::vector<std::string_view> labels;
  while (!name.empty() && name.front() != '\0') {
    const auto label = name.substr(1, static_cast<std::uint8_t>(name.front()));
    labels.push_back(label);
    name.remove_prefix(1 + label.size());
  }
  return labels;
}

bool same_name(std::string_view one, std::string_view other) {
  return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

std::optional<std::string> wire_name(std::string_view text) {
  std::string name;
  while (!text.empty()) {
    const auto label = text.substr(0, text.find('.'));
    if (label.empty() || label.size() > kMaxDnsLabel) return std::nullopt;
    name += static_cast<char>(label.size());
    name += label;
    text.remove_prefix(std::min(label.size() + 1, text.size()));
  }
  name += '\0';
  if (name.size() > kMaxDnsName) return std::nullopt;
  return name;
}

}  // namespace portcullis::net
