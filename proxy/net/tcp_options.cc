#include "proxy/net/tcp_options.h"

// Not <netinet/tcp.h>: its tcp_info ends before tcpi_bytes_acked, and the two cannot be mixed.
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstddef>

namespace portcullis::net {
namespace {

template <class Value>
void set(int descriptor, int level, int option, Value value) {
  setsockopt(descriptor, level, option, &value, sizeof value);
}

constexpr std::uint8_t kTcpClosed = 7;  // TCP_CLOSE of the kernel, in no header beside the other

Acknowledged acknowledged(int descriptor) {
  tcp_info info{};
  socklen_t size = sizeof info;
  constexpr std::size_t kNeeded = offsetof(tcp_info, tcpi_bytes_acked) + sizeof(__u64);
  if (getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return {0, true};
  const bool over = info.tcpi_state == kTcpClosed;
  return {size < kNeeded ? 0 : info.tcpi_bytes_acked, over};
}

}  // namespace

void set_tcp_times(int descriptor, const TcpTimes& times) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(times.keepalive);
  set(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1);
  set(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, static_cast<int>(seconds.count()));
  set(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<unsigned>(times.user_timeout.count()));
}

int take_socket_error(int descriptor) {
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size);
  return error;
}

void AcknowledgedOctets::begin(int descriptor) {
  at_begin_ = acknowledged(descriptor).octets;
  last_ = {0, true};
}

Acknowledged AcknowledgedOctets::ask(int descriptor) {
  last_.over = true;
  if (descriptor < 0) return last_;
  const auto now = acknowledged(descriptor);
  last_ = {std::max(last_.octets, now.octets - std::min(at_begin_, now.octets)), now.over};
  return last_;
}

}  // namespace portcullis::net
