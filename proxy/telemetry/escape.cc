#include "proxy/telemetry/escape.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <iterator>

namespace portcullis::telemetry {
namespace {

struct Character {
  char32_t code = 0;
  std::size_t size = 0;  // 0: no UTF-8
};

std::size_t sequence_size(std::uint8_t lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  if (lead >= 0xf0 && lead <= 0xf4) return 4;
  return 0;
}

// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
Character first_character(std::string_view text) {
  const auto lead = static_cast<std::uint8_t>(text.front());
  const std::size_t size = sequence_size(lead);
  if (size == 0 || size > text.size()) return {};
  if (size == 1) return {lead, 1};
  auto code = static_cast<char32_t>(lead & (0x7f >> size));
  for (std::size_t i = 1; i < size; ++i) {
    const auto next = static_cast<std::uint8_t>(text[i]);
    if ((next & 0xc0) != 0x80) return {};
    code = (code << 6) | (next & 0x3fU);
  }
  const bool overlong = (size == 3 && code < 0x800) || (size == 4 && code < 0x10000);
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  if (overlong || surrogate || code > 0x10ffff) return {};
  return {code, size};
}

bool needs_code(char32_t c) {
  return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x061c || c == 0x200e || c == 0x200f ||
         (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

// How many octets at the begin of `text` may be written as they are, whether quoted or not.
std::size_t plain_prefix(std::string_view text) {
  const auto* const end = std::find_if(
      text.begin(), text.end(), [](char c) { return c < ' ' || c > '~' || c == '"' || c == '\\'; });
  return static_cast<std::size_t>(end - text.begin());
}

void append(std::string& out, std::string_view text, std::size_t limit, bool quoted) {
  std::size_t taken = 0;
  while (!text.empty()) {
    if (const auto plain = std::min(plain_prefix(text), limit - taken); plain > 0) {
      out += text.substr(0, plain);
      text.remove_prefix(plain);
      taken += plain;
      continue;
    }
    const Character next = first_character(text);
    const std::size_t size = next.size == 0 ? 1 : next.size;
    if (taken + size > limit) {
      out += "...";
      return;
    }
    if (next.size == 0)
      out += "\xef\xbf\xbd";
    else if (quoted && (next.code == '"' || next.code == '\\'))
      out.append({'\\', static_cast<char>(next.code)});
    else if (needs_code(next.code))
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<std::uint32_t>(next.code));
    else
      out.append(text.substr(0, size));
    text.remove_prefix(size);
    taken += size;
  }
}

}  // namespace

void append_escaped(std::string& out, std::string_view text, std::size_t limit) {
  append(out, text, limit, true);
}

void append_unquoted(std::string& out, std::string_view text, std::size_t limit) {
  append(out, text, limit, false);
}

}  // namespace portcullis::telemetry
