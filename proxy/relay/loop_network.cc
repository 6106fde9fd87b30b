#include "proxy/relay/loop_network.h"

#include <utility>

#include "proxy/relay/socket_call.h"
#include "proxy/relay/socks_call.h"

namespace portcullis::relay {

std::unique_ptr<Network::Call> LoopNetwork::call(const DialTarget& to,
                                                 std::function<void(Called)> done) {
  if (const auto& request = to.through())
    return std::make_unique<SocksCall>(loop_, scratch_, to.address(), *request, std::move(done));
  return std::make_unique<SocketCall>(loop_, scratch_, to.address(), std::move(done));
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
