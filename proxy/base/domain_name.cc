#include "proxy/base/domain_name.h"

#include <arpa/inet.h>
#include <idn2.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <memory>

namespace portcullis {
namespace {

constexpr std::size_t kMaxInput = 1023;  // RFC 7622 section 3.2
constexpr std::size_t kMaxName = 253;
constexpr std::size_t kMaxLabel = 63;

bool is_ldh(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

bool is_ldh_label(std::string_view label) {
  return !label.empty() && label.size() <= kMaxLabel && label.front() != '-' &&
         label.back() != '-' && std::all_of(label.begin(), label.end(), is_ldh);
}

// libidn2 accepts ".example", "a..b" and "*.example", so its answer is checked here. Its own STD3
// flag is no help: it would delete the forbidden characters ("a_b" would become "ab").
bool is_ldh_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxName) return false;
  while (true) {
    const auto dot = name.find('.');
    if (!is_ldh_label(name.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    name.remove_prefix(dot + 1);
  }
}

bool is_ip_address(const std::string& name) {
  in6_addr buffer{};
  if (inet_pton(AF_INET, name.c_str(), &buffer) == 1) return true;
  if (inet_pton(AF_INET6, name.c_str(), &buffer) == 1) return true;
  // getaddrinfo reads "127.1" and "0x7f000001" as addresses. So the last label of a name must have
  // a letter and must not look like a number (RFC 1123 section 2.1).
  const std::string_view last = std::string_view(name).substr(name.rfind('.') + 1);
  const bool numeric =
      std::all_of(last.begin(), last.end(), [](char c) { return c >= '0' && c <= '9'; });
  return numeric || last.starts_with("0x");
}

}  // namespace

Result<DomainName> DomainName::parse(std::string_view text) {
  const auto bad = [&](std::string_view why) {
    return fail("is no domain name: " + std::string(why));
  };
  if (text.empty()) return bad("it is empty");
  if (text.size() > kMaxInput) return bad("it is longer than 1023 octets");
  if (text.find_first_of(std::string_view("\0@/ ", 4)) != std::string_view::npos)
    return bad("it contains a character no domain may have");
  if (text.back() == '.') text.remove_suffix(1);

  char* raw = nullptr;
  const std::string input(text);
  const int status =
      idn2_lookup_u8(reinterpret_cast<const std::uint8_t*>(input.c_str()),
                     reinterpret_cast<std::uint8_t**>(&raw), IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  const std::unique_ptr<char, decltype(&std::free)> owned(raw, &std::free);
  if (status != IDN2_OK) return bad(idn2_strerror(status));

  std::string name(raw);
  std::transform(name.begin(), name.end(), name.begin(), [](char c) {
    return (c >= 'A' && c <= 'Z') ? static_cast<char>(c - 'A' + 'a') : c;
  });
  if (!is_ldh_name(name)) return bad("a label is empty, too long, or not letters, digits and '-'");
  if (is_ip_address(name)) return bad("it is an IP address");
  return DomainName(std::move(name));
}

}  // namespace portcullis
