#include "proxy/relay/operators_hand.h"

#include <string>

#include "certs/x509/certificate_text.h"
#include "policy/decide/remote_policy.h"

namespace portcullis::relay {

status::StreamRow OperatorsHand::row() const {
  const auto& told = facts();
  const auto& plan = parts_.plan;
  status::StreamRow row;
  row.number = number_;
  row.id = told.id;
  row.kind = plan.kind;
  row.established = told.established;
  row.age = parts_.clock.now() - told.started;
  if (told.established) row.idle = parts_.watch.idle();
  // The one that opened the stream stands in `from`; of a client its header may say nothing.
  row.local = plan.calls_peer() ? told.from : told.to;
  if (plan.between_servers) row.remote = plan.calls_peer() ? told.to : told.from;
  row.peer = told.peer;
  row.entry = told.entry;
  row.tls = told.shown.tls;
  row.auth = told.how;
  row.rule = told.rule;
  row.to_backend_bytes = parts_.record.passed_on().octets(true);
  row.to_wan_bytes = parts_.record.passed_on().octets(false);
  const LegEnd* const wan = plan.wan() == Place::kNear ? &parts_.ends.near() : parts_.ends.far();
  if (wan == nullptr || !row.tls) return row;
  const auto tls = wan->transport().tls_facts();
  row.cipher = tls.cipher;
  row.served_key = tls.served_key;
  if (const auto& leaf = wan->transport().peer_chain().leaf)
    row.peer_key = certs::key_text(leaf.get());
  return row;
}

StreamRecord::Established OperatorsHand::outcome() const {
  const auto& gate = parts_.gate;
  const auto* const host = gate.config().host_for(gate.pair().local);
  return {gate.standing().outcome(), known(),
          host == nullptr ? std::string() : host->domain.a_label()};
}

std::optional<LostStream> OperatorsHand::foresee(const Snapshot& by) const {
  auto& ends = parts_.ends;
  if (!facts().established || !ends.whole()) return std::nullopt;
  const auto now = parts_.clock.wall_clock();
  const auto found = relay::foresee(parts_.gate, by, ends.near(), *ends.far(), now);
  if (!found.lost) return std::nullopt;
  const auto& pair = parts_.gate.pair();
  LostStream lost{parts_.plan.kind, pair.local.a_label(), {}, found.lost->reason, {}};
  if (!pair.remote) return lost;
  lost.remote = pair.remote->a_label();
  lost.rule = policy::remote_policy(by.config(), *pair.remote, now).pattern;
  return lost;
}

void OperatorsHand::close(const policy::Refusal& why) {
  parts_.record.ending(telemetry::End::kOperator, "");
  const std::string condition(policy::info(why.reason).condition);
  auto& ends = parts_.ends;
  auto& end = facts().established && ends.whole() ? ends.wan(parts_.plan) : ends.near();
  end.dispatch(session::InputRefused{why, condition});
}

}  // namespace portcullis::relay
