#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "proxy/net/listener.h"
#include "proxy/net/tcp_socket.h"
#include "proxy/net/timer.h"
#include "proxy/net/turn_task.h"
#include "proxy/relay/transport.h"

namespace portcullis::relay {

// A transport over TCP.
class SocketTransport final : public Transport, private net::TcpSocket::Handler {
 public:
  // Connects to `to`. `scratch` is a buffer that everything on the loop shares, because nothing
  // holds it longer than a call. All references must outlive this.
  SocketTransport(net::Loop& loop, Transport::Handler& handler, std::string& scratch,
                  const net::SocketAddress& to);
  // Takes the socket that `accept` gives. With `proxy_header`, a PROXY header must come first; the
  // address in it replaces the socket's.
  SocketTransport(net::Loop& loop, Transport::Handler& handler, std::string& scratch,
                  const net::Listener::Accept& accept, bool proxy_header);

  void begin_tls(std::unique_ptr<tls::Engine> engine) override;
  void send(std::string_view bytes) override;
  void pause_reading() override;
  void resume_reading() override;
  void close() override;
  void abort() override;
  bool closing() const override { return closing_; }
  bool gone() const override { return gone_; }
  bool paused() const override { return paused_; }
  std::size_t queued() const override;
  const net::SocketAddress& peer() const override { return peer_; }
  net::SocketAddress local() const override;
  tls::Facts tls_facts() const override;
  certs::PresentedChain peer_chain() const override;

 private:
  SocketTransport(net::Loop& loop, Transport::Handler& handler, std::string& scratch);

  void on_connected() override;
  void on_bytes(std::string_view bytes) override;
  void on_end() override;
  void on_error(int uv_error) override;
  void on_drained() override;

  void open();
  void flush();
  void write_out();
  void take_proxy_header(std::string_view bytes);
  void deliver(std::string_view bytes);
  void deliver_first_tls_octets(std::string_view bytes);
  void decrypt(std::string_view ciphertext);
  void lost(std::string detail);
  void finish_if_done();
  void finish();

  net::Loop& loop_;
  Transport::Handler& handler_;
  std::string& scratch_;
  net::TurnTask open_;
  net::TurnTask flush_;
  std::unique_ptr<net::TcpSocket> socket_;
  std::unique_ptr<tls::Engine> engine_;
  std::unique_ptr<net::Timer> linger_;
  net::SocketAddress peer_;
  std::string out_;
  std::string proxy_header_;
  bool refused_ = false;  // libuv did not take the accepted socket
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
