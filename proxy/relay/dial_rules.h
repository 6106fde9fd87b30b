#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "policy/model/config.h"
#include "proxy/base/result.h"
#include "proxy/net/socket_address.h"
#include "proxy/net/this_machine.h"

namespace portcullis::relay {

// What is known at this moment about the backends that are configured by name.
struct NamedBackends {
  std::vector<net::SocketAddress> addresses;
  std::vector<Endpoint> unknown;  // could not be looked up: they may be at any address
};

// Which addresses may be called, out of what the DNS of others says. Made from one generation of
// the configuration; immutable. For a peer's address, in this order:
//   1. Our own listeners and the operator's backends are never called, nor what no single host can
//      have (the unspecified address, multicast, broadcast). No key opens these.
//   2. The block with the longest prefix decides, of those in outbound.allow_networks and
//      outbound.refuse_networks that hold the address. If both lists have that block, it is
//      refused.
//   3. If no block holds it: special-purpose addresses are refused, all others are called.
// An IPv4 address inside of an IPv6 one (net::embedded_v4) has to pass all of it as well.
class DialRules {
 public:
  // Whether an address is one of this machine's. Asked each time, because interfaces change.
  // Where nobody can tell, the address is not called.
  using WhoseAddress = std::function<net::Whose(const net::SocketAddress& address)>;
  // Half a sentence about an address that is not called; nullopt if it may be called.
  using WhyNot = std::optional<std::string>;

  // The error names a block that cannot be read.
  static Result<DialRules> of(const policy::Config& config, WhoseAddress whose);

  // The backends that the configuration knows by name and that listen on one of `ports`, each once.
  // Their addresses have to be looked up before a peer is called at one of these ports.
  std::vector<Endpoint> named_backends(const std::vector<std::uint16_t>& ports) const;

  // `named`: what named_backends() were found to be. Nobody is called at the port of one that could
  // not be looked up: a stranger must not choose the moment in which we call our own backend.
  WhyNot why_not_peer(const net::SocketAddress& address, const NamedBackends& named) const;
  // Where the operator says that the backend or a proxy is, only our own listeners are refused.
  WhyNot why_not_backend(const net::SocketAddress& address) const;

 private:
  struct Network {
    net::CidrBlock block;
    bool allowed = false;
  };

  explicit DialRules(WhoseAddress whose) : whose_(std::move(whose)) {}
  net::Whose whose_listener(const net::SocketAddress& address) const;
  net::Whose whose_backend(const std::vector<net::SocketAddress>& backends,
                           const net::SocketAddress& address) const;
  WhyNot why_not_itself(const net::SocketAddress& address, const NamedBackends& named) const;

  WhoseAddress whose_;
  std::vector<net::SocketAddress> listeners_;
  std::vector<net::SocketAddress> outbound_;  // those of them for the backend
  std::vector<net::SocketAddress> backends_;  // those that are configured by an address
  std::vector<Endpoint> named_backends_;
  std::vector<Network> networks_;  // the longest prefix first
};

}  // namespace portcullis::relay
