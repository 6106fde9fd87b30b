#include "proxy/relay/endpoints_lookup.h"

#include <utility>

namespace portcullis::relay {

EndpointsLookup::EndpointsLookup(Network& network, std::vector<Endpoint> endpoints, Done done)
    : endpoints_(std::move(endpoints)), done_(std::move(done)), unanswered_(endpoints_.size()) {
  for (const auto& endpoint : endpoints_)
    lookups_.push_back(
        network.resolve_endpoint(endpoint, [this, &endpoint](net::EndpointAddresses addresses) {
          take(endpoint, std::move(addresses));
        }));
}

void EndpointsLookup::take(const Endpoint& endpoint, net::EndpointAddresses addresses) {
  if (addresses)
    found_.addresses.insert(found_.addresses.end(), addresses->begin(), addresses->end());
  else if (!addresses.error().unknown_name)
    found_.unknown.push_back(endpoint);
  if (--unanswered_ > 0) return;
  const auto done = std::move(done_);  // may destroy this
  done(std::move(found_));
}

}  // namespace portcullis::relay
