#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "policy/reasons/reason.h"
#include "proxy/net/tcp_socket.h"
#include "proxy/net/timer.h"
#include "proxy/tls/engine.h"

namespace portcullis::relay {

// One TCP connection, in the clear or under TLS. What is sent is gathered and written once per
// flush(). After close() no callback but on_gone() follows.
class Transport final : private net::TcpSocket::Handler {
 public:
  class Handler {
   public:
    virtual ~Handler() = default;
    virtual void on_open() = 0;                         // connected (initiating side)
    virtual void on_plain(std::string_view bytes) = 0;  // valid during the call
    virtual void on_secured() = 0;                      // handshake done
    virtual void on_tls_failed(policy::Refusal refusal) = 0;
    virtual void on_plaintext_behind_tls() = 0;    // first octets are no TLS record
    virtual void on_lost(std::string detail) = 0;  // reset, EOF, close_notify
    virtual void on_drained() = 0;                 // queued() fell to 0
    virtual void on_gone() = 0;                    // after close(): the socket is closed
    virtual void on_turn_end() = 0;                // after any other callback: flush now
  };

  // `scratch` is a buffer shared by everything on the loop. All references must outlive this.
  Transport(net::Loop& loop, Handler& handler, std::string& scratch);

  // Takes the socket that `accept` makes for us. With `proxy_header`, a PROXY header must come
  // first; the address in it replaces the socket's.
  template <class Accept>
  void adopt(const Accept& accept, bool proxy_header) {
    awaiting_proxy_header_ = proxy_header;
    socket_ = accept(static_cast<net::TcpSocket::Handler&>(*this));
    peer_ = socket_->peer();
    socket_->read_start();
  }
  void connect(const net::SocketAddress& to);

  void begin_tls(std::unique_ptr<tls::Engine> engine);
  void send(std::string_view bytes);
  void flush();
  void pause_reading();
  void resume_reading();
  // Says close_notify and FIN behind what is queued, then waits a bounded time for the peer's.
  void close();
  // RST, at once. on_gone() still follows, deferred.
  void abort();

  bool closing() const { return closing_; }
  bool gone() const { return gone_; }
  bool paused() const { return paused_; }
  bool secured() const;
  std::size_t queued() const;
  const net::SocketAddress& peer() const { return peer_; }
  net::SocketAddress local() const;
  const tls::Engine* engine() const { return engine_.get(); }

 private:
  void on_connected() override;
  void on_bytes(std::string_view bytes) override;
  void on_end() override;
  void on_error(int uv_error) override;
  void on_drained() override;

  void take_proxy_header(std::string_view bytes);
  void deliver(std::string_view bytes);
  void deliver_first_tls_octets(std::string_view bytes);
  void decrypt(std::string_view ciphertext);
  void lost(std::string detail);
  void finish_if_done();
  void finish();

  net::Loop& loop_;
  Handler& handler_;
  std::string& scratch_;
  std::unique_ptr<net::TcpSocket> socket_;
  std::unique_ptr<tls::Engine> engine_;
  std::unique_ptr<net::Timer> linger_;
  net::SocketAddress peer_;
  std::string out_;
  std::string proxy_header_;
  bool awaiting_proxy_header_ = false;
  bool heard_plaintext_ = false;
  bool awaiting_tls_octets_ = false;
  bool closing_ = false;
  bool gone_ = false;
  bool paused_ = false;
  bool peer_done_ = false;  // FIN was read, or the socket failed: nothing more will come
  bool failed_ = false;     // nothing more can be sent either
};

}  // namespace portcullis::relay
