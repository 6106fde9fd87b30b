#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "proxy/base/scheduler.h"

namespace portcullis::relay {

// Watches an established stream and says when it has to end: no byte moved for the idle time, an
// end does not read what is queued for it, or the peer does not finish a stanza. It also says when
// the stream has to be reviewed, because the time is over for which its standing is known to be
// good.
class StreamWatch {
 public:
  enum class Over : std::uint8_t { kExpired, kIdle, kStalled, kSlow };
  struct Owner {
    std::function<std::size_t()> queued;  // octets that wait to be written to either end
    std::function<bool()> too_slow;       // whether the peer sends a stanza too slowly
    // Called once; then watching stops. After kExpired, change() goes on with it.
    std::function<void(Over)> on_over;
  };

  // `scheduler` must outlive this.
  StreamWatch(Scheduler& scheduler, std::chrono::milliseconds idle, Owner owner);

  // Begins to watch. `expires` is Standing::expires().
  void start(std::chrono::sys_seconds expires);
  // The stream was reviewed, and `expires` is the new time.
  void change(std::chrono::sys_seconds expires);
  // A byte moved.
  void moved() { last_byte_ = scheduler_.now(); }

 private:
  void look();
  void look_again();

  Scheduler& scheduler_;
  const std::chrono::milliseconds idle_;
  Owner owner_;
  std::unique_ptr<Scheduler::Timer> timer_;
  std::chrono::sys_seconds expires_ = std::chrono::sys_seconds::max();
  std::chrono::milliseconds last_byte_{0};
  std::size_t queued_ = 0;  // at the last look
};

}  // namespace portcullis::relay
