#include <algorithm>
#include <array>

#include "policy/reasons/reason.h"

namespace portcullis::policy {
namespace {

struct CodePoint {
  char32_t value = 0;
  std::size_t size = 1;
  bool valid = false;
};

constexpr CodePoint kInvalid{};

struct LeadOctet {
  std::size_t size;  // of the whole sequence
  char32_t bits;     // that the lead octet contributes
  char32_t least;    // value that needs this size; below it the form is overlong
};

LeadOctet classify(unsigned char lead) {
  if (lead < 0x80) return {1, lead, 0};
  if (lead >= 0xC2 && lead <= 0xDF) return {2, lead & 0x1FU, 0x80};
  if (lead >= 0xE0 && lead <= 0xEF) return {3, lead & 0x0FU, 0x800};
  if (lead >= 0xF0 && lead <= 0xF4) return {4, lead & 0x07U, 0x10000};
  return {0, 0, 0};
}

// The first code point of `text`, well-formed per Unicode table 3-7, or one invalid octet.
CodePoint decode(std::string_view text) {
  const auto lead = classify(static_cast<unsigned char>(text.front()));
  if (lead.size == 0 || lead.size > text.size()) return kInvalid;
  char32_t value = lead.bits;
  for (std::size_t i = 1; i < lead.size; ++i) {
    const auto octet = static_cast<unsigned char>(text[i]);
    if ((octet & 0xC0U) != 0x80U) return kInvalid;
    value = (value << 6U) | (octet & 0x3FU);
  }
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (value < lead.least || surrogate || value > 0x10FFFF) return kInvalid;
  return {value, lead.size, true};
}

struct Range {
  char32_t first;
  char32_t last;
};

// What can break a line, hide text or turn its direction in a terminal or an admin's client, and
// what XML 1.0 cannot carry.
constexpr std::array kUnprintable{
    Range{0x00, 0x1F},       Range{0x7F, 0x9F},     Range{0xAD, 0xAD},     Range{0x61C, 0x61C},
    Range{0x180E, 0x180E},   Range{0x200B, 0x200F}, Range{0x2028, 0x202E}, Range{0x2060, 0x206F},
    Range{0xFDD0, 0xFDEF},   Range{0xFEFF, 0xFEFF}, Range{0xFFF9, 0xFFFB}, Range{0xFFFE, 0xFFFF},
    Range{0xE0000, 0xE0FFF},
};

bool is_printable(const CodePoint& point) {
  if (!point.valid) return false;
  if ((point.value & 0xFFFEU) == 0xFFFEU) return false;  // noncharacters that end each plane
  for (const auto& range : kUnprintable) {
    if (point.value >= range.first && point.value <= range.last) return false;
  }
  return true;
}

// How many octets of printable ASCII `text` begins with. Most text is nothing else.
std::size_t ascii_prefix(std::string_view text) {
  const auto* const end =
      std::find_if(text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; });
  return static_cast<std::size_t>(end - text.begin());
}

}  // namespace

std::string printable(std::string_view text, std::size_t limit) {
  std::string out;
  while (!text.empty()) {
    if (const auto ascii = std::min(ascii_prefix(text), limit - out.size()); ascii > 0) {
      out += text.substr(0, ascii);
      text.remove_prefix(ascii);
      continue;
    }
    const auto point = decode(text);
    const std::string_view shown = is_printable(point) ? text.substr(0, point.size) : "?";
    if (out.size() + shown.size() > limit) break;
    out += shown;
    text.remove_prefix(point.size);
  }
  return out;
}

}  // namespace portcullis::policy
