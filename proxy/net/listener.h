#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "proxy/net/listening_socket.h"
#include "proxy/net/loop.h"
#include "proxy/net/socket_address.h"
#include "proxy/net/tcp_socket.h"

namespace portcullis::net {

// Accepts on one address with SO_REUSEPORT, so that every worker loop has its own listener. When
// descriptors run out (EMFILE, ENFILE) it stays alive: a reserve descriptor lets it accept and
// close what it cannot serve, instead of spinning.
class Listener {
 public:
  // Makes the handler of a new connection. The factory gets a function that hands over the accepted
  // socket once the handler exists; if the factory does not call it, the connection is closed. It
  // returns nullptr if the socket was handed over before, or if the loop could not take it.
  using Accept = std::function<std::unique_ptr<TcpSocket>(TcpSocket::Handler&)>;
  using OnConnection = std::function<void(const Accept& accept, const SocketAddress& peer)>;

  // "[::]" takes IPv4 too; any other IPv6 address only IPv6. The listener may be closed or
  // destroyed inside `on_connection`.
  static Result<std::unique_ptr<Listener>> listen(Loop& loop, const SocketAddress& address,
                                                  OnConnection on_connection);
  // Does the same with a socket that listens already, or does before the loop runs. `on_kept` gets
  // connections that have one of the first half of the descriptors that are kept
  // (is_kept_descriptor): they may be told why they are not served, and have to go soon. Without it
  // they are closed.
  static Result<std::unique_ptr<Listener>> serve(Loop& loop, ListeningSocket socket,
                                                 OnConnection on_connection,
                                                 OnConnection on_kept = {});
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  void close();  // stops accepting; accepted connections go on
  SocketAddress address() const;
  // One more descriptor of its socket, for another process to accept with.
  Descriptor share() const;
  // How often accepting found that descriptors had run out.
  std::size_t exhausted() const;

 private:
  struct Impl;
  explicit Listener(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;  // shared with libuv until its close callback
};

}  // namespace portcullis::net
