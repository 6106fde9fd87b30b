#pragma once

#include <cstdint>
#include <string_view>

#include "proxy/telemetry/label.h"

namespace portcullis::telemetry {

// A limit that can be reached. The words are the keys of [limits], apart from the last one.
enum class Limit : std::uint8_t {
  kInboundConnections,
  kOutboundConnections,
  kClientConnections,
  kRefusedConnections,
  kConnectionsPerAddress,
  kConnectionsPerIpv6Slash56,
  kConnectionsPerIpv6Slash48,
  kExemptConnections,
  kRatePerAddress,
  kRatePerIpv6Slash56,
  kRatePerIpv6Slash48,
  kRateTotal,
  kStreamsPerDomain,
  kStanzaRate,
  kHeldBytes,
  kDials,
  kDescriptors
};
constexpr std::string_view name(Limit limit) {
  switch (limit) {
    case Limit::kInboundConnections:
      return "inbound_connections";
    case Limit::kOutboundConnections:
      return "outbound_connections";
    case Limit::kClientConnections:
      return "client_connections";
    case Limit::kRefusedConnections:
      return "refused_connections";
    case Limit::kConnectionsPerAddress:
      return "connections_per_address";
    case Limit::kConnectionsPerIpv6Slash56:
      return "connections_per_ipv6_56";
    case Limit::kConnectionsPerIpv6Slash48:
      return "connections_per_ipv6_48";
    case Limit::kExemptConnections:
      return "exempt_connections";
    case Limit::kRatePerAddress:
      return "rate_per_address";
    case Limit::kRatePerIpv6Slash56:
      return "rate_per_ipv6_56";
    case Limit::kRatePerIpv6Slash48:
      return "rate_per_ipv6_48";
    case Limit::kRateTotal:
      return "rate_total";
    case Limit::kStreamsPerDomain:
      return "streams_per_domain";
    case Limit::kStanzaRate:
      return "stanza_rate";
    case Limit::kHeldBytes:
      return "held_bytes";
    case Limit::kDials:
      return "dials";
    case Limit::kDescriptors:
      return "descriptors";
  }
  return "";
}
template <>
struct Label<Limit> : EnumLabel<Limit> {
  static constexpr std::string_view kName = "limit";
  static constexpr std::string_view kMeaning = "which limit";
};

}  // namespace portcullis::telemetry
