#pragma once

#include <cstdint>
#include <vector>

#include "proxy/net/dns_client.h"
#include "proxy/net/socket_address.h"

namespace portcullis::net {

// The rdata of A and AAAA records as addresses with `port`. Addresses that no host can have
// (unspecified, multicast, broadcast, IPv4-mapped, wrong length) are left out. Pure.
std::vector<SocketAddress> addresses_from(const DnsAnswer& answer, DnsType type,
                                          std::uint16_t port);

// IPv6 and IPv4 in turn, IPv6 first. Pure.
std::vector<SocketAddress> interleave(const std::vector<SocketAddress>& v6,
                                      const std::vector<SocketAddress>& v4);

}  // namespace portcullis::net
