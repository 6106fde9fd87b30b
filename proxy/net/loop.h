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

// Owns one libuv loop. Everything but post() and stop() is called on the loop's own thread.
// Objects that live on the loop should be destroyed before it; those that are not get no
// callbacks any more.
class Loop final : public Scheduler {
 public:
  Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  // Closes what is left open and runs the close callbacks; drops tasks not yet run.
  ~Loop() override;

  void run();                             // until stop(); a stop() before run() is kept for it
  void stop();                            // thread-safe
  void post(std::function<void()> task);  // thread-safe; runs on the loop's thread
  std::unique_ptr<Scheduler::Timer> make_timer(std::function<void()> on_expiry) override;
  void defer(std::function<void()> task) override;
  std::chrono::milliseconds now() const override;
  std::chrono::sys_seconds wall_clock() const override;

  // What has something to do before the loop waits again; see TurnTask, its only user.
  class TurnEnd {
   public:
    virtual ~TurnEnd() = default;
    virtual void on_turn_end() = 0;
  };
  // Once, at the end of this turn. The object must live until then or be forgotten before.
  void at_turn_end(TurnEnd& what);
  void forget_turn_end(TurnEnd& what);

  uv_loop_s* raw() { return loop_.get(); }

 private:
  friend class TcpSocket;
  // The one buffer every socket of the loop receives into: libuv reads and delivers at once.
  uv_buf_t receive_buffer();

  struct Impl;
  std::unique_ptr<uv_loop_s> loop_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace portcullis::net
