#pragma once

#include <toml++/toml.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/load/findings.h"
#include "policy/model/s2s_settings.h"
#include "proxy/base/domain_name.h"
#include "proxy/base/endpoint.h"

namespace portcullis::policy {

Place place(const toml::source_region& source);

// One value of the file on its way into the typed configuration. Every read_ function either sets
// its target, or leaves it as it is and reports what is wrong and what would be right.
struct Value {
  const toml::node& node;
  std::string path;  // "host[0].backend.s2s"
  Findings& findings;

  Place where() const { return place(node.source()); }
  std::string name() const;  // "host.backend.s2s", for messages
  void error(std::string_view what) const;
  // "must be WANTED, found TYPE"
  void wrong_type(std::string_view wanted) const;
};

void read_bool(const Value& value, bool& target);
// At most `limit` octets, nothing unprintable.
void read_text(const Value& value, std::string& target, std::size_t limit);
void read_path(const Value& value, std::string& target);
// Files; the last part of a path may be "*.pem".
void read_file_patterns(const Value& value, std::vector<std::string>& target);
// A date without a time.
void read_date(const Value& value, std::chrono::sys_days& target);

template <class Number>
struct Bounds {
  Number least;
  Number most;
};
void read_duration(const Value& value, std::chrono::milliseconds& target,
                   Bounds<std::chrono::milliseconds> bounds);
// "512KiB", "1MiB" or a plain integer of octets.
void read_size(const Value& value, std::size_t& target, Bounds<std::size_t> bounds);
void read_count(const Value& value, std::size_t& target, Bounds<std::size_t> bounds);

// To listen, an address is needed; to connect, a host name will do, too.
enum class EndpointUse : std::uint8_t { kAddress, kAddressOrName };
void read_endpoint(const Value& value, std::optional<Endpoint>& target, EndpointUse use);
// An address or a host name, without a port; an IPv6 address may stand in brackets.
void read_host_name(const Value& value, std::string& target);
void read_endpoints(const Value& value, std::vector<Endpoint>& target, EndpointUse use);

void read_domain(const Value& value, std::optional<DomainName>& target);
void read_domains(const Value& value, std::vector<DomainName>& target);
// Exact names, or "*.suffix"; as A-labels.
void read_patterns(const Value& value, std::vector<std::string>& target);
// Users of this machine, by name or number.
void read_users(const Value& value, std::vector<std::string>& target);
// TCP ports.
void read_tlv_types(const Value& value, std::vector<std::uint8_t>& target);
void read_ports(const Value& value, std::vector<std::uint16_t>& target);
// CIDR blocks.
void read_networks(const Value& value, std::vector<std::string>& target);

inline constexpr std::string_view kSocksScheme = "socks5://";
// A SOCKS5 proxy: "socks5://" and an IP address with a port.
void read_via(const Value& value, std::optional<Endpoint>& target);

// "spki-sha256:" and base64.
void read_pins(const Value& value, std::vector<SpkiPin>& target);
// Ids of reasons that an exception may waive.
void read_waivable_reasons(const Value& value, std::vector<Reason>& target);

// The index in `allowed` of the word that was given.
std::optional<std::size_t> read_word(const Value& value, std::span<const std::string_view> allowed,
                                     std::string_view hint);

template <class Enum, std::size_t N>
void read_choice(const Value& value, Enum& target,
                 const std::array<std::pair<std::string_view, Enum>, N>& choices,
                 std::string_view hint = {}) {
  std::array<std::string_view, N> allowed;
  for (std::size_t i = 0; i < N; ++i) allowed[i] = choices[i].first;
  if (const auto index = read_word(value, allowed, hint)) target = choices[*index].second;
}

// The same for a list of words, of which at least one is demanded.
std::optional<std::vector<std::size_t>> read_words(const Value& value,
                                                   std::span<const std::string_view> allowed);

// Sets the flags that are listed and clears the others.
template <class Flags, std::size_t N>
void read_flags(const Value& value, Flags& target,
                const std::array<std::pair<std::string_view, bool Flags::*>, N>& flags) {
  std::array<std::string_view, N> allowed;
  for (std::size_t i = 0; i < N; ++i) allowed[i] = flags[i].first;
  const auto chosen = read_words(value, allowed);
  if (!chosen) return;
  for (const auto& [word, flag] : flags) target.*flag = false;
  for (const auto index : *chosen) target.*flags[index].second = true;
}

}  // namespace portcullis::policy
