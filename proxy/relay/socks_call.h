#pragma once

#include <functional>
#include <memory>
#include <string>

#include "proxy/net/socks_client.h"
#include "proxy/net/tcp_socket.h"
#include "proxy/relay/network.h"

namespace portcullis::relay {

// A connection that is being made through a SOCKS5 proxy. Who owns it bounds its time.
class SocksCall final : public Network::Call, private net::TcpSocket::Handler {
 public:
  // As Network::call(), to the proxy at `proxy`. `scratch` as for SocketTransport. All references
  // must outlive this and the transport.
  SocksCall(net::Loop& loop, std::string& scratch, const net::SocketAddress& proxy,
            net::SocksRequest request, std::function<void(Network::Called)> done);

  bool is_with_proxy() const override { return !client_.is_with_peer(); }

 private:
  void on_connected() override;
  void on_bytes(std::string_view bytes) override;
  void on_end() override;
  void on_error(int uv_error) override;
  void on_drained() override {}

  void answer(Network::Called called);

  net::Loop& loop_;
  std::string& scratch_;
  const net::SocketAddress proxy_;
  net::SocksClient client_;
  bool connected_ = false;
  std::function<void(Network::Called)> done_;
  std::unique_ptr<net::TcpSocket> socket_;
};

}  // namespace portcullis::relay
