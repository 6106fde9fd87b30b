#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "proxy/base/scheduler.h"

namespace portcullis::test {

// Time that only the test moves. Nothing runs by itself: timers expire in advance(), and deferred
// tasks run in settle(), which advance() calls behind each timer. A timer may outlive it.
class MemoryScheduler final : public Scheduler {
 public:
  explicit MemoryScheduler(std::chrono::sys_seconds wall_clock = std::chrono::sys_days(
                               std::chrono::year(2026) / std::chrono::March / 1))
      : wall_clock_at_start_(wall_clock) {}

  std::chrono::milliseconds now() const override { return timers_->now; }
  std::chrono::sys_seconds wall_clock() const override {
    return wall_clock_at_start_ + std::chrono::floor<std::chrono::seconds>(timers_->now - kStart);
  }

  std::unique_ptr<Scheduler::Timer> make_timer(std::function<void()> on_expiry) override {
    return std::make_unique<MemoryTimer>(timers_, std::move(on_expiry));
  }

  void defer(std::function<void()> task) override { deferred_.push_back(std::move(task)); }

  // Runs the deferred tasks, and those that they defer themselves. Returns how many ran; `at_most`
  // ends a task that defers itself for ever.
  std::size_t settle(std::size_t at_most = 100'000) {
    std::size_t ran = 0;
    while (!deferred_.empty() && ran < at_most) {
      auto batch = std::exchange(deferred_, {});
      for (auto& task : batch) {
        task();
        task = nullptr;  // what it captured goes now, as with the real loop
        ++ran;
      }
    }
    return ran;
  }

  // Moves the time, and expires the timers on the way in the order in which they are due. With 0
  // those expire that are due now.
  void advance(std::chrono::milliseconds by) {
    settle();
    const auto until = timers_->now + by;
    while (auto* const next = timers_->first_due(until)) {
      timers_->now = std::max(timers_->now, next->due);
      next->running = false;
      const auto on_expiry = next->on_expiry;  // the callback may destroy its timer
      on_expiry();
      settle();
    }
    timers_->now = until;
  }

  // Moves the wall clock alone, as somebody does who sets it.
  void set_wall_clock(std::chrono::sys_seconds to) {
    wall_clock_at_start_ = to - std::chrono::floor<std::chrono::seconds>(timers_->now - kStart);
  }

  std::size_t running_timers() const {
    return static_cast<std::size_t>(std::count_if(timers_->all.begin(), timers_->all.end(),
                                                  [](const auto* one) { return one->running; }));
  }
  std::size_t deferred_tasks() const { return deferred_.size(); }

 private:
  // Not zero: a time that was never set must not look like the time now.
  static constexpr std::chrono::milliseconds kStart = std::chrono::hours(1);

  struct Entry {
    std::function<void()> on_expiry;
    std::chrono::milliseconds due{0};
    std::size_t started = 0;  // orders those that are due at the same time
    bool running = false;
  };

  struct Timers {
    std::vector<Entry*> all;
    std::chrono::milliseconds now = kStart;
    std::size_t starts = 0;

    Entry* first_due(std::chrono::milliseconds until) const {
      Entry* first = nullptr;
      for (auto* const one : all) {
        if (!one->running || one->due > until) continue;
        if (first == nullptr ||
            std::pair(one->due, one->started) < std::pair(first->due, first->started))
          first = one;
      }
      return first;
    }
  };

  class MemoryTimer final : public Scheduler::Timer {
   public:
    MemoryTimer(std::shared_ptr<Timers> timers, std::function<void()> on_expiry)
        : timers_(std::move(timers)) {
      entry_.on_expiry = std::move(on_expiry);
      timers_->all.push_back(&entry_);
    }
    MemoryTimer(const MemoryTimer&) = delete;
    MemoryTimer& operator=(const MemoryTimer&) = delete;
    ~MemoryTimer() override {
      auto& all = timers_->all;
      all.erase(std::remove(all.begin(), all.end(), &entry_), all.end());
    }

    void start(std::chrono::milliseconds after) override {
      entry_.due = timers_->now + std::max(after, std::chrono::milliseconds(0));
      entry_.started = ++timers_->starts;
      entry_.running = true;
    }
    void stop() override { entry_.running = false; }

   private:
    const std::shared_ptr<Timers> timers_;
    Entry entry_;
  };

  std::chrono::sys_seconds wall_clock_at_start_;
  std::shared_ptr<Timers> timers_ = std::make_shared<Timers>();
  std::vector<std::function<void()>> deferred_;
};

}  // namespace portcullis::test
