#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

#include "proxy/base/scheduler.h"

struct uv_loop_s;
struct uv_async_s;
struct uv_buf_t;

namespace portcullis::net {

// Owns one libuv loop. Everything but post() and stop() is called on the loop's own thread. Objects
// that use the loop should be destroyed before it; those that are destroyed later get no callbacks
// any more.
class Loop final : public Scheduler {
 public:
  Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  // Closes the handles that are still open and runs their close callbacks. Tasks that have not run
  // yet are dropped.
  ~Loop() override;

  void run();   // until stop(); after an earlier stop() it returns at once
  void stop();  // thread-safe
  void post(std::function<void()> task);  // thread-safe; runs on the loop's thread
  std::unique_ptr<Scheduler::Timer> make_timer(std::function<void()> on_expiry) override;
  void defer(std::function<void()> task) override;
  std::chrono::milliseconds now() const override;
  std::chrono::sys_seconds wall_clock() const override;

  // For whom work on the loop is done: one stream, for example. When memory runs out in that work
  // (std::bad_alloc), it is left, its owner is told, and everybody else goes on. This is the only
  // place that catches it, because libuv, which calls us, is written in C: no exception may pass
  // through it.
  class Owner {
   public:
    virtual ~Owner() = default;
    // The work was left somewhere in the middle. Nothing of it runs any more, so everything that
    // the owner has may be destroyed here. Must not need memory.
    virtual void on_no_memory() noexcept = 0;
  };
  using OwnerPtr = std::shared_ptr<Owner>;

  // Whose work is running; nullptr: nobody's. What is made now and will be called by the loop
  // (sockets, timers, tasks) belongs to the same owner.
  OwnerPtr owner() const { return owner_ != nullptr ? *owner_ : nullptr; }
  // Runs `work` as that of `owner`. Every callback from libuv goes through this function. Within
  // work of the same owner it is a plain call. For nobody, the loss of memory is only counted.
  template <class Work>
  void enter(const OwnerPtr& owner, Work&& work);
  // How often memory ran out in work of nobody.
  std::size_t failures() const { return failures_; }

  // An object that has something to do before the loop waits again. Its only user is TurnTask.
  class TurnEnd {
   public:
    virtual ~TurnEnd() = default;
    virtual void on_turn_end() = 0;
  };
  // Calls what.on_turn_end() once, at the end of this turn; if called from within an on_turn_end(),
  // the same end of turn serves it. `what` must live until then, or be forgotten before it is
  // destroyed.
  void at_turn_end(TurnEnd& what);
  void forget_turn_end(TurnEnd& what);

  uv_loop_s* raw() { return loop_.get(); }

 private:
  friend class TcpSocket;
  friend class UdpSocket;
  // All sockets of the loop receive into this one buffer. This is safe because libuv hands over
  // what it has read before it reads again.
  uv_buf_t receive_buffer();

  struct Impl;
  std::unique_ptr<uv_loop_s> loop_;
  std::unique_ptr<Impl> impl_;
  const OwnerPtr* owner_ = nullptr;
  bool entered_ = false;
  std::size_t failures_ = 0;
};

template <class Work>
void Loop::enter(const OwnerPtr& owner, Work&& work) {
  if (entered_ && (owner == nullptr || (owner_ != nullptr && owner == *owner_)))
    return std::forward<Work>(work)();
  const OwnerPtr kept = owner;  // the work may destroy what holds it
  const auto* const owner_before = std::exchange(owner_, &kept);
  const bool entered_before = std::exchange(entered_, true);
  bool failed = false;
  try {
    std::forward<Work>(work)();
  } catch (const std::bad_alloc&) {
    failed = true;
  }
  owner_ = owner_before;
  entered_ = entered_before;
  if (!failed) return;
  if (kept != nullptr)
    kept->on_no_memory();
  else
    ++failures_;
}

}  // namespace portcullis::net
