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

  void start(std::chrono::milliseconds after);
  void stop();

 private:
  struct Impl;
  Impl* impl_;  // freed by libuv's close callback
};

}  // namespace portcullis::net
