#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "proxy/relay/network.h"

namespace portcullis::relay {

// Looks up several endpoints of the configuration, one after the other, and puts their addresses
// together. A name that has no address is left out. Destroying it cancels it.
class EndpointsLookup final : public net::Resolver::Lookup {
 public:
  using Done = std::function<void(std::vector<net::SocketAddress> found)>;

  // `network` must outlive this. `done` is called once, never before this function returns, and may
  // destroy this. `endpoints` must not be empty.
  EndpointsLookup(Network& network, std::vector<Endpoint> endpoints, Done done);

 private:
  void next();

  Network& network_;
  const std::vector<Endpoint> endpoints_;
  Done done_;
  std::size_t asked_ = 0;
  std::vector<net::SocketAddress> found_;
  Network::Lookup lookup_;
};

}  // namespace portcullis::relay
