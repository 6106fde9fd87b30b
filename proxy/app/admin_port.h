#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "proxy/admin/server.h"
#include "proxy/base/result.h"
#include "proxy/net/loop.h"
#include "proxy/net/timer.h"
#include "proxy/telemetry/log.h"

namespace portcullis::app {

// The admin server of this process. Its library opens the port itself, so of two processes only one
// has it, and a successor may come a moment before the port is free. Lives on one loop.
class AdminPort {
 public:
  // The server, listening; null: the configuration has none. Fails in words for the operator.
  using Open = std::function<Result<std::unique_ptr<admin::Server>>()>;
  struct Timing {
    // Between two tries; twice as long after each, up to the other one.
    std::chrono::milliseconds pause{50};
    std::chrono::milliseconds longest_pause{5'000};
  };

  // Both outlive this.
  AdminPort(net::Loop& loop, Timing timing, telemetry::Log& log, Open open);

  Result<void> open();
  // The same, but where it fails it is tried again until it is open. The log gets a line for the
  // first failure, and one when it is open after all.
  void open_when_free();
  void close();

 private:
  void try_again();

  const Timing timing_;
  telemetry::Log& log_;
  const Open open_;
  std::unique_ptr<admin::Server> server_;
  std::chrono::milliseconds pause_;
  net::Timer timer_;
};

}  // namespace portcullis::app
