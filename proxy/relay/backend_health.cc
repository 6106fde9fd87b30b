#include "proxy/relay/backend_health.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "proxy/relay/stream_plan.h"
#include "proxy/relay/worker_takeover.h"

namespace portcullis::relay {
namespace {

constexpr std::chrono::seconds kStaleWhenUp{60};
constexpr std::chrono::seconds kStaleWhenDown{15};
constexpr std::chrono::seconds kStaleWhenSuspected{5};

std::vector<BackendHealth::Backend> backends_of(const policy::Config& config) {
  std::vector<BackendHealth::Backend> all;
  const auto listeners = listeners_of(config);
  const auto has_listener = [&](StreamKind kind) {
    return std::any_of(listeners.begin(), listeners.end(),
                       [kind](const ListenerSpec& spec) { return spec.kind == kind; });
  };
  for (const auto& host : config.hosts)
    for (const StreamKind kind : kStreamKinds) {
      const auto& plan = plan_of(kind);
      if (plan.backend == nullptr || !has_listener(kind)) continue;
      const auto& endpoint = host.backend.*plan.backend;
      if (!endpoint) continue;
      all.push_back({host.domain, kind, *endpoint, host.backend.*plan.proxy_protocol});
    }
  return all;
}

}  // namespace

void BackendHealth::watch(const policy::Config& config) {
  const std::lock_guard lock(mutex_);
  std::map<Key, State> next;
  for (auto& backend : backends_of(config)) {
    const Key key{backend.domain.a_label(), backend.kind};
    State state{std::move(backend), std::nullopt};
    if (const auto known = states_.find(key);
        known != states_.end() && known->second.backend.endpoint == state.backend.endpoint) {
      state.up = known->second.up;
      state.seen = known->second.seen;
      state.since = known->second.since;
      // Its certificate may have been mended.
      state.suspected = known->second.suspected || known->second.impostor;
    }
    next.emplace(key, std::move(state));
  }
  states_ = std::move(next);
  strict_.clear();
  metrics_.connections.forget_backends();
  for (const auto& [key, state] : states_)
    if (state.up) metrics_.connections.backend_up(key.first, key.second, *state.up);
}

BackendHealth::State* BackendHealth::find(const DomainName& domain, StreamKind kind) {
  const auto found = states_.find({domain.a_label(), kind});
  return found == states_.end() ? nullptr : &found->second;
}

bool BackendHealth::set(State& state, bool up, Time now) {
  state.seen = now;
  state.suspected = false;
  if (state.up == up) return false;
  state.up = up;
  state.since = now;
  metrics_.connections.backend_up(state.backend.domain.a_label(), state.backend.kind, up);
  return true;
}

void BackendHealth::answered(const DomainName& domain, StreamKind kind, Time now) {
  const std::lock_guard lock(mutex_);
  State* const state = find(domain, kind);
  if (state == nullptr) return;
  state->impostor = false;
  set(*state, true, now);
}

void BackendHealth::suspect(const DomainName& domain, StreamKind kind) {
  const std::lock_guard lock(mutex_);
  if (State* const state = find(domain, kind)) state->suspected = true;
}

void BackendHealth::impostor(const DomainName& domain, StreamKind kind, Time now) {
  const std::lock_guard lock(mutex_);
  State* const state = find(domain, kind);
  if (state == nullptr) return;
  state->impostor = true;
  set(*state, false, now);
}

bool BackendHealth::probed(const DomainName& domain, StreamKind kind, bool up, Time now) {
  const std::lock_guard lock(mutex_);
  State* const state = find(domain, kind);
  return state != nullptr && set(*state, up && !state->impostor, now);
}

// Another kind of stream may be observed at a host than the backend takes, so only the host counts.
void BackendHealth::too_strict(const DomainName& domain, std::string said, Time now) {
  const std::lock_guard lock(mutex_);
  const auto& name = domain.a_label();
  const bool is_ours = std::any_of(states_.begin(), states_.end(),
                                   [&](const auto& one) { return one.first.first == name; });
  if (is_ours) strict_[name] = {name, std::move(said), now};
}

std::vector<BackendHealth::Known> BackendHealth::known() const {
  const std::lock_guard lock(mutex_);
  std::vector<Known> all;
  for (const auto& [key, state] : states_)
    all.push_back({state.backend, state.up, state.impostor, state.since});
  return all;
}

std::vector<BackendHealth::Strict> BackendHealth::strict() const {
  const std::lock_guard lock(mutex_);
  std::vector<Strict> all;
  for (const auto& [name, one] : strict_) all.push_back(one);
  return all;
}

std::optional<BackendHealth::Time> BackendHealth::due_at(const State& state) {
  if (!state.up) return std::nullopt;
  if (state.suspected) return state.seen + kStaleWhenSuspected;
  return state.seen + (*state.up ? kStaleWhenUp : kStaleWhenDown);
}

std::optional<BackendHealth::Backend> BackendHealth::due(Time now) const {
  const std::lock_guard lock(mutex_);
  const State* next = nullptr;
  std::optional<Time> next_at = now;
  for (const auto& [key, state] : states_) {
    const auto at = due_at(state);  // an empty one is less than any other
    if (at > next_at || (at == next_at && next != nullptr)) continue;
    next = &state;
    next_at = at;
  }
  if (next == nullptr) return std::nullopt;
  return next->backend;
}

}  // namespace portcullis::relay
