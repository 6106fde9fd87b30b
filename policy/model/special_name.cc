#include "policy/model/special_name.h"

#include <openssl/evp.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace portcullis::policy {
namespace {

constexpr std::string_view kOnion = "onion";
constexpr std::string_view kBelow = ".onion";
constexpr std::size_t kDigits = 56;
constexpr std::size_t kOctets = 35;
constexpr std::size_t kKeyOctets = 32;
constexpr std::size_t kVersionAt = 34;  // behind the key and two octets of checksum
constexpr std::uint8_t kVersion = 3;

using Octets = std::array<std::uint8_t, kOctets>;

std::optional<Octets> octets_of(std::string_view label) {
  constexpr std::string_view kBase32 = "abcdefghijklmnopqrstuvwxyz234567";
  constexpr unsigned kBitsOfDigit = 5;
  if (label.size() != kDigits) return std::nullopt;
  Octets octets{};
  std::uint32_t held = 0;
  unsigned bits = 0;
  std::size_t at = 0;
  for (const char c : label) {
    const auto digit = kBase32.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    held = held << kBitsOfDigit | static_cast<std::uint32_t>(digit);
    bits += kBitsOfDigit;
    if (bits < 8) continue;
    bits -= 8;
    octets.at(at++) = static_cast<std::uint8_t>(held >> bits);
  }
  return octets;
}

bool has_its_checksum(const Octets& octets) {
  std::string text = ".onion checksum";
  text.append(reinterpret_cast<const char*>(octets.data()), kKeyOctets);
  text.push_back(static_cast<char>(kVersion));
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
  return EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha3_256(), nullptr) ==
             1 &&
         digest[0] == octets[kKeyOctets] && digest[1] == octets[kKeyOctets + 1];
}

}  // namespace

bool is_onion(const DomainName& domain) {
  return domain.a_label() == kOnion || domain.a_label().ends_with(kBelow);
}

std::string_view why_no_onion(const DomainName& domain) {
  if (!is_onion(domain)) return {};
  std::string_view name = domain.a_label();
  if (name == kOnion) return "a name stands before .onion";
  name.remove_suffix(kBelow.size());
  const auto octets = octets_of(name.substr(name.rfind('.') + 1));
  if (!octets || octets->at(kVersionAt) != kVersion)
    return "before .onion stand 56 of a to z and 2 to 7, version 3";
  if (!has_its_checksum(*octets))
    return "the checksum in the name is wrong, so a character of it is";
  return {};
}

bool is_localhost(const DomainName& domain) {
  const std::string_view name = domain.a_label();
  return name == "localhost" || name.ends_with(".localhost") || name == "localhost.localdomain";
}

}  // namespace portcullis::policy
