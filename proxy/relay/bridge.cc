#include "proxy/relay/bridge.h"

#include <new>
#include <utility>

#include "proxy/relay/far_events.h"
#include "proxy/relay/leg_profiles.h"
#include "proxy/relay/rule_of.h"

namespace portcullis::relay {

using telemetry::End;

Bridge::Bridge(Services services, SnapshotPtr snapshot, Accepted accepted,
               const MakeTransport& make_near, std::function<void(std::uint64_t)> on_gone)
    : services_(services),
      plan_(plan_of(accepted.kind)),
      number_(accepted.number),
      record_({services.metrics, services.log, services.clock, services.scheduler}, plan_,
              accepted.id, accepted.entry, rule_of(snapshot, services.scheduler)),
      far_record_({services.metrics, services.log, services.backends, services.scheduler}, plan_,
                  accepted.id),
      budget_(services.scheduler, services.held, plan_, record_, std::move(accepted.admission),
              snapshot->config().limits.stanza_rate,
              {[this] { return ends_.queued() + ends_.kept(); }, [this] { mind_memory(); }}),
      gate_(plan_, std::move(snapshot), services.scheduler, record_, far_record_, budget_),
      dialer_(services.scheduler, services.network, plan_, gate_.snapshot()->dial_rules(),
              far_record_, *this),
      on_gone_(std::move(on_gone)),
      ends_(dialer_),
      bounces_(plan_, gate_, record_.passed_on(), ends_, services.notices),
      watch_(services.scheduler, StreamWatch::Times::of(gate_.config().limits),
             {[this] {
                const auto all = ends_.deliveries();
                budget_.on_queue(ends_.near());  // less may be kept now
                return all;
              },
              [this] { return budget_.peer_is_too_slow(); },
              [this](StreamWatch::Over over) { on_over(over); }}),
      operators_(number_, {services.scheduler, plan_, record_, gate_, ends_, watch_}) {
  const auto& limits = gate_.config().limits;
  ends_.set_near(std::make_unique<LegEnd>(
      services_.scheduler, LegRoles{gate_, record_, *this, budget_, bounces_}, services_.scratch,
      near_leg(plan_, accepted.entry, gate_.snapshot(), services_.scheduler, budget_.attempts()),
      leg_settings(plan_, Place::kNear, limits, limits.before_tls), make_near));
}

Bridge::~Bridge() = default;

// ---- Opening

void Bridge::open_far(LegEnd& end, session::OpenFarLeg action) {
  if (end.place() != Place::kNear) return;
  gate_.want(std::move(action), end.transport().tls_facts().served_leaf);
  const auto& wanted = gate_.wanted();
  if (auto refusal = budget_.join(wanted.remote, gate_.standing().certified()))
    return tell_near(ends_.near(), gate_, {std::move(*refusal), {}});
  const auto& config = gate_.config();
  const auto budget = time_to_reach(plan_, *gate_.far_plan(), config, gate_.pair().local);
  if (auto refusal = gate_.refuses_call())
    return tell_near(ends_.near(), gate_, {std::move(*refusal), {}});
  // A stream of dialback may wait for hours before it has something to say.
  if (auto refusal = forbidden_by(newest_, gate_.pair(), services_.scheduler.wall_clock()))
    return tell_near(ends_.near(), gate_, {std::move(*refusal), {}});
  if (gate_.far_plan()->calls_peer()) {
    auto places = services_.dials.places(*wanted.remote, config.limits);
    if (places.first) return dialer_.find_peer(gate_.route(), budget, std::move(places));
    budget_.hit(telemetry::Limit::kDials);
    return tell_near(ends_.near(), gate_, {policy::refuse(policy::Reason::kDialLimit), {}});
  }
  const auto& host = *config.host_for(wanted.local);
  dialer_.find_backend(host.domain, *(host.backend.*gate_.far_plan()->backend), budget);
}

std::unique_ptr<LegEnd> Bridge::make_far(const Dial::Attempt& attempt, const MakeTransport& make) {
  const auto& wanted = gate_.wanted();
  const auto& config = gate_.config();
  const auto& plan = *gate_.far_plan();
  gate_.begin_attempt(attempt.entry);
  if (plan_.calls_peer()) record_.set_called(attempt);  // a peer, or another backend of ours
  auto far = std::make_unique<LegEnd>(
      services_.scheduler, LegRoles{gate_, record_, *this, budget_, bounces_}, services_.scratch,
      far_leg(plan, *gate_.snapshot(), wanted, attempt),
      leg_settings(plan, Place::kFar, config.limits, attempt.time), make);
  if (const auto* const host = config.host_for(wanted.local))
    ends_.introduce(*far, plan, host->backend);
  return far;
}

void Bridge::on_unreachable(DialFailure failure) {
  record_.set_phase(failure.phase);
  if (failure.refusal.reason == policy::Reason::kOutOfDescriptors)
    budget_.hit(telemetry::Limit::kDescriptors);
  tell_near(ends_.near(), gate_, unreachable(std::move(failure), gate_.far_plan()->calls_peer()));
}

// ---- What one end means for the other

void Bridge::to_far(LegEnd& end, session::FarEvent event) {
  // The end began on the leg that reports it. The other leg only follows.
  if (session::is_an_end(event) && record_.facts().established) {
    record_end(event, end, gate_, {record_, far_record_});
    watch_.ends();
  }
  if (end.place() == Place::kNear) {
    if (auto* const far = ends_.far())
      tell(*far, std::move(event));
    else
      dialer_.give_up();
  } else if (&end == ends_.far()) {  // else it is a late event of an attempt that was given up
    from_far(std::move(event));
  }
}

void Bridge::from_far(session::FarEvent event) {
  auto* const failed = std::get_if<session::FarFailed>(&event);
  if (failed != nullptr && !dialer_.reached() && !is_the_backends_answer(*failed))
    return dialer_.fail(beside_our_own(gate_, std::move(failed->refusal)),
                        gate_.shared().may_try_any());
  if (const auto* const accepted = std::get_if<session::FarAuthenticated>(&event))
    gate_.standing().authenticate(accepted->by_dialback && gate_.far_plan()->calls_peer());
  failed != nullptr ? dialer_.hear_no() : dialer_.reach();
  if (failed != nullptr) return tell_near(ends_.near(), gate_, std::move(*failed));
  tell(ends_.near(), std::move(event));
}

void Bridge::on_relaying(LegEnd& /*end*/) {
  if (!ends_.relay()) return;
  dialer_.finish();
  gate_.settle();
  budget_.established(!plan_.between_servers || gate_.standing().authenticated());
  record_.established(operators_.outcome());
  watch_.start(gate_.standing().expires());
  if (!newest_) return ends_.go_on();
  // A newer generation came meanwhile: the stream is judged again before anything passes.
  services_.scheduler.defer([this, alive = std::weak_ptr<const bool>(alive_)] {
    if (alive.expired()) return;
    rejudge(newest_, Changed::kEnds);
    ends_.go_on();
  });
}

void Bridge::on_accepted(LegEnd& end, const AcceptedBytes& accepted) {
  LegEnd* const target = ends_.other(end);
  if (accepted.late || !bounces_.takes_more(target)) return bounces_.dropped(end, accepted);
  ends_.pass(*target, accepted);
  record_.count(plan_.side(target->place()) == Side::kBackend, accepted.bytes.size());
  watch_.moved();
  if (target->transport().outgoing().queued() > gate_.config().limits.buffer_bytes)
    budget_.reading().hold_back(end);
}

void Bridge::on_written(LegEnd& end) {
  LegEnd* const reader = ends_.other(end);
  if (reader != nullptr && reader->transport().paused() &&
      end.transport().outgoing().queued() <= gate_.config().limits.buffer_bytes / 2)
    budget_.reading().let_go_on(*reader);
}

// ---- An established stream

void Bridge::on_over(StreamWatch::Over over) {
  using Over = StreamWatch::Over;
  switch (over) {
    case Over::kExpired:
      // RFC 6120 section 13.7.2.3: a peer whose certificate has expired connects again, and is told
      // then if it is refused. One that lived by an exception has no new one.
      if (gate_.standing().excepted())
        review(" (its exception is over)", "policy-violation");
      else
        review("", "reset");
      return;
    case Over::kSlow:
      if (ends_.whole())
        ends_.wan(plan_).dispatch(session::InputRefused{budget_.too_slow(ends_.wan(plan_)), {}});
      return;
    case Over::kNearStalled:
      return end_stalled(ends_.near(), record_, bounces_.managed());
    case Over::kFarStalled:
      return end_stalled(*ends_.far(), record_, bounces_.managed());
    case Over::kIdle:
      record_.ending(End::kIdle, "");
      return ends_.near().dispatch(session::DeadlineExpired{});
    case Over::kLingered:
      ends_.near().dispatch(session::DeadlineExpired{});
      if (auto* const far = ends_.far()) far->dispatch(session::DeadlineExpired{});
      return;
  }
}

void Bridge::mind_memory() {
  if (!record_.facts().established) return budget_.mind_newcomer(ends_.near());
  if (!ends_.whole() || !bounces_.takes_more(&ends_.near()) || !bounces_.takes_more(ends_.far())) {
    // It is being ended, and only waits for what is on its way.
    if (budget_.must_end()) return abort();
    return budget_.reading().go_on(ends_.near(), ends_.far());
  }
  if (!budget_.give_up()) return budget_.mind_memory(ends_.near(), *ends_.far());
  budget_.reading().go_on(ends_.near(), ends_.far());
  ends_.wan(plan_).dispatch(session::InputRefused{budget_.too_much(ends_.wan(plan_)), {}});
}

bool Bridge::rejudge(SnapshotPtr newer, Changed changed) {
  newest_ = std::move(newer);
  return record_.facts().established && review(" (judged again)", "policy-violation", changed);
}

bool Bridge::review(std::string_view occasion, std::string_view condition, Changed changed) {
  if (!ends_.whole()) return false;
  const auto found = gate_.review(newest_ ? newest_ : gate_.snapshot(), ends_.near(), *ends_.far());
  if (!found.lost) {
    watch_.change(found.known.expires);
    record_.judged_again(operators_.known());
    return false;
  }
  const auto& lost = *found.lost;
  if (lost.reason == policy::Reason::kBackendChanged && changed == Changed::kWaits) return true;
  record_.ending(End::kError, std::string(policy::id(lost.reason)).append(occasion));
  // What is about this installation has changed; the peer is not to blame and may come again.
  if (policy::is_about_us(lost.reason)) condition = "reset";
  // Both ends may be our own backends. The near one has asked, and reads what is wrong.
  if (gate_.far_plan().is_between_hosts())
    ends_.near().dispatch(session::InputRefused{lost, std::string(condition)});
  else
    ends_.wan(plan_).dispatch(
        session::InputRefused{policy::for_strangers(lost), std::string(condition)});
  return false;
}

// ---- Ending

// If both ends were told at once, what is on its way would be lost. So the near end is told first,
// and the far end when it has ended; what a server says to its client meanwhile is answered. With
// XEP-0198 both know what is missing, and the backend must see a lost connection.
void Bridge::shut_down() {
  record_.ending(End::kDrain, "");
  if (record_.facts().established && ends_.whole() && !bounces_.managed()) {
    watch_.ends();
    return ends_.near().dispatch(session::ShutdownRequested{.this_end_first = true});
  }
  ends_.near().dispatch(session::ShutdownRequested{});
  if (auto* const far = ends_.far()) far->dispatch(session::ShutdownRequested{});
}

void Bridge::abort() {
  record_.ending(End::kDrain, "the drain deadline is over");
  dialer_.abort();
  ends_.near().transport().abort();
}

void Bridge::give_up() noexcept {
  try {
    record_.ending(End::kError, std::string(policy::id(policy::Reason::kMemoryShort)));
    if (record_.facts().established) ends_.account_to(record_.passed_on());
    record_.gone(services_.scheduler.now());
  } catch (const std::bad_alloc&) {
    // Even the line in the log needs memory. The stream is counted when the record is destroyed.
  }
}

void Bridge::on_closing(LegEnd& end, const std::string& why) {
  if (ends_.other(end) != nullptr || &end == &ends_.near()) record_.ending(ended_by(end), why);
  auto* const other = ends_.other(end);
  if (other != nullptr && other->relaying()) other->dispatch(session::FarClosed{});
  if (end.place() != Place::kNear) return;
  dialer_.give_up();
  // If too many refused connections read why, this one is closed without waiting.
  if (budget_.leave()) return;
  services_.scheduler.defer([this, alive = std::weak_ptr<const bool>(alive_)] {
    if (!alive.expired()) ends_.near().transport().abort();
  });
}

void Bridge::on_end_gone(LegEnd& end) {
  bounces_.gone(end);
  auto* const far = ends_.far();
  if (end.place() == Place::kNear && far != nullptr && !far->transport().closing())
    far->transport().abort();
  if (std::exchange(check_pending_, true)) return;
  services_.scheduler.defer([this] { check_gone(); });
}

void Bridge::check_gone() {
  check_pending_ = false;
  const bool near_is_gone = ends_.near().transport().gone();
  if (!dialer_.sweep(near_is_gone) || !near_is_gone) return;
  record_.gone(services_.scheduler.now());
  const auto on_gone = std::move(on_gone_);
  on_gone(number_);  // destroys this
}

}  // namespace portcullis::relay
