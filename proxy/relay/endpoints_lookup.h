#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "proxy/relay/dial_rules.h"
#include "proxy/relay/network.h"

namespace portcullis::relay {

// Looks up several endpoints of the configuration at the same time, and puts their addresses
// together. A name that does not exist has no address; one that cannot be looked up is unknown.
// Destroying it cancels it.
class EndpointsLookup final : public net::Resolver::Lookup {
 public:
  using Done = std::function<void(NamedBackends found)>;

  // `network` must outlive this. `done` is called once, never before this function returns, and may
  // destroy this. `endpoints` must not be empty.
  EndpointsLookup(Network& network, std::vector<Endpoint> endpoints, Done done);

 private:
  void take(const Endpoint& endpoint, net::EndpointAddresses addresses);

  const std::vector<Endpoint> endpoints_;
  Done done_;
  std::size_t unanswered_;
  NamedBackends found_;
  std::vector<Network::Lookup> lookups_;
};

}  // namespace portcullis::relay
