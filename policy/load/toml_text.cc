#include "policy/load/toml_text.h"

namespace portcullis::policy {

std::string toml_string(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (octet < 0x20 || octet == 0x7f) {
      out += "\\u00";
      out += kHex[octet >> 4U];
      out += kHex[octet & 0xfU];
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string toml_list(const std::vector<std::string>& strings) {
  std::string list;
  for (const auto& string : strings) list += (list.empty() ? "" : ", ") + toml_string(string);
  return "[" + list + "]";
}

}  // namespace portcullis::policy
