#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "proxy/relay/buffered_socket.h"
#include "proxy/relay/stranger_input.h"
#include "proxy/relay/transport.h"

namespace portcullis::relay {

// A transport over TCP: in the clear, then under TLS, perhaps with a PROXY header in front.
class SocketTransport final : public Transport, private BufferedSocket::Handler {
 public:
  // Takes the socket that `give` gives, which is connected to `to`. `scratch` is a buffer that all
  // transports of the loop share; it is used only during a call. All references must outlive this.
  SocketTransport(net::Loop& loop, Transport::Handler& handler, std::string& scratch,
                  const net::Listener::Accept& give, const net::SocketAddress& to);
  // The same with one that was accepted `from` there. With `proxy_header`, a PROXY header must come
  // first; the address in it replaces the socket's. As long as the handler does not relay, what
  // comes waits for its turn among `strangers`; with nullptr it is handled at once.
  SocketTransport(net::Loop& loop, Transport::Handler& handler, std::string& scratch,
                  const net::Listener::Accept& accept, const net::SocketAddress& from,
                  bool proxy_header, StrangerTurns* strangers);

  void begin_tls(std::unique_ptr<tls::Engine> engine) override;
  void send(std::string_view bytes) override;
  void pause_reading() override { input_.pause(); }
  void resume_reading() override { input_.resume(); }
  void close() override;
  void abort() override { socket_.abort(); }
  bool closing() const override { return socket_.closing(); }
  bool gone() const override { return socket_.gone(); }
  bool paused() const override { return input_.paused(); }
  Outgoing& outgoing() override { return socket_.sender(); }
  const Outgoing& outgoing() const override { return socket_.sender(); }
  const net::SocketAddress& peer() const override { return peer_; }
  net::SocketAddress local() const override { return socket_.socket().local(); }
  tls::Facts tls_facts() const override;
  certs::PresentedChain peer_chain() const override;

 private:
  void on_connected() override;
  void on_bytes(std::string_view bytes) override;
  void on_lost(std::string detail) override;
  void on_written() override { handler_.on_written(); }
  void on_gone() override { handler_.on_gone(); }

  void take(std::string_view bytes);
  void take_proxy_header(std::string_view bytes);
  void decrypt(std::string_view ciphertext);

  Transport::Handler& handler_;
  std::string& scratch_;
  BufferedSocket socket_;
  StrangerInput input_;
  std::unique_ptr<tls::Engine> engine_;
  net::SocketAddress peer_;
  std::string proxy_header_;  // the part that was read so far
  bool awaiting_proxy_header_ = false;
  bool heard_plaintext_ = false;
  bool awaiting_tls_octets_ = false;
  std::size_t pieces_ = 0;            // in which octets came before the handler relayed
  std::size_t space_before_tls_ = 0;  // octets of white space
};

}  // namespace portcullis::relay
