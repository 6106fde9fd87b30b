#pragma once

#include <string_view>

namespace portcullis::xmpp {

inline constexpr std::string_view kXmlSpace = " \t\r\n";  // XML 1.0 section 2.3

// `text` without its leading white space.
inline std::string_view skip_space(std::string_view text) {
  const auto first = text.find_first_not_of(kXmlSpace);
  return first == std::string_view::npos ? std::string_view() : text.substr(first);
}

inline std::string_view trim_space(std::string_view text) {
  text = skip_space(text);
  const auto last = text.find_last_not_of(kXmlSpace);
  return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

}  // namespace portcullis::xmpp
