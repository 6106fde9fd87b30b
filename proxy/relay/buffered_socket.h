#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "proxy/net/listener.h"
#include "proxy/net/tcp_socket.h"
#include "proxy/net/turn_task.h"
#include "proxy/relay/linger.h"
#include "proxy/relay/socket_sender.h"

namespace portcullis::relay {

// One TCP connection. Small pieces that are written in one turn of the loop are collected and sent
// at the end of the turn. A close waits a bounded time until the peer has read what is queued.
// After close() or abort() no callback follows but on_gone(), and before that on_written().
class BufferedSocket final : private net::TcpSocket::Handler {
 public:
  // The owner may not destroy the socket inside a call.
  class Handler {
   public:
    virtual ~Handler() = default;
    virtual void on_connected() = 0;                    // the socket was taken
    virtual void on_bytes(std::string_view bytes) = 0;  // valid during the call
    virtual void on_lost(std::string detail) = 0;       // reset, or the peer's FIN
    virtual void on_written() = 0;                      // queued() may have become less
    virtual void on_gone() = 0;                         // closed; nothing follows
  };

  // Takes the connected socket that `give` gives. All references must outlive this.
  BufferedSocket(net::Loop& loop, Handler& handler, const net::Listener::Accept& give);

  // What was given to sender() is written at the end of the turn. Nothing may be given to it after
  // close().
  void write_soon() { flush_.schedule(); }
  void pause_reading();
  // The same at the end of the turn, unless reading is resumed before: then it costs no system
  // call.
  void pause_reading_later();
  void resume_reading();
  // Sends FIN after what is queued, then waits for the peer's FIN as long as our patience lasts.
  // Then it resets the connection if not all has arrived.
  void close();
  // Resets the connection. on_gone() is called inside this call.
  void abort();

  // Runs `work` as that of the socket's owner.
  void enter(const std::function<void()>& work) { loop_.enter(owner_, work); }

  bool closing() const { return closing_; }
  bool gone() const { return gone_; }
  bool paused() const { return paused_; }
  SocketSender& sender() { return *sender_; }
  const SocketSender& sender() const { return *sender_; }
  const net::TcpSocket& socket() const { return *socket_; }  // its addresses

 private:
  void on_connected() override {}  // it was before
  void on_bytes(std::string_view bytes) override;
  void on_end() override;
  void on_error(int uv_error) override;
  void on_drained() override;

  void on_taken();
  void flush();
  void finish_if_done();
  void end_linger();
  void finish();

  net::Loop& loop_;
  const net::Loop::OwnerPtr owner_;
  Handler& handler_;
  net::TurnTask taken_;
  net::TurnTask flush_;
  std::unique_ptr<net::TcpSocket> socket_;
  std::optional<SocketSender> sender_;  // always there once this is made
  std::unique_ptr<Linger> linger_;
  bool refused_ = false;  // there is no socket: libuv did not take it
  bool closing_ = false;
  bool gone_ = false;
  bool paused_ = false;
  bool pauses_later_ = false;
  bool peer_done_ = false;  // FIN was read, or the socket failed: nothing more will come
};

}  // namespace portcullis::relay
