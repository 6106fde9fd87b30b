#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "proxy/net/dns_answers.h"
#include "proxy/net/dns_frames.h"
#include "proxy/net/loop.h"
#include "proxy/net/tcp_socket.h"
#include "proxy/net/timer.h"
#include "proxy/net/udp_socket.h"

namespace portcullis::net {

// One query of somebody else that is asked another resolver, unchanged but for its id. It goes the
// way that it came, so that the size and the truncation of the answer are between these two. A port
// and an id that are new for each query make answers hard to forge (RFC 5452 section 9.2).
// Destroying it cancels it.
class ForwardedQuery final : public UdpSocket::Handler, public TcpSocket::Handler {
 public:
  // `answer` has the id of the query; it is empty if there was none in time.
  using OnAnswer = std::function<void(std::string answer)>;

  struct Way {
    SocketAddress resolver;
    DnsTransport transport = DnsTransport::kUdp;
    std::chrono::milliseconds at_most{5'000};
  };

  // `message` must be a query. `on_answer` is called once, and never before the constructor
  // returns.
  ForwardedQuery(Loop& loop, const Way& way, std::string message, OnAnswer on_answer);
  ForwardedQuery(const ForwardedQuery&) = delete;
  ForwardedQuery& operator=(const ForwardedQuery&) = delete;
  ~ForwardedQuery() override = default;

  bool ended() const { return !on_answer_; }  // it has been answered

 private:
  void on_datagram(std::string_view bytes, const SocketAddress& from) override;
  void on_unreachable() override { end({}); }
  void on_connected() override {}
  void on_bytes(std::string_view bytes) override;
  void on_end() override { end({}); }
  void on_error(int) override { end({}); }
  void on_drained() override {}
  void end(std::string answer);

  const std::uint16_t id_;
  std::string message_;  // as it was sent
  OnAnswer on_answer_;   // empty after the call
  DnsFrames frames_;
  Timer deadline_;
  std::unique_ptr<UdpSocket> udp_;
  std::unique_ptr<TcpSocket> tcp_;
};

}  // namespace portcullis::net
