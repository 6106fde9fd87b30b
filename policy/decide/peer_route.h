#pragma once

#include <chrono>
#include <cstdint>
#include <variant>

#include "policy/model/config.h"
#include "policy/reasons/reason.h"

namespace portcullis::policy {

// How the server of a remote domain is reached.

// It is looked up in DNS, and its addresses are called.
struct ByDns {};
// A SOCKS5 proxy is asked for that port of the domain. Nothing is looked up, no SRV record either:
// whom we call stays between us and the proxy.
struct BySocks {
  Endpoint proxy;  // an address
  std::uint16_t port = 0;
};

struct PeerRoute {
  DomainName remote;
  std::variant<ByDns, BySocks, Refusal> way = ByDns{};  // Refusal: it is not called at all
};

// An onion service is only called through a proxy, and only by a name that can be one. Through a
// proxy nobody here sees the address, so neither a domain of ours nor the machine itself is called
// that way; an IP address is no DomainName. Total: every domain has a route.
PeerRoute peer_route(const Config& config, const DomainName& remote, std::chrono::sys_seconds now);

}  // namespace portcullis::policy
