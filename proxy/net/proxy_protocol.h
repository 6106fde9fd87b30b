#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "policy/model/config.h"
#include "proxy/net/socket_address.h"

namespace portcullis::net {

// The PROXY protocol, versions 1 and 2 (HAProxy's proxy-protocol.txt). Pure.

struct ProxyHeaderIncomplete {};  // more bytes are needed
struct ProxyHeaderInvalid {
  std::string_view why;
};
struct ProxyHeader {
  std::size_t size = 0;                 // octets of the header
  std::optional<SocketAddress> source;  // absent for LOCAL and UNKNOWN: use the socket's own
  std::string_view tlvs =
      {};  // of version 2, what stands behind the addresses; within the bytes given
};
using ProxyHeaderResult = std::variant<ProxyHeaderIncomplete, ProxyHeaderInvalid, ProxyHeader>;

// `bytes` is all that was received so far. Never asks for more than 107 octets (v1) or 16 + 512
// (v2).
ProxyHeaderResult parse_proxy_header(std::string_view bytes);

// Those whose type is in `types`, in their order. What comes behind a TLV that is cut off is left
// out, and so is that one.
std::string chosen_tlvs(std::string_view tlvs, std::span<const std::uint8_t> types);

// `tlvs`: whole ones, at most 512 octets; used with version 2 only.
std::string write_proxy_header(policy::ProxyProtocol version, const SocketAddress& source,
                               const SocketAddress& destination, std::string_view tlvs = {});

}  // namespace portcullis::net
