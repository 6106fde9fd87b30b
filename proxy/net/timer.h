#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "proxy/net/loop.h"

namespace portcullis::net {

// One-shot timer. Restarting replaces; destroying cancels, also inside its own callback.
class Timer {
 public:
  Timer(Loop& loop, std::function<void()> on_expiry);
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  void start(std::chrono::milliseconds after);  // counted from the start of the loop's turn
  void stop();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;  // shared with libuv until its close callback
};

}  // namespace portcullis::net
