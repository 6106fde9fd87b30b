#include "policy/model/spki_pin.h"

#include <cstddef>
#include <cstdint>

namespace portcullis::policy {
namespace {

constexpr std::string_view kPrefix = "spki-sha256:";
constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::size_t kDigits = 43;  // of 32 octets; then one "="

}  // namespace

std::string pin_text(const SpkiPin& pin) {
  std::string text(kPrefix);
  std::uint32_t held = 0;
  unsigned bits = 0;
  for (const std::uint8_t octet : pin) {
    held = (held << 8U) | octet;
    for (bits += 8; bits >= 6; bits -= 6) text += kAlphabet[(held >> (bits - 6)) & 0x3fU];
  }
  text += kAlphabet[(held << (6 - bits)) & 0x3fU];
  return text + "=";
}

Result<SpkiPin> parse_pin(std::string_view text) {
  const auto bad = [] { return fail("is no pin: write spki-sha256: and the base64 of 32 octets"); };
  if (!text.starts_with(kPrefix) || text.size() != kPrefix.size() + kDigits + 1) return bad();
  SpkiPin pin{};
  std::size_t filled = 0;
  std::uint32_t held = 0;
  unsigned bits = 0;
  for (const char digit : text.substr(kPrefix.size(), kDigits)) {
    const auto value = kAlphabet.find(digit);
    if (value == std::string_view::npos) return bad();
    held = (held << 6U) | static_cast<std::uint32_t>(value);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    pin.at(filled++) = static_cast<std::uint8_t>((held >> bits) & 0xffU);
  }
  // The last digit has two unused bits, which have to be zero, and "=" has to follow.
  if (pin_text(pin) != text) return bad();
  return pin;
}

}  // namespace portcullis::policy
