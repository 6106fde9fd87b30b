#pragma once

#include <chrono>
#include <cstdint>

namespace portcullis::net {

// What our kernel's TCP is told about a connection, and tells about it.

// When the kernel gives a connection up by itself.
struct TcpTimes {
  // What was sent is not acknowledged, or there is no room for it, for that long
  // (TCP_USER_TIMEOUT, RFC 5482). 0: as the system is set, about 15 minutes.
  std::chrono::milliseconds user_timeout{0};
  // A connection on which nothing comes is probed after that time. In whole seconds.
  std::chrono::milliseconds keepalive{60'000};
};

// Sets them on a connected socket. A socket that is closed is left alone.
void set_tcp_times(int descriptor, const TcpTimes& times);

// The error of the connection that was not read yet (an errno), or 0.
int take_socket_error(int descriptor);

// What the other side's kernel has acknowledged of a connection.
struct Acknowledged {
  // Our FIN is counted like an octet. 0 if our kernel does not tell (before Linux 4.1).
  std::uint64_t octets = 0;
  bool over = false;  // the connection was reset or closed: nothing more will be acknowledged
};

// Asks our kernel for it.
class AcknowledgedOctets {
 public:
  // The connection stands, and nothing was written to it that is not acknowledged. Counts from 0.
  void begin(int descriptor);
  // After the descriptor is closed (-1), what was true at the last call.
  Acknowledged ask(int descriptor);

 private:
  std::uint64_t at_begin_ = 0;  // where we connected, our SYN is counted
  Acknowledged last_{0, true};
};

}  // namespace portcullis::net
