#include "policy/decide/remote_policy.h"
#include "proxy/relay/bridge.h"

namespace portcullis::relay {

bool Bridge::rejudge(SnapshotPtr newer, Changed changed) {
  newest_ = std::move(newer);
  return record_.is_established() && review(" (judged again)", "policy-violation", changed);
}

std::optional<LostStream> Bridge::foresee(const Snapshot& by) {
  if (!record_.is_established() || !ends_.whole()) return std::nullopt;
  const auto now = services_.scheduler.wall_clock();
  const auto found = relay::foresee(gate_, by, ends_.near(), *ends_.far(), now);
  if (!found.lost) return std::nullopt;
  const auto& pair = gate_.pair();
  LostStream lost{plan_.kind, pair.local.a_label(), {}, found.lost->reason, {}};
  if (!pair.remote) return lost;
  lost.remote = pair.remote->a_label();
  lost.rule = policy::remote_policy(by.config(), *pair.remote, now).pattern;
  return lost;
}

}  // namespace portcullis::relay
