#pragma once

#include "proxy/base/result.h"
#include "proxy/net/descriptor.h"
#include "proxy/net/socket_address.h"

namespace portcullis::net {

// A TCP socket that listens with SO_REUSEPORT. Connections wait in the kernel until a Listener
// serves it, so that everything that can fail is done before a loop is asked to. Belongs to no
// loop; closed when destroyed.
class ListeningSocket {
 public:
  // "[::]" takes IPv4 too; any other IPv6 address only IPv6.
  static Result<ListeningSocket> open(const SocketAddress& address);

  const SocketAddress& address() const { return address_; }  // as asked for
  Descriptor release() && { return std::move(descriptor_); }

 private:
  ListeningSocket(Descriptor descriptor, SocketAddress address)
      : descriptor_(std::move(descriptor)), address_(address) {}

  Descriptor descriptor_;
  SocketAddress address_;
};

// What went wrong when listening on `address`, with `error` of errno(3), and what to do.
tl::unexpected<Error> cannot_listen(const SocketAddress& address, int error);

}  // namespace portcullis::net
