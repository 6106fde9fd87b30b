#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "proxy/net/tcp_socket.h"
#include "proxy/relay/outgoing.h"

namespace portcullis::relay {

// The sending half of a TCP connection. What is appended to out() is written by flush().
class SocketSender final : public Outgoing {
 public:
  // `socket` must outlive this.
  explicit SocketSender(net::TcpSocket& socket) : socket_(socket) {}

  std::string& out() { return out_; }
  // Sends it behind what is in out(): much of it at once, without a copy, and otherwise by flush().
  void send(std::string_view bytes);
  // Whether anything was sent since the last flush().
  bool flush();
  void fail() { failed_ = true; }  // nothing more can be sent

  bool failed() const { return failed_; }
  bool is_established() const { return established_; }
  const Patience& patience() const { return patience_; }

  void established(const Patience& patience) override;
  std::size_t queued() const override { return out_.size() + socket_.queued_bytes(); }
  std::uint64_t sent() const override { return written_ + out_.size(); }
  Delivery delivery() const override;
  bool writable() const override { return !failed_; }

 private:
  net::TcpSocket& socket_;
  std::string out_;
  std::uint64_t written_ = 0;  // octets that were given to socket_
  Patience patience_;
  bool sent_ = false;  // past out_, since the last flush()
  bool established_ = false;
  bool failed_ = false;
};

}  // namespace portcullis::relay
