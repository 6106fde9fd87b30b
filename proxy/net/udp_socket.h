#pragma once

#include <memory>
#include <string_view>

#include "proxy/base/result.h"
#include "proxy/net/descriptor.h"
#include "proxy/net/loop.h"
#include "proxy/net/socket_address.h"

namespace portcullis::net {

// One UDP socket. It has one owner. Destroying it closes the socket; this is allowed inside its own
// callbacks, too, and no callback follows. It has no receive buffer of its own: all sockets share
// the loop's.
class UdpSocket {
 public:
  // No function of UdpSocket calls a Handler before it returns.
  class Handler {
   public:
    virtual ~Handler() = default;
    // Valid during the call only.
    virtual void on_datagram(std::string_view bytes, const SocketAddress& from) = 0;
    virtual void on_unreachable() = 0;  // nobody listens where the last datagram was sent to
  };

  // Takes what is sent to an address of ours. `handler` must outlive the socket.
  static Result<std::unique_ptr<UdpSocket>> listen(Loop& loop, const SocketAddress& address,
                                                   Handler& handler);
  // Does the same with a socket that is bound already.
  static Result<std::unique_ptr<UdpSocket>> adopt(Loop& loop, Descriptor socket, Handler& handler);
  // Takes only what `peer` sends, at a port that the kernel has picked at random. nullptr if
  // descriptors or memory have run out, or there is no way to `peer`.
  static std::unique_ptr<UdpSocket> connect(Loop& loop, const SocketAddress& peer,
                                            Handler& handler);
  ~UdpSocket();
  UdpSocket(const UdpSocket&) = delete;
  UdpSocket& operator=(const UdpSocket&) = delete;

  // What the kernel does not take at once is lost, as it may be on the way. One that is connected
  // sends to its peer.
  void send(std::string_view bytes);
  void send_to(std::string_view bytes, const SocketAddress& to);
  SocketAddress address() const;
  // One more descriptor of this socket, for another process to go on with it.
  Descriptor share() const;

 private:
  struct Impl;
  explicit UdpSocket(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;  // shared with libuv until its close callback
};

}  // namespace portcullis::net
