#pragma once

#include "proxy/app/reload.h"
#include "proxy/relay/backend_health.h"
#include "proxy/relay/snapshot.h"
#include "proxy/status/overview.h"
#include "proxy/telemetry/log.h"

namespace portcullis::app {

// Parts of the overview, from those who know them.

void add_configuration(status::Overview& overview, const relay::Snapshot& snapshot);
// `monotonic`: now, by the clock of `backends`.
void add_backends(status::Overview& overview, const relay::BackendHealth& backends,
                  std::chrono::milliseconds monotonic);
void add_reloads(status::Overview& overview, const Reloader& reloader);
void add_refusals(status::Overview& overview, const telemetry::Log& log);

}  // namespace portcullis::app
