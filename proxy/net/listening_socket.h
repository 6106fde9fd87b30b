#pragma once

#include "proxy/base/result.h"
#include "proxy/net/descriptor.h"
#include "proxy/net/socket_address.h"

namespace portcullis::net {

// A TCP socket that listens with SO_REUSEPORT. Connections wait in the kernel until a Listener
// serves it. So everything that can fail is done before a loop takes part. It belongs to no loop,
// and is closed when destroyed.
class ListeningSocket {
 public:
  // "[::]" takes IPv4 too; any other IPv6 address only IPv6.
  static Result<ListeningSocket> open(const SocketAddress& address);

  const SocketAddress& address() const { return address_; }  // as given to open()
  Descriptor release() && { return std::move(descriptor_); }

 private:
  ListeningSocket(Descriptor descriptor, SocketAddress address)
      : descriptor_(std::move(descriptor)), address_(address) {}

  Descriptor descriptor_;
  SocketAddress address_;
};

// The error for the operator when listening on `address` failed with `error`, a value of errno(3).
// It also says what to do.
tl::unexpected<Error> cannot_listen(const SocketAddress& address, int error);

}  // namespace portcullis::net
