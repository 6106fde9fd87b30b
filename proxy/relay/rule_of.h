#pragma once

#include <string>
#include <utility>

#include "policy/decide/remote_policy.h"
#include "proxy/base/scheduler.h"
#include "proxy/relay/snapshot.h"
#include "proxy/relay/stream_decisions.h"

namespace portcullis::relay {

// The rule of this generation that applies to a domain when it is asked; none does to a domain of
// ours. `clock` must outlive it.
inline StreamDecisions::RuleOf rule_of(SnapshotPtr snapshot, const Scheduler& clock) {
  return [snapshot = std::move(snapshot), &clock](const DomainName& remote) {
    if (snapshot->config().host_for(remote) != nullptr) return std::string();
    return std::string(
        policy::remote_policy(snapshot->config(), remote, clock.wall_clock()).pattern);
  };
}

}  // namespace portcullis::relay
