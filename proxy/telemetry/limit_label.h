#pragma once

#include <cstdint>
#include <string_view>

#include "proxy/telemetry/label.h"

namespace portcullis::telemetry {

// A limit that can be reached. The words are the keys of [limits], or those of a limit that is
// fixed (docs/operating.md lists them).
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
  kFailedLogins,
  kRegistrations,
  kStreamsPerDomain,
  kStanzaRate,
  kHeldBytes,
  kMemory,
  kAllocation,
  kDials,
  kInboundMints,
  kOutboundMints,
  kRefusedMints,
  kErrorStreams,
  kDescriptors,
  kLoginPieces,
  kLoginOctets,
  kTlsHello,
  kTlsHandshake,
  kTlsRecords,
  kTlsMessage,
  kTlsCertificates,
  kTlsCurve,
  kTlsKey,
  kTlsLateMessages,
  kTlsRenegotiation
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
    case Limit::kFailedLogins:
      return "failed_logins_per_address";
    case Limit::kRegistrations:
      return "registrations_per_address";
    case Limit::kStreamsPerDomain:
      return "streams_per_domain";
    case Limit::kStanzaRate:
      return "stanza_rate";
    case Limit::kHeldBytes:
      return "held_bytes";
    case Limit::kMemory:
      return "memory";
    case Limit::kAllocation:
      return "allocation";
    case Limit::kDials:
      return "dials";
    case Limit::kInboundMints:
      return "inbound_mints";
    case Limit::kOutboundMints:
      return "outbound_mints";
    case Limit::kRefusedMints:
      return "refused_mints";
    case Limit::kErrorStreams:
      return "error_streams";
    case Limit::kDescriptors:
      return "descriptors";
    case Limit::kLoginPieces:
      return "login_pieces";
    case Limit::kLoginOctets:
      return "login_octets";
    case Limit::kTlsHello:
      return "tls_hello";
    case Limit::kTlsHandshake:
      return "tls_handshake";
    case Limit::kTlsRecords:
      return "tls_records";
    case Limit::kTlsMessage:
      return "tls_message";
    case Limit::kTlsCertificates:
      return "tls_certificates";
    case Limit::kTlsCurve:
      return "tls_curve";
    case Limit::kTlsKey:
      return "tls_key";
    case Limit::kTlsLateMessages:
      return "tls_late_messages";
    case Limit::kTlsRenegotiation:
      return "tls_renegotiation";
  }
  return "";
}
template <>
struct Label<Limit> : EnumLabel<Limit> {
  static constexpr std::string_view kName = "limit";
  static constexpr std::string_view kMeaning = "which limit";
};

}  // namespace portcullis::telemetry
