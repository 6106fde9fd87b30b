#include "proxy/relay/backend_addresses.h"

#include <algorithm>

namespace portcullis::relay {

void BackendAddresses::add(const DomainName& host, const net::SocketAddress& peer) {
  auto& addresses = of_host_[host];
  auto address = peer.host();
  std::erase(addresses, address);
  if (addresses.size() >= kOfHost) addresses.erase(addresses.begin());
  addresses.push_back(std::move(address));
}

bool BackendAddresses::has(const DomainName& host, const net::SocketAddress& peer) const {
  const auto found = of_host_.find(host);
  if (found == of_host_.end()) return false;
  return std::find(found->second.begin(), found->second.end(), peer.host()) != found->second.end();
}

}  // namespace portcullis::relay
