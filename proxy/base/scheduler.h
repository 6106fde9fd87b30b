#pragma once

#include <chrono>
#include <functional>
#include <memory>

namespace portcullis {

// Time, as the code that relays streams sees it. The event loop is one Scheduler; tests use another
// one and move its clock. It is not thread-safe: everything is called on the scheduler's own
// thread.
class Scheduler {
 public:
  virtual ~Scheduler() = default;

  // A one-shot timer. Starting it again replaces the time that it waits for. Destroying it cancels
  // it; this is allowed inside its own callback, too.
  class Timer {
   public:
    virtual ~Timer() = default;
    virtual void start(std::chrono::milliseconds after) = 0;
    virtual void stop() = 0;
  };

  // The time for intervals. It is steady, and does not change within one turn of the loop.
  virtual std::chrono::milliseconds now() const = 0;
  // The time for the dates in certificates and in the configuration.
  virtual std::chrono::sys_seconds wall_clock() const = 0;
  virtual std::unique_ptr<Timer> make_timer(std::function<void()> on_expiry) = 0;
  // Runs `task` after the current callback has returned. An owner uses this to destroy an object
  // that has just called it.
  virtual void defer(std::function<void()> task) = 0;
};

}  // namespace portcullis
