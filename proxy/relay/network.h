#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include <tl/expected.hpp>

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

  // A connection that is being made. Destroying it ends it.
  class Call {
   public:
    Call() = default;
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;
    virtual ~Call() = default;
    // Whether it waits for the answer of a proxy about itself: not for that of the peer.
    virtual bool is_with_proxy() const { return false; }
  };
  // Why no connection came about.
  struct CallFailure {
    std::string detail;
    bool out_of_descriptors = false;  // nobody was called: it is our own limit
    bool proxy_failed = false;        // the peer has no part in it: it is the proxy's fault
  };
  // What makes the transport of the connection, once. If it is destroyed instead, the connection
  // ends.
  using Called = tl::expected<MakeTransport, CallFailure>;

  // Begins to connect. `done` is called once, never before this function returns, and may destroy
  // the call.
  virtual std::unique_ptr<Call> call(const DialTarget& to, std::function<void(Called)> done) = 0;
  // The contracts are those of net::Resolver::find_server and resolve_endpoint.
  virtual Lookup find_server(const DomainName& remote, std::chrono::milliseconds at_most,
                             std::function<void(net::Candidates)> done) = 0;
  virtual Lookup resolve_endpoint(const Endpoint& endpoint,
                                  std::function<void(net::EndpointAddresses)> done) = 0;
};

}  // namespace portcullis::relay
