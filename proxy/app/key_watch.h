#pragma once

#include <chrono>

#include "proxy/keeper/key_holders.h"
#include "proxy/net/timer.h"
#include "proxy/telemetry/log.h"
#include "proxy/telemetry/metrics.h"

namespace portcullis::app {

// Starts the process that holds the local CA's key again when it has ended, and tells the operator.
// Processes that were killed and end late are reaped here, too.
class KeyWatch {
 public:
  // References outlive this. `loop` is not that of streams: a start takes its time.
  KeyWatch(net::Loop& loop, keeper::KeyHolders& holders, telemetry::Metrics& metrics,
           telemetry::Log& log);

 private:
  void look();
  void tell(const keeper::KeyHolders::Event& event);

  keeper::KeyHolders& holders_;
  telemetry::Metrics& metrics_;
  telemetry::Log& log_;
  net::Timer timer_;
};

}  // namespace portcullis::app
