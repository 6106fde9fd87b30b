#include "proxy/relay/stream_budget.h"

#include <string>
#include <utility>

#include "proxy/relay/leg_end.h"

namespace portcullis::relay {
namespace {

// How long a stream may be stopped in the middle of a stanza. If memory has not become free until
// then, those who hold the rest may be waiting in the same way.
constexpr std::chrono::seconds kStopped{10};

// What an element takes before its stream is established is a part of HeldShare::kNegotiating, if
// it is shorter.
constexpr std::size_t kWithinCost = std::size_t{16} * 1024;

}  // namespace

StreamBudget::StreamBudget(const Scheduler& clock, HeldBytes& held, const StreamPlan& plan,
                           StreamRecord& record, Admission admission, std::size_t stanza_rate,
                           Owner owner)
    : clock_(clock),
      plan_(plan),
      record_(record),
      admission_(std::move(admission)),
      share_(held),
      pace_(stanza_rate),
      reading_(clock, held, pace_),
      stanza_rate_(stanza_rate),
      owner_(std::move(owner)) {}

// ---- Places

std::optional<policy::Refusal> StreamBudget::on_open(LegEnd& end) {
  if (end.place() != Place::kNear) return std::nullopt;
  if (admission_.lacks_memory()) return policy::refuse(policy::Reason::kMemoryShort);
  if (admission_.has_run_out()) return policy::refuse(policy::Reason::kOutOfDescriptors);
  if (end.side() == Side::kBackend) return std::nullopt;
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
  return plan_.calls_peer() || record_.facts().established || admission_.linger(clock_.now());
}

void StreamBudget::charge(const LegEnd& end, double connections) {
  if (end.place() != Place::kNear || end.side() != Side::kWan || std::exchange(charged_, true))
    return;
  admission_.charge(connections, clock_.now());
}

// It counts as one more new connection: what is refused here has cost us as much. A handshake that
// fails for it is charged by its end as well, and only the first of the two counts.
void StreamBudget::on_limit(const LegEnd& end, telemetry::Limit limit) {
  admission_.hit(limit, end.transport().peer(), clock_.now());
  charge(end, 1);
}

session::AttemptCounter StreamBudget::attempts() {
  return {[this](session::Attempt attempt) { return admission_.may_try(attempt, clock_.now()); },
          [this] { admission_.login_failed(clock_.now()); }};
}

void StreamBudget::hit(telemetry::Limit limit) {
  admission_.hit(limit, net::SocketAddress(), clock_.now());
}

// ---- Memory and patience

void StreamBudget::established(bool trusted) {
  share_.established();
  if (trusted) share_.trust();
}

void StreamBudget::mind_memory(LegEnd& near, LegEnd& far) {
  if (reading_.is_stopped()) {
    if (share_.may_go_on()) reading_.go_on(near, &far);
  } else if (!over_ && share_.must_stop()) {
    reading_.stop(near, far);
  }
}

bool StreamBudget::give_up() {
  if (over_) return false;
  if (share_.give_up()) return true;
  // What is queued becomes less while the stream is stopped, an unfinished stanza does not.
  const bool is_stuck =
      reading_.stopped_for() >= kStopped && 2 * (held_[0] + held_[1]) >= share_.held();
  return is_stuck && share_.give_up_stopped();
}

void StreamBudget::on_held(const LegEnd& end, std::size_t came, std::size_t held) {
  held_[static_cast<std::size_t>(end.place())] = held;
  if (end.side() == Side::kWan) pace_.read(came, held, clock_.now());
  count();
}

void StreamBudget::on_unfinished(LegEnd& end, std::size_t held) {
  held_[static_cast<std::size_t>(end.place())] = held < kWithinCost ? 0 : held;
  share_.set(over_ ? 0 : held_[0] + held_[1]);
  mind_newcomer(end);
}

// A server of our own is not ended for what it says to a stranger.
void StreamBudget::mind_newcomer(LegEnd& end) {
  if (over_ || end.side() != Side::kWan || !share_.give_up_newcomer()) return;
  over_ = true;
  hit(telemetry::Limit::kHeldBytes);
  end.dispatch(session::InputRefused{policy::refuse(policy::Reason::kTooMuchHeld), {}});
}

void StreamBudget::on_queue(const LegEnd& /*end*/) {
  if (record_.facts().established) count();
}

// What a stream holds that is being ended for it is free within the two seconds of its last words.
// If it counted until then, others would be ended for it, too.
void StreamBudget::count() {
  share_.set(over_ ? 0 : held_[0] + held_[1] + owner_.queued());
  if (!over_ && (share_.must_end() || (!reading_.is_stopped() && share_.must_stop())))
    owner_.on_short();
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
