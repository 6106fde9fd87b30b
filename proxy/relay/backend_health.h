#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "policy/model/config.h"
#include "policy/reasons/reason.h"
#include "proxy/base/stream_kind.h"
#include "proxy/telemetry/metrics.h"

namespace portcullis::relay {

// Whether the backend of each host answers: what was last seen of it, by a stream or by a probe.
// One for the whole program, because a backend is one however many loops call it. Thread-safe.
//
// "Answers" means that a connection came about and the backend spoke XMPP on it. A backend that
// answers and refuses is up: that may be about one peer only, and no peer must be able to make it
// look down. What it refuses is counted by portcullis_backend_connections_total.
class BackendHealth {
 public:
  // As Scheduler::now(); the loops of the program share that clock.
  using Time = std::chrono::milliseconds;

  // A place where the backend of a host takes streams.
  struct Backend {
    DomainName domain;  // of the host, not an alias
    StreamKind kind;
    Endpoint endpoint;
    policy::ProxyProtocol proxy_protocol;
  };

  explicit BackendHealth(telemetry::Metrics& metrics) : metrics_(metrics) {}

  // The backends of the configuration that is now in force. What was seen of one that stays is
  // kept.
  void watch(const policy::Config& config);

  // `domain` is the host's domain. Nothing for a backend that is not watched. True when this is not
  // what was last seen.
  bool saw(const DomainName& domain, StreamKind kind, bool up, Time now);

  // The backend of which nothing was heard for the longest time, if that is long enough ago: a
  // minute, or 15 seconds for one that is down or was never seen.
  std::optional<Backend> overdue(Time now) const;

 private:
  struct State {
    Backend backend;
    std::optional<bool> up;  // empty: never seen
    Time seen;
  };
  using Key = std::pair<std::string, StreamKind>;

  telemetry::Metrics& metrics_;
  mutable std::mutex mutex_;
  std::map<Key, State> states_;
};

// Whether a refusal means that the backend does not answer, or that something else answers in its
// place.
bool is_down(policy::Reason reason);

}  // namespace portcullis::relay
