#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "proxy/net/loop.h"
#include "proxy/net/socket_address.h"

namespace portcullis::net {

// One TCP connection. One owner; destroying it closes, also from inside its own callbacks, after
// which no callback follows. Holds no receive buffer (the loop's is shared).
class TcpSocket {
 public:
  // No function of TcpSocket calls a Handler before it returns.
  class Handler {
   public:
    virtual ~Handler() = default;
    virtual void on_connected() = 0;
    virtual void on_bytes(std::string_view bytes) = 0;  // valid during the call only
    virtual void on_end() = 0;                          // peer's FIN; writing stays possible
    virtual void on_error(int uv_error) = 0;            // connect, read or write failed; final
    // The kernel took everything that had been queued. Not called for writes it took at once:
    // queued_bytes() is 0 right after those.
    virtual void on_drained() = 0;
  };

  // `handler` must outlive the socket.
  TcpSocket(Loop& loop, Handler& handler);
  ~TcpSocket();
  TcpSocket(const TcpSocket&) = delete;
  TcpSocket& operator=(const TcpSocket&) = delete;

  // TCP_NODELAY and keep-alive are set. The result arrives as on_connected or on_error.
  void connect(const SocketAddress& to);
  void read_start();  // before the connection stands: as soon as it does
  void read_stop();
  // Tries at once; queues what the kernel does not take. The string is consumed. Nothing is
  // written any more after shutdown(), reset() or on_error.
  void write(std::string bytes);
  std::size_t queued_bytes() const;
  void shutdown();  // FIN after what is queued
  void reset();     // RST: close without waiting for anything; no callback follows

  SocketAddress peer() const;
  SocketAddress local() const;

  // For Listener: adopts an accepted descriptor; false (and the descriptor stays the caller's)
  // when libuv refuses it.
  bool adopt(int descriptor);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;  // shared with libuv until its close callback
};

}  // namespace portcullis::net
