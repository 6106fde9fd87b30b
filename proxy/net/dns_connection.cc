#include "proxy/net/dns_connection.h"

#include <utility>

namespace portcullis::net {

DnsConnection::DnsConnection(Loop& loop, const Listener::Accept& accept,
                             std::chrono::milliseconds idle, Owner owner)
    : idle_(idle), owner_(std::move(owner)), deadline_(loop, [this] { end(); }) {
  socket_ = accept(*this);
  if (socket_ != nullptr) socket_->read_start();
  deadline_.start(socket_ != nullptr ? idle_ : std::chrono::milliseconds(0));
}

void DnsConnection::on_bytes(std::string_view bytes) {
  frames_.add(bytes);
  go_on();
}

// RFC 7766 section 6.2.4: what was asked before is still answered.
void DnsConnection::on_end() {
  ended_ = true;
  go_on();
}

// An answer that comes at once calls back in the middle of the loop.
void DnsConnection::go_on() {
  if (std::exchange(going_on_, true)) return;
  while (!over_ && !asking_ && socket_->queued_bytes() == 0) {
    const auto message = frames_.next();
    if (!message) break;
    asking_ = true;
    deadline_.start(idle_);  // it runs on, in case that there is no memory for an answer
    owner_.ask(*message);
  }
  going_on_ = false;
  if (over_) return;
  const bool free = !asking_ && socket_->queued_bytes() == 0;
  if (frames_.broken() || (free && ended_)) return end();
  if (free)
    socket_->read_start();
  else
    socket_->read_stop();
}

void DnsConnection::answer(std::string_view message) {
  if (over_) return;
  if (message.empty()) return end();
  asking_ = false;
  socket_->write(dns_frame(message));
  deadline_.start(idle_);
  go_on();
}

void DnsConnection::end() {
  if (std::exchange(over_, true)) return;
  deadline_.stop();
  socket_.reset();
  owner_.on_over();
}

}  // namespace portcullis::net
