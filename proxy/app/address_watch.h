#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "proxy/net/loop.h"
#include "proxy/net/timer.h"
#include "proxy/relay/connection_limits.h"
#include "proxy/telemetry/log.h"
#include "proxy/telemetry/metrics.h"

namespace portcullis::app {

// Looks from time to time whether most connections come from one address, as they do behind a NAT
// or a balancer without PROXY header, where the limit for one address would soon refuse everybody.
// Tells the metrics, and warns, but not often. Lives on one loop.
class AddressWatch {
 public:
  struct Timing {
    std::chrono::milliseconds look{10'000};
    std::chrono::milliseconds between_warnings{std::chrono::hours(1)};
  };

  AddressWatch(net::Loop& loop, Timing timing,
               std::shared_ptr<const relay::ConnectionLimits> limits, telemetry::Metrics& metrics,
               telemetry::Log& log);

  // What the last look has found; empty: nothing to worry about.
  const std::optional<relay::ConnectionLimits::Busiest>& found() const { return found_; }

 private:
  void look();

  net::Loop& loop_;
  Timing timing_;
  std::shared_ptr<const relay::ConnectionLimits> limits_;
  telemetry::Metrics& metrics_;
  telemetry::Log& log_;
  std::optional<relay::ConnectionLimits::Busiest> found_;
  std::optional<std::chrono::milliseconds> warned_;
  net::Timer timer_;
};

}  // namespace portcullis::app
