#include <algorithm>
#include <cstdint>

#include "policy/load/config_field_machine.h"
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

// proxy-protocol.txt section 2.2 has those that say something about the connection of the balancer,
// which ends here: ALPN, the checksum of its header, padding, its TLS, its network namespace.
bool is_of_balancer(std::int64_t type) {
  return type == 0x01 || type == 0x03 || type == 0x04 || (type >= 0x20 && type <= 0x30);
}

std::optional<std::uint8_t> tlv_type_of(const Value& value) {
  const auto* number = value.node.as_integer();
  if (number == nullptr) {
    value.wrong_type("an integer such as 0xEA");
    return std::nullopt;
  }
  const auto type = number->get();
  if (type < 1 || type > 0xff)
    value.error("must be a type of TLV, from 0x01 to 0xFF");
  else if (is_of_balancer(type))
    value.error("is about the balancer's own connection, which ends here, so it cannot go on");
  else
    return static_cast<std::uint8_t>(type);
  return std::nullopt;
}

}  // namespace

void read_users(const Value& value, std::vector<std::string>& target) {
  read_list(value, "users", target, user_of);
}

void read_ports(const Value& value, std::vector<std::uint16_t>& target) {
  read_list(value, "TCP ports", target, port_of);
}

// Those below say something about the connection of the balancer, which ends here.
void read_tlv_types(const Value& value, std::vector<std::uint8_t>& target) {
  read_list(value, "types of TLVs", target, tlv_type_of);
}

std::string TlvTypesField::write(const std::vector<std::uint8_t>& value) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string list;
  for (const auto type : value)
    list.append(list.empty() ? "[0x" : ", 0x")
        .append(1, kDigits[type >> 4U])
        .append(1, kDigits[type & 15U]);
  return list.empty() ? "[]" : list + "]";
}

}  // namespace portcullis::policy
