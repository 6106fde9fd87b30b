#pragma once

#include <cstdint>
#include <vector>

#include "proxy/net/dns_client.h"
#include "proxy/net/socket_address.h"

namespace portcullis::net {

// The rdata of A and AAAA records as addresses with `port`, without those of a wrong length.
// Whether an address may be called is not judged here, but where it is called, so that the log can
// say why it was not. Pure.
std::vector<SocketAddress> addresses_from(const DnsAnswer& answer, DnsType type,
                                          std::uint16_t port);

// IPv6 and IPv4 in turn, IPv6 first. Pure.
std::vector<SocketAddress> interleave(const std::vector<SocketAddress>& v6,
                                      const std::vector<SocketAddress>& v4);

}  // namespace portcullis::net
