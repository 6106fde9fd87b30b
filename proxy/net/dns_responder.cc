#include "proxy/net/dns_responder.h"

#include <utility>

#include "proxy/net/listening_socket.h"

namespace portcullis::net {
namespace {

Result<std::unique_ptr<UdpSocket>> open_udp(Loop& loop, const SocketAddress& address,
                                            UdpSocket::Handler& handler, HandedSockets* handed) {
  if (handed != nullptr)
    if (auto found = handed->take_udp(address))
      return UdpSocket::adopt(loop, std::move(*found), handler);
  return UdpSocket::listen(loop, address, handler);
}

Result<ListeningSocket> open_tcp(const SocketAddress& address, HandedSockets* handed) {
  auto found = handed != nullptr ? handed->take_tcp(address) : std::vector<Descriptor>();
  if (found.empty()) return ListeningSocket::claim(address);
  auto adopted = ListeningSocket::adopt(std::move(found), address, 1);
  if (!adopted) return tl::unexpected(adopted.error());
  return std::move(adopted->front());
}

}  // namespace

DnsResponder::DnsResponder(Loop& loop, DnsSettings settings, Limits limits,
                           DnsService::OnOutcome on_outcome)
    : loop_(loop),
      limits_(limits),
      service_(loop, std::move(settings), limits.service, std::move(on_outcome)),
      sweep_(loop, [this] {
        std::erase_if(connections_, [](const auto& one) { return one.second->over(); });
      }) {}

Result<std::unique_ptr<DnsResponder>> DnsResponder::open(Loop& loop, const SocketAddress& address,
                                                         DnsSettings settings, Limits limits,
                                                         DnsService::OnOutcome on_outcome,
                                                         HandedSockets* handed) {
  std::unique_ptr<DnsResponder> responder(
      new DnsResponder(loop, std::move(settings), limits, std::move(on_outcome)));
  auto udp = open_udp(loop, address, *responder, handed);
  if (!udp) return tl::unexpected(std::move(udp.error()));
  responder->udp_ = std::move(*udp);
  auto tcp = open_tcp(address, handed);
  if (!tcp) return tl::unexpected(std::move(tcp.error()));
  if (auto listening = tcp->listen(); !listening) return tl::unexpected(listening.error());
  auto listener = Listener::serve(
      loop, std::move(*tcp),
      [self = responder.get()](const auto& accept, const auto&) { self->on_connection(accept); });
  if (!listener) return tl::unexpected(std::move(listener.error()));
  responder->listener_ = std::move(*listener);
  return responder;
}

std::vector<Descriptor> DnsResponder::share() const {
  std::vector<Descriptor> sockets;
  sockets.push_back(udp_->share());
  sockets.push_back(listener_->share());
  return sockets;
}

void DnsResponder::on_datagram(std::string_view bytes, const SocketAddress& from) {
  if (bytes.size() > DnsConnection::kLongestQuery) return;
  service_.ask(bytes, DnsTransport::kUdp, [this, from](const std::string& answer) {
    if (!answer.empty()) udp_->send_to(answer, from);
  });
}

void DnsResponder::on_connection(const Listener::Accept& accept) {
  if (connections_.size() >= limits_.connections) return;
  const auto number = ++last_;
  auto connection = std::make_unique<DnsConnection>(
      loop_, accept, limits_.idle,
      DnsConnection::Owner{[this, number](std::string_view message) { ask(number, message); },
                           [this] { sweep_.schedule(); }});
  connections_.emplace(number, std::move(connection));
}

void DnsResponder::ask(std::uint64_t number, std::string_view message) {
  service_.ask(message, DnsTransport::kTcp, [this, number](const std::string& answer) {
    const auto found = connections_.find(number);
    if (found != connections_.end()) found->second->answer(answer);
  });
}

}  // namespace portcullis::net
