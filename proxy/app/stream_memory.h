#pragma once

#include <string>

#include "policy/model/config.h"
#include "proxy/relay/held_bytes.h"
#include "proxy/telemetry/log.h"

namespace portcullis::app {

// How much memory streams may take, as the configuration and the machine have it now.
class StreamMemory {
 public:
  // Both outlive this.
  StreamMemory(relay::HeldBytes& held, telemetry::Log& log) : held_(held), log_(log) {}

  // Another configuration is in force. What the machine and its cgroup have may have changed since
  // the one before, and is looked up. The log gets a line if it reads differently.
  void follow(const policy::Limits& limits);

 private:
  relay::HeldBytes& held_;
  telemetry::Log& log_;
  std::string said_;  // the last sentence about it in the log
};

}  // namespace portcullis::app
