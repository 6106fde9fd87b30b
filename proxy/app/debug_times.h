#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "proxy/base/result.h"
#include "proxy/net/loop.h"
#include "proxy/net/timer.h"
#include "proxy/status/overview.h"
#include "proxy/telemetry/log.h"

namespace portcullis::app {

// Has the log tell every step of some streams for a stated time, as log.debug does of all. It ends
// by itself. Lives on one loop, which is not that of a worker.
class DebugTimes {
 public:
  static constexpr std::chrono::seconds kLongest{std::chrono::hours(24)};

  // Both outlive this.
  DebugTimes(net::Loop& loop, telemetry::Log& log) : loop_(loop), log_(log) {}

  // `target`: as of stream_target(). One that is told already is told for `time` from now on.
  // Fails if there are too many.
  Result<void> begin(const std::string& target, std::chrono::seconds time);
  bool end(const std::string& target);  // false: it was not told
  std::vector<status::TraceRow> rows() const;

 private:
  struct One {
    std::unique_ptr<net::Timer> timer;
    std::chrono::sys_seconds until;
  };

  net::Loop& loop_;
  telemetry::Log& log_;
  std::map<std::string, One> all_;
};

}  // namespace portcullis::app
