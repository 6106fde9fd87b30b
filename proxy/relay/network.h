#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "proxy/net/resolver.h"
#include "proxy/relay/dial_target.h"
#include "proxy/relay/transport.h"

namespace portcullis::relay {

// How a bridge reaches other machines. The program uses the loop and the resolver of a worker
// (LoopNetwork); tests have a network in memory.
class Network {
 public:
  virtual ~Network() = default;

  // A running look-up. Destroying it cancels it.
  using Lookup = std::unique_ptr<net::Resolver::Lookup>;

  // Returns what makes a connection to `to`. Connecting begins when the transport is made.
  virtual MakeTransport connect(const DialTarget& to) = 0;
  // The contracts are those of net::Resolver::find_server and resolve_endpoint.
  virtual Lookup find_server(const DomainName& remote, std::chrono::milliseconds at_most,
                             std::function<void(net::Candidates)> done) = 0;
  virtual Lookup resolve_endpoint(const Endpoint& endpoint,
                                  std::function<void(net::EndpointAddresses)> done) = 0;
};

}  // namespace portcullis::relay
