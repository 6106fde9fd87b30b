#include "proxy/app/health.h"

#include <algorithm>

#include "proxy/base/clock.h"

namespace portcullis::app {

bool Health::alive() const {
  return started_ &&
         std::all_of(parts_.workers.begin(), parts_.workers.end(),
                     [](const auto& worker) { return worker->alive() || worker->finished(); });
}

// Without the process with the key, clients, peers that are known and streams that stand go on, and
// another gate would lack the same file. So a readiness probe must not take the gate out of service
// for it. Nor for a clock that may be wrong: that is only likely, and the streams that stand go on.
std::vector<admin::ReadyCheck> Health::readiness() const {
  const bool runs = alive();
  const bool drains = parts_.drain.begun();
  const bool key_is_held = parts_.holders.runs();
  const auto doubt = parts_.clock.doubt(wall_clock_now());
  return {
      {"loops", runs, runs ? "" : "an event loop has been stuck for five seconds"},
      {"draining", !drains, drains ? "shutting down" : ""},
      {"local_ca", key_is_held,
       key_is_held ? "" : "the process that holds the local CA's key does not run", false},
      {"clock", doubt.empty(), doubt.empty() ? "" : "the local clock is suspect: " + doubt, false},
      {"predecessors", true, parts_.hand_over.before(), false}};
}

}  // namespace portcullis::app
