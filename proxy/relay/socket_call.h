#pragma once

#include <functional>
#include <memory>
#include <string>

#include "proxy/net/tcp_socket.h"
#include "proxy/relay/network.h"

namespace portcullis::relay {

// What makes the transport of that socket, which is connected to `to`, once. Nothing may read from
// it meanwhile. `scratch` as for SocketTransport.
MakeTransport transport_over(net::Loop& loop, std::string& scratch, const net::SocketAddress& to,
                             std::unique_ptr<net::TcpSocket> socket);

// A TCP connection that is being made. Nothing is read from it before it has its transport.
class SocketCall final : public Network::Call, private net::TcpSocket::Handler {
 public:
  // As Network::call(). `scratch` as for SocketTransport. All references must outlive this and the
  // transport.
  SocketCall(net::Loop& loop, std::string& scratch, const net::SocketAddress& to,
             std::function<void(Network::Called)> done);

 private:
  void on_connected() override;
  void on_error(int uv_error) override;
  void on_bytes(std::string_view /*bytes*/) override {}
  void on_end() override {}
  void on_drained() override {}

  void answer(Network::Called called);

  net::Loop& loop_;
  std::string& scratch_;
  const net::SocketAddress to_;
  std::function<void(Network::Called)> done_;
  std::unique_ptr<net::TcpSocket> socket_;
};

}  // namespace portcullis::relay
