#include <algorithm>

#include "policy/load/config_list.h"
#include "policy/reasons/reason.h"

// What names things of this machine and not of the network.
namespace portcullis::policy {
namespace {

constexpr std::size_t kLongestUser = 32;  // useradd(8)

bool is_user(std::string_view name) {
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  return !name.empty() && name.size() <= kLongestUser && name.front() != '-' &&
         name.find_first_not_of(kAllowed) == std::string_view::npos;
}

std::optional<std::string> user_of(const Value& value) {
  const auto* text = string_of(value, "a string such as \"prosody\"");
  if (text == nullptr) return std::nullopt;
  if (is_user(*text)) return *text;
  value.error("\"" + printable(*text, 100) +
              "\" is no name of a user: letters, digits, '.', '_' and '-', at most 32 of them");
  return std::nullopt;
}

std::optional<std::uint16_t> port_of(const Value& value) {
  const auto* number = value.node.as_integer();
  if (number == nullptr) {
    value.wrong_type("an integer");
    return std::nullopt;
  }
  if (number->get() >= 1 && number->get() <= 65'535)
    return static_cast<std::uint16_t>(number->get());
  value.error("must be a TCP port, from 1 to 65535");
  return std::nullopt;
}

}  // namespace

void read_users(const Value& value, std::vector<std::string>& target) {
  read_list(value, "users", target, user_of);
}

void read_ports(const Value& value, std::vector<std::uint16_t>& target) {
  read_list(value, "TCP ports", target, port_of);
}

}  // namespace portcullis::policy
