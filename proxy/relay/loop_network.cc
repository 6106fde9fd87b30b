#include "proxy/relay/loop_network.h"

#include <utility>

#include "proxy/relay/socket_transport.h"

namespace portcullis::relay {

MakeTransport LoopNetwork::connect(const DialTarget& target) {
  return [this, to = target.address()](Transport::Handler& handler) {
    return std::make_unique<SocketTransport>(loop_, handler, scratch_, to);
  };
}

Network::Lookup LoopNetwork::find_server(const DomainName& remote,
                                         std::chrono::milliseconds at_most,
                                         std::function<void(net::Candidates)> done) {
  return resolver_.find_server(remote, at_most, std::move(done));
}

Network::Lookup LoopNetwork::resolve_endpoint(const Endpoint& endpoint,
                                              std::function<void(net::EndpointAddresses)> done) {
  return net::Resolver::resolve_endpoint(loop_, endpoint, std::move(done));
}

}  // namespace portcullis::relay
