#include "proxy/relay/endpoints_lookup.h"

#include <utility>

namespace portcullis::relay {

EndpointsLookup::EndpointsLookup(Network& network, std::vector<Endpoint> endpoints, Done done)
    : network_(network), endpoints_(std::move(endpoints)), done_(std::move(done)) {
  next();
}

void EndpointsLookup::next() {
  if (asked_ == endpoints_.size()) {
    const auto done = std::move(done_);  // may destroy this
    return done(std::move(found_));
  }
  lookup_.reset();
  lookup_ = network_.resolve_endpoint(
      endpoints_[asked_++], [this](Result<std::vector<net::SocketAddress>> addresses) {
        if (addresses) found_.insert(found_.end(), addresses->begin(), addresses->end());
        next();
      });
}

}  // namespace portcullis::relay
