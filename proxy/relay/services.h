#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "proxy/net/loop.h"
#include "proxy/net/resolver.h"
#include "proxy/relay/leg_end.h"
#include "proxy/relay/snapshot.h"
#include "proxy/telemetry/log.h"
#include "proxy/telemetry/metrics.h"

namespace portcullis::relay {

// What a bridge uses and does not own; outlives every bridge of the loop.
struct Services {
  net::Loop& loop;
  net::Resolver& resolver;
  Scratch& scratch;
  telemetry::Metrics& metrics;
  telemetry::Log& log;
};

}  // namespace portcullis::relay
