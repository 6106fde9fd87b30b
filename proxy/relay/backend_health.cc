#include "proxy/relay/backend_health.h"

#include <utility>

#include "proxy/relay/stream_plan.h"

namespace portcullis::relay {
namespace {

using policy::Reason;

constexpr std::chrono::seconds kStaleWhenUp{60};
constexpr std::chrono::seconds kStaleWhenDown{15};

std::vector<BackendHealth::Backend> backends_of(const policy::Config& config) {
  std::vector<BackendHealth::Backend> all;
  for (const auto& host : config.hosts)
    for (const StreamKind kind : kStreamKinds) {
      const auto& plan = plan_of(kind);
      if (plan.backend == nullptr) continue;
      const auto& endpoint = host.backend.*plan.backend;
      if (!endpoint) continue;
      all.push_back(
          {host.domain, kind, *endpoint,
           plan.between_servers ? policy::ProxyProtocol::kOff : host.backend.c2s_proxy_protocol});
    }
  return all;
}

}  // namespace

bool is_down(Reason reason) {
  return reason == Reason::kBackendUnavailable || reason == Reason::kNotTheBackend ||
         reason == Reason::kDnsFailed;
}

void BackendHealth::watch(const policy::Config& config) {
  const std::lock_guard lock(mutex_);
  std::map<Key, State> next;
  for (auto& backend : backends_of(config)) {
    const Key key{backend.domain.text(), backend.kind};
    State state{std::move(backend), std::nullopt, {}};
    if (const auto known = states_.find(key);
        known != states_.end() && known->second.backend.endpoint == state.backend.endpoint) {
      state.up = known->second.up;
      state.seen = known->second.seen;
    }
    next.emplace(key, std::move(state));
  }
  states_ = std::move(next);
  metrics_.connections.forget_backends();
  for (const auto& [key, state] : states_)
    if (state.up) metrics_.connections.backend_up(key.first, key.second, *state.up);
}

bool BackendHealth::saw(const DomainName& domain, StreamKind kind, bool up, Time now) {
  const std::lock_guard lock(mutex_);
  const auto found = states_.find({domain.text(), kind});
  if (found == states_.end()) return false;
  State& state = found->second;
  state.seen = now;
  if (state.up == up) return false;
  state.up = up;
  metrics_.connections.backend_up(domain.text(), kind, up);
  return true;
}

std::optional<BackendHealth::Backend> BackendHealth::overdue(Time now) const {
  const std::lock_guard lock(mutex_);
  const State* oldest = nullptr;
  for (const auto& [key, state] : states_) {
    const bool known_up = state.up.value_or(false);
    if (state.up && now - state.seen < (known_up ? kStaleWhenUp : kStaleWhenDown)) continue;
    // One that was never seen comes first.
    if (oldest == nullptr || (oldest->up && (!state.up || state.seen < oldest->seen)))
      oldest = &state;
  }
  if (oldest == nullptr) return std::nullopt;
  return oldest->backend;
}

}  // namespace portcullis::relay
