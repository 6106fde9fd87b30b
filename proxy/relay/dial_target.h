#pragma once

#include <tl/expected.hpp>

#include <optional>

#include "policy/reasons/reason.h"
#include "proxy/net/socket_address.h"
#include "proxy/net/socks_client.h"
#include "proxy/relay/dial_rules.h"

namespace portcullis::relay {

// An address that the rules let us call. There is no other way to make one, and Network::connect()
// takes nothing else: so nobody can forget to ask.
class DialTarget {
 public:
  using Asked = tl::expected<DialTarget, policy::Refusal>;
  // `named` as in DialRules::why_not_peer().
  static Asked peer(const net::SocketAddress& address, const DialRules& rules,
                    const NamedBackends& named);
  static Asked backend(const net::SocketAddress& address, const DialRules& rules);
  // A SOCKS5 proxy, as the operator says, which is then asked for `request`.
  static Asked proxy(const net::SocketAddress& address, const DialRules& rules,
                     net::SocksRequest request);

  const net::SocketAddress& address() const { return address_; }
  // What the proxy at that address is asked for; nullopt if there is none.
  const std::optional<net::SocksRequest>& through() const { return through_; }

 private:
  explicit DialTarget(const net::SocketAddress& address) : address_(address) {}
  net::SocketAddress address_;
  std::optional<net::SocksRequest> through_;
};

}  // namespace portcullis::relay
