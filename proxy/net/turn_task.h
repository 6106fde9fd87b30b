#pragma once

#include <functional>
#include <utility>

#include "proxy/net/loop.h"

namespace portcullis::net {

// Work that is done once at the end of the loop's turn: after the callbacks that are running, and
// before the loop waits for events again. If it is scheduled several times before it runs, it runs
// once. Destroying it cancels it, but the work must not destroy its own task. The loop must outlive
// it. WARNING: if the work schedules its own task, the task runs again at the end of the same turn,
// before the loop waits or serves a socket. Work that always does so never lets the turn end, and
// the loop hangs. Work that is to continue in a later turn uses Loop::defer().
class TurnTask final : private Loop::TurnEnd {
 public:
  TurnTask(Loop& loop, std::function<void()> work)
      : loop_(loop), owner_(loop.owner()), work_(std::move(work)) {}
  TurnTask(const TurnTask&) = delete;
  TurnTask& operator=(const TurnTask&) = delete;
  ~TurnTask() override {
    if (scheduled_) loop_.forget_turn_end(*this);
  }

  void schedule() {
    if (std::exchange(scheduled_, true)) return;
    loop_.at_turn_end(*this);
  }

 private:
  void on_turn_end() override {
    scheduled_ = false;
    loop_.enter(owner_, work_);
  }

  Loop& loop_;
  const Loop::OwnerPtr owner_;
  std::function<void()> work_;
  bool scheduled_ = false;
};

}  // namespace portcullis::net
