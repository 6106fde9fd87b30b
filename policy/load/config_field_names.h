#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/load/config_field.h"
#include "proxy/base/domain_name.h"
#include "proxy/base/endpoint.h"

namespace portcullis::policy {

// The kinds of values that name addresses, domains and sockets, as those in config_field.h.

// The word that turns off what has a default.
inline constexpr std::string_view kOff = "off";
inline bool is_off(const Value& value) {
  const auto* text = value.node.as_string();
  return text != nullptr && (text->get() == kOff || text->get().empty());
}

inline constexpr std::string_view kOffAsToml = R"("off")";

template <EndpointUse Use>
struct EndpointField {
  static constexpr std::string_view kUnset = kOffAsToml;
  static void read(const Value& value, std::optional<Endpoint>& target) {
    if (is_off(value))
      target.reset();
    else
      read_endpoint(value, target, Use);
  }
  static std::string write(const std::optional<Endpoint>& value) {
    return value ? toml_string(value->text()) : std::string();
  }
};

// To ask, or to listen on: addresses only.
struct AddressesField : ListOfTexts {
  static void read(const Value& value, std::vector<Endpoint>& target) {
    target.clear();
    read_endpoints(value, target, EndpointUse::kAddress);
  }
  static std::string write(const std::vector<Endpoint>& value) {
    return written_list(value, [](const Endpoint& endpoint) { return endpoint.text(); });
  }
};

// Where others may be sent.
struct PlacesField : AddressesField {
  static void read(const Value& value, std::vector<Endpoint>& target) {
    target.clear();
    read_endpoints(value, target, EndpointUse::kAddressOrName);
  }
};

struct ListenersField : AddressesField {
  static ValueShape shape() { return {.is_list = true, .may_be_off = true}; }
  static void read(const Value& value, std::vector<Endpoint>& target) {
    if (is_off(value))
      target.clear();
    else
      AddressesField::read(value, target);
  }
};

struct SocketField : PathField {
  static constexpr std::string_view kUnset = kOffAsToml;
  static void read(const Value& value, std::string& target) {
    constexpr std::size_t kMaxSocketPath = 107;  // sun_path holds 108 octets with the NUL
    if (is_off(value)) return target.clear();
    PathField::read(value, target);
    if (target.size() > kMaxSocketPath)
      value.error("has more than 107 octets, which no socket can have; choose a shorter path");
  }
};

// An address or a name, without a port.
struct HostNameField {
  static void read(const Value& value, std::string& target) { read_host_name(value, target); }
  static std::string write(const std::string& value) { return toml_string(value); }
};

struct NetworksField : ListOfTexts {
  static void read(const Value& value, std::vector<std::string>& target) {
    read_networks(value, target);
  }
  static std::string write(const std::vector<std::string>& value) { return toml_list(value); }
};

struct DomainField {
  static void read(const Value& value, std::optional<DomainName>& target) {
    read_domain(value, target);
  }
  static std::string write(const std::optional<DomainName>& value) {
    return value ? toml_string(value->wire()) : std::string();
  }
};

struct DomainsField : ListOfTexts {
  static void read(const Value& value, std::vector<DomainName>& target) {
    read_domains(value, target);
  }
  static std::string write(const std::vector<DomainName>& value) {
    return written_list(value, [](const DomainName& domain) { return domain.wire(); });
  }
};

struct PatternsField : ListOfTexts {
  static void read(const Value& value, std::vector<std::string>& target) {
    read_patterns(value, target);
  }
  static std::string write(const std::vector<std::string>& value) { return toml_list(value); }
};

}  // namespace portcullis::policy
