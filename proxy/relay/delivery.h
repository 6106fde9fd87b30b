#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "policy/model/config.h"
#include "proxy/net/tcp_options.h"

namespace portcullis::relay {

// How much of what was sent on a connection has arrived: octets of the connection, those of TLS
// included.
struct Delivery {
  std::uint64_t sent = 0;          // queued by us, or written
  std::uint64_t acknowledged = 0;  // by the other side's kernel
  bool over = false;               // nothing more will be acknowledged

  std::uint64_t waiting() const { return sent - acknowledged; }
};

// How long we wait for the other side of a connection.
struct Patience {
  // While something waits for it and none of it is acknowledged.
  std::chrono::milliseconds stall{2'000};
  // From our closing of the connection until the other side has closed it.
  std::chrono::milliseconds linger{2'000};
  net::TcpTimes tcp;

  // With strangers we have little patience: the values above. This is for established streams.
  static Patience of(const policy::Limits& limits) {
    return {limits.stall, limits.linger, {limits.tcp_user_timeout, limits.tcp_keepalive}};
  }
};

// Tells since when one side has taken nothing of what waits for it. What counts is what its kernel
// acknowledged and not what we could write: a slow reader takes minutes to empty the kernels'
// buffers, and our own queue does not change meanwhile. A value: no clock.
class Progress {
 public:
  // Looks at the connection. The answer is at most the real time: it is counted from the first look
  // at which something waited.
  std::chrono::milliseconds without(const Delivery& delivery, std::chrono::milliseconds now) {
    const bool moved = delivery.acknowledged != acknowledged_;
    acknowledged_ = delivery.acknowledged;
    if (delivery.waiting() == 0) {
      since_.reset();
      return std::chrono::milliseconds(0);
    }
    if (moved || !since_) since_ = now;
    return now - *since_;
  }

 private:
  std::uint64_t acknowledged_ = 0;
  std::optional<std::chrono::milliseconds> since_;
};

}  // namespace portcullis::relay
