#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace portcullis::xmpp {

// What may stand in one place of a document without asking expat. Each skip_ function skips what it
// knows to be well-formed, from `at` on, and returns where it stopped: at the first byte that is
// something else, or at `end`. It also returns `end` if a character or reference is cut off there.

enum CharClass : std::uint8_t {
  kNameStart = 1,
  kName = 2,
  kSpace = 4,
  kUri = 8,    // RFC 3986 section 2, without '&', because it begins a reference
  kPlain = 16  // ASCII without a special meaning in text or between quotes
};

constexpr std::array<std::uint8_t, 256> make_char_classes() {
  std::array<std::uint8_t, 256> classes{};
  const auto add = [&](std::string_view characters, int which) {
    for (const char c : characters) {
      auto& entry = classes[static_cast<unsigned char>(c)];
      entry = static_cast<std::uint8_t>(entry | which);
    }
  };
  for (std::size_t c = 0x20; c <= 0x7F; ++c) classes[c] = kPlain;
  for (const char special : {'<', '>', '&', '\'', '"'})
    classes[static_cast<unsigned char>(special)] = 0;
  add("\t\n\r", kPlain);
  add(" \t\n\r", kSpace);
  add("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_", kNameStart | kName | kUri);
  add("0123456789", kName | kUri);
  add(".-", kName | kUri);
  add("~:/?#[]@!$()*+,;=%", kUri);
  return classes;
}

inline constexpr std::array<std::uint8_t, 256> kCharClasses = make_char_classes();

inline bool has_class(char c, CharClass which) {
  return (kCharClasses[static_cast<unsigned char>(c)] & which) != 0;
}

inline const char* skip_class(const char* at, const char* end, CharClass which) {
  while (at != end && has_class(*at, which)) ++at;
  return at;
}

// Character data: UTF-8 without '<', '&' and "]]>".
const char* skip_text(const char* at, const char* end);

// The inside of an attribute value between two `quote` characters: UTF-8 without '<' and '&'.
const char* skip_value(const char* at, const char* end, char quote);

// One of the five predefined entities, from its '&'.
const char* skip_reference(const char* at, const char* end);

}  // namespace portcullis::xmpp
