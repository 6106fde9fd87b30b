#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "proxy/net/socket_address.h"
#include "proxy/telemetry/labels.h"

namespace portcullis::relay {

// A network by which a peer is counted. Everybody with IPv6 has a /64 at least, many customers have
// a /56, and some have a /48. So an IPv6 address is counted in all three.
enum class NetworkSize : std::uint8_t { kIpv4Address, kIpv6Slash64, kIpv6Slash56, kIpv6Slash48 };

struct PeerNetwork {
  NetworkSize size = NetworkSize::kIpv4Address;
  std::uint64_t bits = 0;  // the IPv4 address, or the first 64 bits of the prefix

  bool operator==(const PeerNetwork&) const = default;
  std::string text() const;  // "192.0.2.1", "2001:db8::/64"
  bool is_smallest() const {
    return size == NetworkSize::kIpv4Address || size == NetworkSize::kIpv6Slash64;
  }
};

// The networks of one peer, the smallest one first.
class PeerNetworks {
 public:
  explicit PeerNetworks(const net::SocketAddress& peer);
  // From the smallest of them, which says all: who keeps a peer's networks for long keeps that one.
  explicit PeerNetworks(const PeerNetwork& smallest);

  const PeerNetwork& smallest() const { return networks_.front(); }

  const PeerNetwork* begin() const { return networks_.data(); }
  const PeerNetwork* end() const { return networks_.data() + count_; }

 private:
  std::array<PeerNetwork, 3> networks_;
  std::size_t count_ = 1;
};

// Which limit bounds the connections that are open from such a network, and which one bounds how
// fast new ones come.
telemetry::Limit places_limit(NetworkSize size);
telemetry::Limit rate_limit(NetworkSize size);

}  // namespace portcullis::relay
