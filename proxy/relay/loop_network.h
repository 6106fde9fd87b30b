#pragma once

#include <string>

#include "proxy/net/loop.h"
#include "proxy/relay/network.h"

namespace portcullis::relay {

// The network as one worker's loop and resolver see it. All references must outlive this and every
// transport it makes; `scratch` is shared by all transports of the loop.
class LoopNetwork final : public Network {
 public:
  LoopNetwork(net::Loop& loop, net::Resolver& resolver, std::string& scratch)
      : loop_(loop), resolver_(resolver), scratch_(scratch) {}

  std::unique_ptr<Call> call(const DialTarget& to, std::function<void(Called)> done) override;
  Lookup find_server(const DomainName& remote, std::chrono::milliseconds at_most,
                     std::function<void(net::Candidates)> done) override;
  Lookup resolve_endpoint(const Endpoint& endpoint,
                          std::function<void(net::EndpointAddresses)> done) override;

 private:
  net::Loop& loop_;
  net::Resolver& resolver_;
  std::string& scratch_;
};

}  // namespace portcullis::relay
