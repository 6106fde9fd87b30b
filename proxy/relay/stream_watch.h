#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "proxy/base/scheduler.h"

namespace portcullis::relay {

// Looks after an established stream and says when it has to end: the peer's certificate is over,
// no byte moved for the idle time, or what is queued is not taken by whoever should read it.
class StreamWatch {
 public:
  enum class Over : std::uint8_t { kExpired, kIdle, kStalled };
  struct Owner {
    std::function<std::size_t()> queued;  // octets that wait to be written to either end
    std::function<void(Over)> on_over;    // once; watching stops with it
  };

  // `scheduler` must outlive this.
  StreamWatch(Scheduler& scheduler, std::chrono::milliseconds idle, Owner owner);

  // Begins. `expires`: when the peer's chain ends; sys_seconds::max() where none does.
  void start(std::chrono::sys_seconds expires);
  // The chain has been judged again.
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
