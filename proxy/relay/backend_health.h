#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "policy/model/config.h"
#include "policy/reasons/reason.h"
#include "proxy/base/stream_kind.h"
#include "proxy/telemetry/metrics.h"
#include "proxy/telemetry/repeated_lines.h"

namespace portcullis::relay {

// Whether the backend of each host answers: what was last seen of it, by a stream or by a probe.
// One for the whole program, because a backend is one however many loops call it. Thread-safe.
//
// "Answers" means that a connection came about and the backend spoke XMPP on it. A backend that
// answers and refuses is up: that may be about one peer only, and no peer must be able to make it
// look down. For the same reason a stream that was not answered only makes a probe due: a backend
// may end a stream without a word because of what the peer is called. What it refuses is counted by
// portcullis_backend_connections_total.
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

  // The backends of the configuration that is now in force, as far as it has listeners for what
  // goes there. What was seen of one that stays is kept.
  void watch(const policy::Config& config);

  // `domain` is the host's domain; nothing happens for a backend that is not watched.
  //
  // A stream to it was answered.
  void answered(const DomainName& domain, StreamKind kind, Time now);
  // A stream to it was not answered.
  void suspect(const DomainName& domain, StreamKind kind);
  // What answered in its place is not the backend. A probe cannot tell the two apart, so this holds
  // until a stream is answered, or another configuration is in force.
  void impostor(const DomainName& domain, StreamKind kind, Time now);
  // What a probe has found. True when that is news.
  bool probed(const DomainName& domain, StreamKind kind, bool up, Time now);

  // The backend for which a probe is due the longest: a minute after the last news of it, 15
  // seconds if it is down, 5 seconds if it is suspected, at once if it was never seen.
  std::optional<Backend> due(Time now) const;

  // Observe mode let a stream of this host through, and the backend refuses it by its own settings.
  // Kept until another configuration is in force. `said`: a sentence for the operator.
  void too_strict(const DomainName& domain, std::string said, Time now);

  // What is known of one of them.
  struct Known {
    Backend backend;
    std::optional<bool> up;  // empty: never seen
    bool impostor = false;
    Time since{};  // it is so
  };
  std::vector<Known> known() const;
  struct Strict {
    std::string domain;  // of the host
    std::string said;
    Time since{};  // the last time
  };
  std::vector<Strict> strict() const;

  // Of the lines that say what is wrong with a backend. Everybody who calls can bring them about.
  telemetry::RepeatedLines& lines() { return lines_; }

 private:
  struct State {
    Backend backend;
    std::optional<bool> up;  // empty: never seen
    Time seen{};
    Time since{};  // `up` is what it is
    bool suspected = false;
    bool impostor = false;
  };
  using Key = std::pair<std::string, StreamKind>;

  State* find(const DomainName& domain, StreamKind kind);
  bool set(State& state, bool up, Time now);
  static std::optional<Time> due_at(const State& state);  // empty: at once

  telemetry::Metrics& metrics_;
  telemetry::RepeatedLines lines_;
  mutable std::mutex mutex_;
  std::map<Key, State> states_;
  std::map<std::string, Strict> strict_;  // by the domain of a host that is watched
};

}  // namespace portcullis::relay
