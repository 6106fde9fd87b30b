#include "certs/names/host_name.h"

#include <algorithm>
#include <cstddef>

namespace portcullis::certs {
namespace {

bool is_label_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '*';
}

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(), is_label_character);
}

bool equal_but_case(std::string_view presented, std::string_view reference) {
  return std::equal(presented.begin(), presented.end(), reference.begin(), reference.end(),
                    [](char a, char b) { return ascii_lower(a) == b; });
}

}  // namespace

char ascii_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_host_name(std::string_view name) {
  if (name.size() > 253) return false;
  std::size_t begin = 0;
  while (true) {
    const std::size_t dot = name.find('.', begin);
    if (dot == std::string_view::npos) return is_label(name.substr(begin));
    if (!is_label(name.substr(begin, dot - begin))) return false;
    begin = dot + 1;
  }
}

bool matches_host_name(std::string_view presented, std::string_view reference) {
  if (presented.find('*') == std::string_view::npos) return equal_but_case(presented, reference);
  if (!presented.starts_with("*.")) return false;
  const std::string_view parent = presented.substr(2);
  if (parent.find('*') != std::string_view::npos || parent.find('.') == std::string_view::npos) {
    return false;
  }
  // A reference of one label has no parent domain to compare with.
  const std::size_t dot = reference.find('.');
  return dot != std::string_view::npos && dot != 0 &&
         equal_but_case(parent, reference.substr(dot + 1));
}

}  // namespace portcullis::certs
