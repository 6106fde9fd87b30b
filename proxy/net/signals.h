#pragma once

#include <functional>
#include <memory>

#include "proxy/net/loop.h"

namespace portcullis::net {

// Calls `on_signal` on the loop's thread each time the signal arrives.
class SignalWatch {
 public:
  SignalWatch(Loop& loop, int signal_number, std::function<void()> on_signal);
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;  // shared with libuv until its close callback
};

void ignore_sigpipe();

}  // namespace portcullis::net
