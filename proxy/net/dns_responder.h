#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "proxy/base/result.h"
#include "proxy/net/dns_connection.h"
#include "proxy/net/dns_service.h"
#include "proxy/net/handed_sockets.h"
#include "proxy/net/listener.h"
#include "proxy/net/loop.h"
#include "proxy/net/socket_address.h"
#include "proxy/net/turn_task.h"
#include "proxy/net/udp_socket.h"

namespace portcullis::net {

// Answers the backend's look-ups on one address, by UDP and by TCP (RFC 7766). It belongs to one
// loop. Everything that is held is bounded: connections, what each may send, and queries that wait
// for another resolver. Answers by UDP are never held.
class DnsResponder final : public UdpSocket::Handler {
 public:
  struct Limits {
    std::size_t connections = 32;  // more are closed at once
    std::chrono::milliseconds idle{10'000};
    DnsService::Limits service;
  };

  // What `handed` has for the address is used, the rest is opened. Nothing is answered before the
  // loop runs. The error names the address and what is in the
  // way.
  static Result<std::unique_ptr<DnsResponder>> open(Loop& loop, const SocketAddress& address,
                                                    DnsSettings settings, Limits limits,
                                                    DnsService::OnOutcome on_outcome,
                                                    HandedSockets* handed = nullptr);
  ~DnsResponder() override = default;
  DnsResponder(const DnsResponder&) = delete;
  DnsResponder& operator=(const DnsResponder&) = delete;

  // For queries from now on.
  void change(DnsSettings settings) { service_.change(std::move(settings)); }
  // More descriptors of its sockets, for another process to answer with.
  std::vector<Descriptor> share() const;

 private:
  DnsResponder(Loop& loop, DnsSettings settings, Limits limits, DnsService::OnOutcome on_outcome);
  void on_datagram(std::string_view bytes, const SocketAddress& from) override;
  void on_unreachable() override {}
  void on_connection(const Listener::Accept& accept);
  void ask(std::uint64_t number, std::string_view message);

  Loop& loop_;
  const Limits limits_;
  DnsService service_;
  std::unique_ptr<UdpSocket> udp_;
  std::unique_ptr<Listener> listener_;
  std::map<std::uint64_t, std::unique_ptr<DnsConnection>> connections_;
  std::uint64_t last_ = 0;
  TurnTask sweep_;
};

}  // namespace portcullis::net
