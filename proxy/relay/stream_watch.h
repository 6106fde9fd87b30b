#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "policy/model/config.h"
#include "proxy/base/scheduler.h"
#include "proxy/relay/delivery.h"

namespace portcullis::relay {

// Watches an established stream and says when it has to end: no byte moved for the idle time, an
// end takes nothing of what waits for it, the peer does not finish a stanza, or one side has ended
// and the other does not. It also says when the stream has to be reviewed, because the time is over
// for which its standing is known to be good.
class StreamWatch {
 public:
  enum class Over : std::uint8_t { kExpired, kIdle, kNearStalled, kFarStalled, kSlow, kLingered };
  struct Times {
    std::chrono::milliseconds idle;
    std::chrono::milliseconds stall;
    std::chrono::milliseconds linger;

    static Times of(const policy::Limits& limits) {
      return {limits.idle, limits.stall, limits.linger};
    }
  };
  struct Owner {
    // What was sent to the near and to the far end. Asked at every look.
    std::function<std::array<Delivery, 2>()> deliveries;
    std::function<bool()> too_slow;  // whether the peer sends a stanza too slowly
    // Watching stops then. change() and ends() go on with it.
    std::function<void(Over)> on_over;
  };

  // `scheduler` must outlive this.
  StreamWatch(Scheduler& scheduler, const Times& times, Owner owner);

  // Begins to watch. `expires` is Standing::expires().
  void start(std::chrono::sys_seconds expires);
  // The stream was reviewed, and `expires` is the new time.
  void change(std::chrono::sys_seconds expires);
  // One side has ended. Only the first call counts.
  void ends();
  // A byte moved.
  void moved() { last_byte_ = scheduler_.now(); }
  // For how long none has moved.
  std::chrono::milliseconds idle() const { return scheduler_.now() - last_byte_; }

 private:
  void wake();
  void look();
  void sleep();
  std::chrono::milliseconds interval() const;

  Scheduler& scheduler_;
  const Times times_;
  Owner owner_;
  std::unique_ptr<Scheduler::Timer> timer_;
  std::chrono::sys_seconds expires_ = std::chrono::sys_seconds::max();
  std::chrono::milliseconds last_byte_{0};
  std::chrono::milliseconds next_look_{0};
  std::optional<std::chrono::milliseconds> lingers_until_;
  std::array<Progress, 2> progress_;
};

}  // namespace portcullis::relay
