#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>

#include "proxy/base/scheduler.h"

namespace portcullis::relay {

// The order in which an event loop works for connections that are not authenticated yet. What comes
// on them waits here, and in each turn of the loop it gets a bounded time. Between two turns all
// established streams are served. So a flood of handshakes makes handshakes slow, and nothing else.
class StrangerTurns {
 public:
  // Somebody who waits. Must call leave() before it is destroyed.
  class Guest {
   public:
    virtual ~Guest() = default;
    virtual void take_turn() = 0;
  };
  using Clock = std::function<std::chrono::microseconds()>;

  // How long one turn of the loop works for strangers. At least one guest is served, so that a turn
  // takes longer by what one of them costs.
  static constexpr std::chrono::microseconds kPerTurn{1'000};

  // `clock` measures what the work takes. `scheduler` must outlive this.
  StrangerTurns(Scheduler& scheduler, Clock clock);
  StrangerTurns(const StrangerTurns&) = delete;
  StrangerTurns& operator=(const StrangerTurns&) = delete;

  // take_turn() is called once, from a deferred task. A guest that waits already must not be given.
  void wait(Guest& guest);
  void leave(Guest& guest);
  std::size_t waiting() const { return guests_.size(); }

 private:
  void serve();
  void go_on();

  Scheduler& scheduler_;
  Clock clock_;
  std::deque<Guest*> guests_;
  bool scheduled_ = false;
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace portcullis::relay
