#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

#include "proxy/base/domain_name.h"
#include "proxy/net/socket_address.h"

namespace portcullis::relay {

// From which addresses the backend of each own host has shown its certificate. A value.
//
// Only who has the backend's key is entered, and only for a host of the configuration, so nobody
// else can make this grow or push an address out.
class BackendAddresses {
 public:
  // The other end of the connection to `peer` has shown the certificate of the host's backend.
  void add(const DomainName& host, const net::SocketAddress& peer);
  // Whether that is so for `peer`, with any port.
  bool has(const DomainName& host, const net::SocketAddress& peer) const;

  // Of one host; the one that has shown it least lately is forgotten first. More than one, because
  // a backend may be called at another address than it calls from, and because it can be several
  // machines.
  static constexpr std::size_t kOfHost = 8;

 private:
  std::unordered_map<DomainName, std::vector<std::string>> of_host_;  // the latest at the end
};

}  // namespace portcullis::relay
