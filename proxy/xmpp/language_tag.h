#pragma once

#include <string_view>

namespace portcullis::xmpp {

// Whether the text has the shape of a language tag (BCP 47): parts of one to eight letters and
// digits with '-' between them, the first of letters only, and no longer than any tag that is in
// use. Whether there is such a language is not asked.
constexpr bool is_language_tag(std::string_view text) {
  constexpr std::size_t kLongest = 64;
  constexpr std::size_t kLongestPart = 8;
  if (text.size() > kLongest) return false;
  std::size_t part = 0;
  bool first = true;
  for (const char c : text) {
    if (c == '-') {
      if (part == 0) return false;
      part = 0;
      first = false;
      continue;
    }
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool digit = c >= '0' && c <= '9';
    if (!(letter || (digit && !first)) || ++part > kLongestPart) return false;
  }
  return part > 0;
}

}  // namespace portcullis::xmpp
