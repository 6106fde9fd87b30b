#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "proxy/net/socket_address.h"

namespace portcullis::net {

// What an address block is set aside for: RFC 6890 and the IANA registries of special-purpose
// addresses for IPv4 and IPv6, multicast, and what RFC 4291 section 2.4 leaves unassigned.
struct SpecialUse {
  std::string_view name;      // "a private address (RFC 1918)"
  bool never_a_host = false;  // no single host can have it: it is never connected to
};

// nullopt for an address of the public Internet. Looks at the address itself only: an address that
// holds an IPv4 address is public here if its own block is. IPv4-mapped IPv6 counts as IPv4. Pure.
std::optional<SpecialUse> special_use(const SocketAddress& address);

// The IPv4 addresses that an IPv6 address stands for, with its port: what a translator or a tunnel
// would connect to. NAT64 (RFC 6052, RFC 8215, the IPv4 address at the end), 6to4 (RFC 3056),
// Teredo (RFC 4380, its server and its client) and IPv4-compatible addresses (RFC 4291 section
// 2.5.5.1). Empty for all others. Pure.
std::vector<SocketAddress> embedded_v4(const SocketAddress& address);

}  // namespace portcullis::net
