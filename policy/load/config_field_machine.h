#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "policy/load/config_value.h"
#include "policy/load/toml_text.h"
#include "policy/load/value_shape.h"

namespace portcullis::policy {

// The kinds of values that name things of this machine, as those in config_field.h.

struct UsersField {
  static ValueShape shape() { return {.is_list = true}; }
  static void read(const Value& value, std::vector<std::string>& target) {
    target.clear();
    read_users(value, target);
  }
  static std::string write(const std::vector<std::string>& value) { return toml_list(value); }
};

struct PortsField {
  static ValueShape shape() {
    return {.type = ValueShape::Type::kInteger, .is_list = true, .least = 1, .most = 65'535};
  }
  static void read(const Value& value, std::vector<std::uint16_t>& target) {
    target.clear();
    read_ports(value, target);
  }
  static std::string write(const std::vector<std::uint16_t>& value) {
    std::string list;
    for (const auto port : value) list += (list.empty() ? "[" : ", ") + std::to_string(port);
    return list.empty() ? "[]" : list + "]";
  }
};

// Types of TLVs of the PROXY protocol, written as 0xEA.
struct TlvTypesField {
  static ValueShape shape() {
    return {.type = ValueShape::Type::kInteger, .is_list = true, .most = 255};
  }
  static void read(const Value& value, std::vector<std::uint8_t>& target) {
    target.clear();
    read_tlv_types(value, target);
  }
  static std::string write(const std::vector<std::uint8_t>& value);
};

}  // namespace portcullis::policy
