#include "proxy/relay/stream_budget.h"

#include <string>
#include <utility>

#include "proxy/relay/leg_end.h"

namespace portcullis::relay {

StreamBudget::StreamBudget(const Scheduler& clock, HeldBytes& held, const StreamPlan& plan,
                           StreamRecord& record, Admission admission, std::size_t stanza_rate,
                           Owner owner)
    : clock_(clock),
      plan_(plan),
      record_(record),
      admission_(std::move(admission)),
      share_(held),
      pace_(stanza_rate),
      stanza_rate_(stanza_rate),
      owner_(std::move(owner)) {}

// ---- Places

std::optional<policy::Refusal> StreamBudget::on_open(LegEnd& end) {
  if (end.place() != Place::kNear || end.side() == Side::kBackend) return std::nullopt;
  const auto& peer = end.transport().peer();
  record_.set_peer(peer);
  if (admission_.admit(peer, clock_.now())) return std::nullopt;
  return policy::refuse(policy::Reason::kRateLimited);
}

std::optional<policy::Refusal> StreamBudget::join(const std::optional<DomainName>& remote,
                                                  bool certified) {
  if (plan_.calls_peer() || !remote) return std::nullopt;
  return admission_.join(*remote, certified, clock_.now());
}

// The backend is no stranger: its connections keep their places to the end.
bool StreamBudget::leave() {
  return plan_.calls_peer() || record_.is_established() || admission_.linger(clock_.now());
}

void StreamBudget::charge(const LegEnd& end, double connections) {
  if (end.place() == Place::kNear && end.side() == Side::kWan)
    admission_.charge(connections, clock_.now());
}

void StreamBudget::hit(telemetry::Limit limit) {
  admission_.hit(limit, net::SocketAddress(), clock_.now());
}

// ---- Memory and patience

void StreamBudget::hold_back(LegEnd& end) {
  end.transport().pause_reading();
  if (end.side() == Side::kWan) pace_.pause(clock_.now());
}

void StreamBudget::let_go_on(LegEnd& end) {
  end.transport().resume_reading();
  if (end.side() == Side::kWan) pace_.resume(clock_.now());
}

void StreamBudget::on_held(const LegEnd& end, std::size_t came, std::size_t held) {
  held_[static_cast<std::size_t>(end.place())] = held;
  if (end.side() == Side::kWan) pace_.read(came, held, clock_.now());
  count();
}

void StreamBudget::on_queue(const LegEnd& /*end*/) {
  if (record_.is_established()) count();
}

void StreamBudget::count() {
  share_.set(held_[0] + held_[1] + owner_.queued());
  if (must_end()) owner_.on_too_much();
}

policy::Refusal StreamBudget::too_slow(const LegEnd& wan) {
  return over(wan, telemetry::Limit::kStanzaRate, policy::Reason::kStanzaTooSlow);
}

policy::Refusal StreamBudget::too_much(const LegEnd& wan) {
  return over(wan, telemetry::Limit::kHeldBytes, policy::Reason::kTooMuchHeld);
}

policy::Refusal StreamBudget::over(const LegEnd& wan, telemetry::Limit limit,
                                   policy::Reason reason) {
  over_ = true;
  record_.on_guard_fault(wan, reason);
  admission_.hit(limit, wan.transport().peer(), clock_.now());
  return policy::refuse(reason, {{"limit", std::to_string(stanza_rate_)}});
}

}  // namespace portcullis::relay
