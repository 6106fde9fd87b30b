#include "proxy/relay/peer_network.h"

#include <arpa/inet.h>

#include <cstring>

namespace portcullis::relay {
namespace {

std::uint64_t first_bits(const in6_addr& address, unsigned octets) {
  std::uint64_t bits = 0;
  for (unsigned i = 0; i < 8; ++i) bits = bits << 8 | (i < octets ? address.s6_addr[i] : 0U);
  return bits;
}

std::string text_of(int family, const void* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(family, address, text.data(), text.size());
  return text.data();
}

}  // namespace

PeerNetworks::PeerNetworks(const net::SocketAddress& peer) {
  const in6_addr address = peer.as_v6();
  if (!peer.is_v6()) {
    std::uint64_t bits = 0;
    for (unsigned i = 12; i < 16; ++i) bits = bits << 8 | address.s6_addr[i];
    networks_[0] = {NetworkSize::kIpv4Address, bits};
    return;
  }
  networks_ = {PeerNetwork{NetworkSize::kIpv6Slash64, first_bits(address, 8)},
               PeerNetwork{NetworkSize::kIpv6Slash56, first_bits(address, 7)},
               PeerNetwork{NetworkSize::kIpv6Slash48, first_bits(address, 6)}};
  count_ = networks_.size();
}

std::string PeerNetwork::text() const {
  if (size == NetworkSize::kIpv4Address) {
    in_addr address{};
    address.s_addr = htonl(static_cast<std::uint32_t>(bits));
    return text_of(AF_INET, &address);
  }
  in6_addr address{};
  for (unsigned i = 0; i < 8; ++i)
    address.s6_addr[i] = static_cast<std::uint8_t>(bits >> (8 * (7 - i)));
  const auto* const length = size == NetworkSize::kIpv6Slash64   ? "/64"
                             : size == NetworkSize::kIpv6Slash56 ? "/56"
                                                                 : "/48";
  return text_of(AF_INET6, &address) + length;
}

telemetry::Limit places_limit(NetworkSize size) {
  switch (size) {
    case NetworkSize::kIpv4Address:
    case NetworkSize::kIpv6Slash64:
      return telemetry::Limit::kConnectionsPerAddress;
    case NetworkSize::kIpv6Slash56:
      return telemetry::Limit::kConnectionsPerIpv6Slash56;
    case NetworkSize::kIpv6Slash48:
      return telemetry::Limit::kConnectionsPerIpv6Slash48;
  }
  return telemetry::Limit::kConnectionsPerAddress;
}

telemetry::Limit rate_limit(NetworkSize size) {
  switch (size) {
    case NetworkSize::kIpv4Address:
    case NetworkSize::kIpv6Slash64:
      return telemetry::Limit::kRatePerAddress;
    case NetworkSize::kIpv6Slash56:
      return telemetry::Limit::kRatePerIpv6Slash56;
    case NetworkSize::kIpv6Slash48:
      return telemetry::Limit::kRatePerIpv6Slash48;
  }
  return telemetry::Limit::kRatePerAddress;
}

}  // namespace portcullis::relay
