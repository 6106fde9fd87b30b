#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "proxy/base/domain_name.h"
#include "proxy/net/socket_address.h"

namespace portcullis::net {

struct SrvRecord {
  std::uint16_t priority = 0;
  std::uint16_t weight = 0;
  std::uint16_t port = 0;
  std::optional<DomainName> target;  // absent for ".": the domain says that it has no such service
};

// The rdata of one SRV record (RFC 2782) in wire format, names uncompressed as RFC 2782 demands.
// nullopt if it is cut off, has trailing octets, a compression pointer or port 0, or if the target
// is not a host name. Pure.
std::optional<SrvRecord> parse_srv_rdata(std::string_view rdata);

// The target of such rdata with its port, where it is an IP address that is written as if it were a
// name: no host has that name, but some programs follow it. nullopt if it is anything else. Pure.
std::optional<SocketAddress> parse_srv_literal(std::string_view rdata);

}  // namespace portcullis::net
