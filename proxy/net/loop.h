#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
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
  // All sockets of the loop receive into this one buffer. This is safe because libuv hands over
  // what it has read before it reads again.
  uv_buf_t receive_buffer();

  struct Impl;
  std::unique_ptr<uv_loop_s> loop_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace portcullis::net
