#pragma once

#include <memory>
#include <string>
#include <vector>

#include "proxy/net/dns_frames.h"
#include "proxy/net/udp_socket.h"
#include "tests/unit/net/harness.h"

namespace portcullis::net::test {

// Keeps every datagram.
struct UdpPeer : UdpSocket::Handler {
  UdpPeer(Loop& loop, const SocketAddress& to) : socket(UdpSocket::connect(loop, to, *this)) {}
  // At a free port of this process's own loopback address.
  explicit UdpPeer(Loop& loop)
      : socket(std::move(*UdpSocket::listen(loop, process_address(), *this))) {}

  void on_datagram(std::string_view bytes, const SocketAddress& sender) override {
    got.emplace_back(bytes);
    from = sender;
  }
  void on_unreachable() override { unreachable = true; }

  std::vector<std::string> got;
  SocketAddress from;
  bool unreachable = false;
  std::unique_ptr<UdpSocket> socket;
};

// An address at which nobody listens, neither by UDP nor by TCP.
inline SocketAddress free_address(Loop& loop) {
  return UdpPeer(loop).socket->address();
}

struct TcpPeer : Recorder {
  TcpPeer() = default;
  TcpPeer(Loop& loop, const SocketAddress& to) {
    socket = std::make_unique<TcpSocket>(loop, *this);
    socket->connect(to);
    socket->read_start();
  }

  bool over() const { return ended || errors > 0; }
  std::vector<std::string> messages() const {
    DnsFrames frames(65'535);
    frames.add(bytes);
    std::vector<std::string> out;
    while (auto message = frames.next()) out.push_back(std::move(*message));
    return out;
  }
};

// Takes one connection.
struct TcpResolver {
  explicit TcpResolver(Loop& loop)
      : listener(
            std::move(*Listener::listen(loop, loopback(), [this](const auto& accept, const auto&) {
              peer.socket = accept(peer);
              peer.socket->read_start();
            }))) {}

  TcpPeer peer;
  std::unique_ptr<Listener> listener;
};

}  // namespace portcullis::net::test
