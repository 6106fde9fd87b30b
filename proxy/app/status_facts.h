#pragma once

#include <chrono>

#include "proxy/app/debug_times.h"
#include "proxy/app/dns_responders.h"
#include "proxy/app/drain.h"
#include "proxy/app/reload.h"
#include "proxy/app/watches.h"
#include "proxy/keeper/key_holders.h"
#include "proxy/net/loop.h"
#include "proxy/relay/backend_health.h"
#include "proxy/relay/clock_watch.h"
#include "proxy/status/overview.h"
#include "proxy/telemetry/log.h"

namespace portcullis::app {

// Those who know something of the running program, and when it was started.
struct OverviewSources {
  const net::Loop& loop;
  const Drain::Workers& workers;
  const keeper::KeyHolders& holders;
  const relay::ClockWatch& clock;
  const relay::BackendHealth& backends;
  const Reloader& reloader;
  const Drain& drain;
  const DnsResponders& dns;
  const Watches& watches;
  const DebugTimes& debug;
  const telemetry::Log& log;
  std::chrono::sys_seconds started;
};

// All that an operator reads of it, but the streams. To be called on the loop of `sources`.
status::Overview overview_of(const OverviewSources& sources);

}  // namespace portcullis::app
