#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "proxy/base/scheduler.h"
#include "proxy/relay/delivery.h"

namespace portcullis::relay {

// The wait between our closing of a connection and the other side's: it may still have to take what
// we sent. It ends when the other side has taken all and has closed, or has not closed for some
// seconds more; when it takes nothing for the time `stall`; when the connection is over; and at the
// latest after the time `linger`.
class Linger {
 public:
  struct Owner {
    std::function<Delivery()> delivery;
    std::function<bool()> peer_closed;  // its FIN was read
    // Called once, never inside the constructor. May destroy the Linger.
    std::function<void()> on_over;
  };

  // `scheduler` must outlive this.
  Linger(Scheduler& scheduler, const Patience& patience, Owner owner);

 private:
  void look();
  void look_later();
  bool is_over();

  Scheduler& scheduler_;
  const std::chrono::milliseconds stall_;
  const std::chrono::milliseconds ends_;
  std::chrono::milliseconds interval_;
  Owner owner_;
  Progress progress_;
  std::optional<std::chrono::milliseconds> all_taken_since_;
  std::unique_ptr<Scheduler::Timer> timer_;
};

}  // namespace portcullis::relay
