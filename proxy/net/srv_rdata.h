#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "proxy/base/domain_name.h"

namespace portcullis::net {

struct SrvRecord {
  std::uint16_t priority = 0;
  std::uint16_t weight = 0;
  std::uint16_t port = 0;
  std::optional<DomainName> target;  // absent: ".", the service is decidedly not available
};

// The rdata of one SRV record (RFC 2782) in wire format, names uncompressed as RFC 2782 demands.
// nullopt: cut, trailing octets, a compression pointer, port 0, or a target that is no host name.
// Pure.
std::optional<SrvRecord> parse_srv_rdata(std::string_view rdata);

}  // namespace portcullis::net
