#pragma once

#include <cstddef>
#include <vector>

#include "proxy/base/result.h"
#include "proxy/net/descriptor.h"
#include "proxy/net/socket_address.h"

namespace portcullis::net {

// A TCP socket on an address of ours. First all that are wanted are bound, and only then each one
// listens; so nothing is opened unless all can be. Each worker has a socket of its own for the same
// address (SO_REUSEPORT). Connections wait in the kernel until a Listener serves it. It belongs to
// no loop, and is closed when destroyed.
class ListeningSocket {
 public:
  // Binds the first socket of an address. It is an error if anybody else listens there, also with
  // SO_REUSEPORT; the error names who does. What this process itself listens on is no obstacle.
  // "[::]" takes IPv4 too; any other IPv6 address only IPv6.
  static Result<ListeningSocket> claim(const SocketAddress& address);
  // Binds one more, beside those of the same user that have SO_REUSEPORT.
  static Result<ListeningSocket> join(const SocketAddress& address);
  // Those of `workers` workers on an address for which somebody has handed us `handed`, at least
  // one socket. None of these is ever closed before its last owner ends, because the connections
  // that wait in it would be reset: if there are more than workers, the last ones are beyond
  // `workers` in the result; if there are fewer, others join, or, where the kernel refuses that,
  // share one.
  static Result<std::vector<ListeningSocket>> adopt(std::vector<Descriptor> handed,
                                                    const SocketAddress& address,
                                                    std::size_t workers);

  Result<void> listen();
  const SocketAddress& address() const { return address_; }  // as it was given
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
