#include "proxy/relay/socket_sender.h"

#include <algorithm>
#include <utility>

namespace portcullis::relay {
namespace {

// Less is joined with what else is sent in this turn of the loop: a system call costs as much as to
// copy some thousand octets.
constexpr std::size_t kMuch = std::size_t{4} * 1024;

}  // namespace

void SocketSender::send(std::string_view bytes) {
  if (bytes.size() < kMuch || !out_.empty()) {
    out_.append(bytes);
    return;
  }
  sent_ = true;
  written_ += bytes.size();
  socket_.write(bytes);
}

bool SocketSender::flush() {
  const bool sent = std::exchange(sent_, false);
  if (out_.empty()) return sent;
  std::string bytes;
  bytes.swap(out_);
  written_ += bytes.size();
  socket_.write(bytes);
  return true;
}

void SocketSender::established(const Patience& patience) {
  established_ = true;
  patience_ = patience;
  socket_.set_times(patience.tcp);
}

Delivery SocketSender::delivery() const {
  const auto acknowledged = socket_.acknowledged();
  return {sent(), std::min(sent(), acknowledged.octets), acknowledged.over};  // it counts our FIN
}

}  // namespace portcullis::relay
