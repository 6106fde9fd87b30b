#pragma once

#include <chrono>
#include <functional>
#include <memory>

namespace portcullis {

// Time, as the code that relays streams sees it. The event loop is one; tests have another, whose
// clock they move. Not thread-safe: everything is called on the scheduler's own thread.
class Scheduler {
 public:
  virtual ~Scheduler() = default;

  // A one-shot timer. Starting it again replaces the time it waits for; destroying it cancels,
  // also inside its own callback.
  class Timer {
   public:
    virtual ~Timer() = default;
    virtual void start(std::chrono::milliseconds after) = 0;
    virtual void stop() = 0;
  };

  // For intervals: steady, and constant within one turn of the loop.
  virtual std::chrono::milliseconds now() const = 0;
  // For what certificates and the configuration say about dates.
  virtual std::chrono::sys_seconds wall_clock() const = 0;
  virtual std::unique_ptr<Timer> make_timer(std::function<void()> on_expiry) = 0;
  // Runs `task` once the current callback has returned: an owner destroys there what called it.
  virtual void defer(std::function<void()> task) = 0;
};

}  // namespace portcullis
