#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "proxy/admin/server.h"
#include "proxy/base/endpoint.h"
#include "proxy/base/result.h"
#include "proxy/net/loop.h"
#include "proxy/net/timer.h"
#include "proxy/telemetry/log.h"

namespace portcullis::app {

// The admin server of this process. Its library opens the port itself, so of two processes only one
// has it, and a successor may come a moment before the port is free. Lives on one loop.
class AdminPort {
 public:
  struct Owner {
    // The server, listening; null: the configuration has none. Fails in words for the operator.
    std::function<Result<std::unique_ptr<admin::Server>>()> open;
    // Who has the port instead, in words that go behind that failure. This looks at every process,
    // so it is asked only where somebody reads the answer.
    std::function<std::string()> holder;
  };
  struct Timing {
    // Between two tries; twice as long after each, up to the other one.
    std::chrono::milliseconds pause{50};
    std::chrono::milliseconds longest_pause{5'000};
  };

  // Both outlive this.
  AdminPort(net::Loop& loop, Timing timing, telemetry::Log& log, Owner owner);

  Result<void> open();
  // The same, but where it fails it is tried again until it is open. The log gets a line for the
  // first failure, and one when it is open after all.
  void open_when_free();
  void close();

 private:
  Result<void> try_once();
  void try_again();

  const Timing timing_;
  telemetry::Log& log_;
  const Owner owner_;
  std::unique_ptr<admin::Server> server_;
  std::chrono::milliseconds pause_;
  net::Timer timer_;
};

// Who listens at `admin`, if it is not this process: "; it is served by ...", or "".
std::string holder_of(const std::optional<Endpoint>& admin);

}  // namespace portcullis::app
