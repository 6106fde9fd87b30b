#include "proxy/relay/socket_sender.h"

#include <algorithm>
#include <utility>

namespace portcullis::relay {

void SocketSender::flush() {
  if (out_.empty()) return;
  std::string bytes;
  bytes.swap(out_);
  written_ += bytes.size();
  socket_.write(std::move(bytes));
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
