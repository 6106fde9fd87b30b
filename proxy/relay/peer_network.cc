#include "proxy/relay/peer_network.h"

#include <arpa/inet.h>

#include <cstring>

namespace portcullis::relay {
namespace {

PeerNetwork smallest_of(const net::SocketAddress& peer) {
  const in6_addr address = peer.as_v6();
  const bool v6 = peer.is_v6();
  std::uint64_t bits = 0;
  for (unsigned i = v6 ? 0 : 12; i < (v6 ? 8U : 16U); ++i) bits = bits << 8 | address.s6_addr[i];
  return {v6 ? NetworkSize::kIpv6Slash64 : NetworkSize::kIpv4Address, bits};
}

std::string text_of(int family, const void* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(family, address, text.data(), text.size());
  return text.data();
}

}  // namespace

PeerNetworks::PeerNetworks(const net::SocketAddress& peer) : PeerNetworks(smallest_of(peer)) {}

PeerNetworks::PeerNetworks(const PeerNetwork& smallest) {
  networks_[0] = smallest;
  if (smallest.size == NetworkSize::kIpv4Address) return;
  networks_[1] = {NetworkSize::kIpv6Slash56, smallest.bits & ~std::uint64_t{0xff}};
  networks_[2] = {NetworkSize::kIpv6Slash48, smallest.bits & ~std::uint64_t{0xffff}};
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
