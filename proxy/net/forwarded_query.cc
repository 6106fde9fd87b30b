#include "proxy/net/forwarded_query.h"

#include <sys/random.h>

#include <utility>

#include "proxy/net/dns_message.h"

namespace portcullis::net {
namespace {

std::uint16_t random_id() {
  std::uint16_t id = 0;
  // So few octets are always given at once.
  [[maybe_unused]] const auto size = ::getrandom(&id, sizeof id, 0);
  return id;
}

}  // namespace

ForwardedQuery::ForwardedQuery(Loop& loop, const Way& way, std::string message, OnAnswer on_answer)
    : id_(id_of(message)),
      message_(std::move(message)),
      on_answer_(std::move(on_answer)),
      frames_(kTcpDnsMessage),
      deadline_(loop, [this] { end({}); }) {
  set_id(message_, random_id());
  deadline_.start(way.at_most);
  if (way.transport == DnsTransport::kTcp) {
    tcp_ = std::make_unique<TcpSocket>(loop, *this);
    tcp_->connect(way.resolver);
    tcp_->write(dns_frame(message_));
    tcp_->read_start();
    return;
  }
  udp_ = UdpSocket::connect(loop, way.resolver, *this);
  if (udp_ != nullptr)
    udp_->send(message_);
  else
    deadline_.start(std::chrono::milliseconds(0));
}

// What does not belong to the query is somebody's attempt to forge the answer: the true one may
// still come.
void ForwardedQuery::on_datagram(std::string_view bytes, const SocketAddress&) {
  if (is_answer_to(bytes, message_)) end(std::string(bytes));
}

void ForwardedQuery::on_bytes(std::string_view bytes) {
  frames_.add(bytes);
  auto answer = frames_.next();
  if (answer) end(is_answer_to(*answer, message_) ? std::move(*answer) : std::string());
}

// The call may destroy this object.
void ForwardedQuery::end(std::string answer) {
  if (!on_answer_) return;
  if (!answer.empty()) set_id(answer, id_);
  const auto tell = std::exchange(on_answer_, nullptr);
  tell(std::move(answer));
}

}  // namespace portcullis::net
