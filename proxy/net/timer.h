#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "proxy/net/loop.h"

namespace portcullis::net {

// A timer of the loop; see Scheduler::Timer for the contract.
class Timer final : public Scheduler::Timer {
 public:
  Timer(Loop& loop, std::function<void()> on_expiry);
  ~Timer() override;
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  // `after` counts from the start of the loop's turn.
  void start(std::chrono::milliseconds after) override;
  void stop() override;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;  // shared with libuv until its close callback
};

}  // namespace portcullis::net
