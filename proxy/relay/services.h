#pragma once

#include "proxy/base/scheduler.h"
#include "proxy/relay/backend_health.h"
#include "proxy/relay/clock_watch.h"
#include "proxy/relay/dial_limits.h"
#include "proxy/relay/held_bytes.h"
#include "proxy/relay/leg_end.h"
#include "proxy/relay/network.h"
#include "proxy/relay/undelivered_notices.h"
#include "proxy/telemetry/log.h"
#include "proxy/telemetry/metrics.h"

namespace portcullis::relay {

// What a bridge uses but does not own. It outlives every bridge of the loop.
struct Services {
  Scheduler& scheduler;
  Network& network;
  Scratch& scratch;
  telemetry::Metrics& metrics;
  telemetry::Log& log;
  BackendHealth& backends;
  ClockWatch& clock;
  HeldBytes& held;
  DialLimits& dials;
  UndeliveredNotices& notices;
};

}  // namespace portcullis::relay
