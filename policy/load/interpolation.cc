#include "policy/load/interpolation.h"

#include <algorithm>

#include "policy/reasons/reason.h"

namespace portcullis::policy {
namespace {

constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
constexpr std::string_view kDigits = "0123456789";

bool is_name(std::string_view name) {
  const auto allowed = [](char c) {
    return kLetters.find(c) != std::string_view::npos || kDigits.find(c) != std::string_view::npos;
  };
  return !name.empty() && kDigits.find(name.front()) == std::string_view::npos &&
         std::all_of(name.begin(), name.end(), allowed);
}

std::string shown(std::string_view name) {
  return "${" + printable(name, 60) + "}";
}

// What stands between the braces.
Result<std::string> value_of(std::string_view inner, const Environment& environment) {
  const auto separator = inner.find(":-");
  const auto name = inner.substr(0, separator);
  if (!is_name(name))
    return fail("holds " + shown(inner) +
                ", which names no variable of the environment; write $$ for a \"$\" itself");
  const auto found = environment.find(name);
  const bool has_default = separator != std::string_view::npos;
  if (found == environment.end() || (has_default && found->second.empty())) {
    if (has_default) return std::string(inner.substr(separator + 2));
    return fail("holds " + shown(name) + ", but the environment has no such variable; set it, or " +
                "write ${" + printable(name, 60) + ":-DEFAULT}");
  }
  if (printable(found->second, found->second.size()) != found->second)
    return fail("holds " + shown(name) + ", whose value has a character that cannot be shown");
  return found->second;
}

}  // namespace

Result<std::string> interpolate(std::string_view text, const Environment& environment) {
  std::string out;
  while (true) {
    const auto dollar = text.find('$');
    out += text.substr(0, dollar);
    if (dollar == std::string_view::npos) return out;
    text.remove_prefix(dollar);
    if (text.starts_with("${")) {
      const auto end = text.find('}');
      if (end == std::string_view::npos)
        return fail("holds \"${\" without \"}\"; write $$ for a \"$\" itself");
      const auto value = value_of(text.substr(2, end - 2), environment);
      if (!value) return tl::unexpected(value.error());
      out += *value;
      text.remove_prefix(end + 1);
    } else {
      out += '$';
      text.remove_prefix(text.starts_with("$$") ? 2 : 1);
    }
  }
}

}  // namespace portcullis::policy
