#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "proxy/net/loop.h"
#include "proxy/net/socket_address.h"
#include "proxy/net/tcp_options.h"

namespace portcullis::net {

// One TCP connection. It has one owner. Destroying it closes the connection; this is allowed inside
// its own callbacks, too, and no callback follows. It has no receive buffer of its own: all sockets
// share the loop's.
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
    // The kernel has taken everything that was queued. Not called after a write that the kernel
    // took at once: queued_bytes() is 0 right after such a write.
    virtual void on_drained() = 0;
  };

  // `handler` must outlive the socket.
  TcpSocket(Loop& loop, Handler& handler);
  ~TcpSocket();
  TcpSocket(const TcpSocket&) = delete;
  TcpSocket& operator=(const TcpSocket&) = delete;

  // From here on that handler is told. It must outlive the socket, too.
  void set_handler(Handler& handler);
  // TCP_NODELAY is set. The result arrives as on_connected or on_error.
  void connect(const SocketAddress& to);
  void read_start();  // if not connected yet: reading starts as soon as it is
  void read_stop();
  // Tries to write at once, and queues a copy of what the kernel does not take. After shutdown(),
  // reset() or on_error nothing is written any more, and `bytes` are dropped.
  void write(std::string_view bytes);
  std::size_t queued_bytes() const;
  Acknowledged acknowledged() const;
  // From here on what was acknowledged before is not counted. All that was written must have been.
  void count_acknowledged_anew();
  void set_times(const TcpTimes& times);  // once it is connected
  void shutdown();                        // FIN after what is queued
  void reset();  // RST: close without waiting for anything; no callback follows

  SocketAddress peer() const;
  SocketAddress local() const;

  // For Listener: takes over an accepted descriptor. false if libuv refuses it; then the caller
  // still owns the descriptor.
  bool adopt(int descriptor);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;  // shared with libuv until its close callback
};

}  // namespace portcullis::net
