#include "proxy/relay/bridge.h"

#include <algorithm>
#include <utility>

#include "policy/decide/remote_policy.h"
#include "proxy/net/proxy_protocol.h"
#include "proxy/relay/leg_profiles.h"

namespace portcullis::relay {
namespace {

using telemetry::End;

StreamRecord::RuleOf rule_of(SnapshotPtr snapshot, const Scheduler& clock) {
  return [snapshot = std::move(snapshot), &clock](const DomainName& remote) {
    return std::string(
        policy::remote_policy(snapshot->config(), remote, clock.wall_clock()).pattern);
  };
}

End ended_by(const LegEnd& end) {
  return end.side() == Side::kWan ? End::kPeer : End::kBackend;
}

bool is_an_end(const session::FarEvent& event) {
  return std::holds_alternative<session::FarFailed>(event) ||
         std::holds_alternative<session::FarEnded>(event) ||
         std::holds_alternative<session::FarLost>(event);
}

// Whether both ends are there, and the stream was not ended yet.
bool is_whole(const LegEnd& near, const LegEnd* far) {
  return far != nullptr && !near.transport().closing();
}

void tell(LegEnd& end, session::FarEvent event) {
  std::visit([&](auto& e) { end.dispatch(std::move(e)); }, event);
}

}  // namespace

Bridge::Bridge(Services services, SnapshotPtr snapshot, Accepted accepted,
               const MakeTransport& make_near, std::function<void(std::uint64_t)> on_gone)
    : services_(services),
      plan_(plan_of(accepted.kind)),
      number_(accepted.number),
      record_(services.metrics, services.log, plan_, accepted.id, accepted.entry,
              services.scheduler.now(), rule_of(snapshot, services.scheduler)),
      far_record_({services.metrics, services.log, services.backends, services.scheduler}, plan_,
                  accepted.id),
      budget_(services.scheduler, services.held, plan_, record_, std::move(accepted.admission),
              snapshot->config().limits.stanza_rate,
              {[this] { return queued(); }, [this] { shed(); }}),
      gate_(plan_, std::move(snapshot), services.scheduler, record_, far_record_),
      dialer_(services.scheduler, services.network, plan_, gate_.snapshot()->dial_rules(),
              far_record_, *this),
      on_gone_(std::move(on_gone)),
      watch_(services.scheduler, gate_.config().limits.idle,
             {[this] { return queued(); }, [this] { return budget_.peer_is_too_slow(); },
              [this](StreamWatch::Over over) { on_over(over); }}) {
  const auto& limits = gate_.config().limits;
  near_ = std::make_unique<LegEnd>(
      services_.scheduler, LegRoles{gate_, record_, *this, budget_}, services_.scratch,
      near_leg(plan_, accepted.entry, gate_.snapshot(), services_.scheduler),
      leg_settings(plan_, Place::kNear, limits, limits.before_tls), make_near);
}

Bridge::~Bridge() = default;

LegEnd* Bridge::other(const LegEnd& end) {
  if (&end == near_.get()) return dialer_.leg();
  return &end == dialer_.leg() ? near_.get() : nullptr;
}

// ---- Opening

void Bridge::open_far(LegEnd& end, session::OpenFarLeg action) {
  if (end.place() != Place::kNear) return;
  const bool asks_first = plan_.calls_peer() && action.approach == session::Approach::kObserve;
  gate_.want(std::move(action));
  const auto& wanted = gate_.wanted();
  if (auto refusal = budget_.join(wanted.remote, gate_.standing().certified()))
    return near_->dispatch(session::FarFailed{std::move(*refusal), {}});
  const auto& config = gate_.config();
  const auto budget = config.limits.*plan_.reach;
  if (plan_.calls_peer()) {
    if (auto refusal = asks_first ? gate_.refuses_call() : std::nullopt)
      return near_->dispatch(session::FarFailed{std::move(*refusal), {}});
    auto place = services_.dials.take(*wanted.remote, config.limits);
    if (place) return dialer_.find_peer(*wanted.remote, budget, std::move(place));
    budget_.hit(telemetry::Limit::kDials);
    return near_->dispatch(session::FarFailed{policy::refuse(policy::Reason::kDialLimit), {}});
  }
  const auto& host = *config.host_for(wanted.local);
  const auto& endpoint = host.backend.*plan_.backend;
  if (endpoint)
    dialer_.find_backend(host.domain, *endpoint, budget);
  else
    near_->dispatch(session::FarFailed{
        policy::refuse(policy::Reason::kHostUnknown, {{"domain", wanted.local.a_label()}}), {}});
}

std::unique_ptr<LegEnd> Bridge::make_far(const Dial::Attempt& attempt) {
  const auto& wanted = gate_.wanted();
  const auto& config = gate_.config();
  gate_.begin_attempt(attempt.entry);
  if (plan_.calls_peer()) record_.set_peer(attempt.target.address());
  auto far = std::make_unique<LegEnd>(services_.scheduler, LegRoles{gate_, record_, *this, budget_},
                                      services_.scratch, far_leg(plan_, config, wanted, attempt),
                                      leg_settings(plan_, Place::kFar, config.limits, attempt.time),
                                      services_.network.connect(attempt.target));
  if (!plan_.between_servers) {
    const auto protocol = config.host_for(wanted.local)->backend.c2s_proxy_protocol;
    if (protocol != policy::ProxyProtocol::kOff)
      far->transport().send(
          net::write_proxy_header(protocol, near_->transport().peer(), near_->transport().local()));
  }
  return far;
}

void Bridge::on_unreachable(DialFailure failure) {
  session::FarFailed far{std::move(failure.refusal), {}};
  if (plan_.calls_peer()) {
    if (failure.spoke_xmpp)
      far.refusal = policy::for_our_users(std::move(far.refusal));
    else
      far.told = policy::unreached_for_our_users();
  }
  near_->dispatch(std::move(far));
}

void Bridge::drop_far(LegEnd& end) {
  if (end.place() == Place::kNear) dialer_.drop();
}

// ---- What one end means for the other

void Bridge::to_far(LegEnd& end, session::FarEvent event) {
  // The end began on the leg that reports it. The other leg only follows.
  if (is_an_end(event) && record_.is_established()) {
    const auto* const failed = std::get_if<session::FarFailed>(&event);
    record_.ending(ended_by(end), failed ? std::string(policy::id(failed->refusal.reason)) : "");
  }
  if (end.place() == Place::kNear) {
    if (auto* const far = dialer_.leg())
      tell(*far, std::move(event));
    else
      dialer_.give_up();
  } else if (&end == dialer_.leg()) {  // else it is a late event of an attempt that was given up
    from_far(std::move(event));
  }
}

void Bridge::from_far(session::FarEvent event) {
  auto* const failed = std::get_if<session::FarFailed>(&event);
  if (failed != nullptr && !dialer_.reached()) return dialer_.fail(std::move(failed->refusal));
  if (std::holds_alternative<session::FarAuthenticated>(event)) gate_.standing().authenticate();
  dialer_.reach();
  tell(*near_, std::move(event));
}

void Bridge::on_relaying(LegEnd& /*end*/) {
  const auto* const far = dialer_.leg();
  if (!near_->relaying() || far == nullptr || !far->relaying()) return;
  dialer_.finish();
  gate_.settle();
  record_.established(gate_.standing().outcome());
  watch_.start(gate_.standing().expires());
  // A newer generation came while the stream was negotiated, so the stream is judged again.
  if (newest_)
    services_.scheduler.defer([this, alive = std::weak_ptr<const bool>(alive_)] {
      if (!alive.expired()) rejudge(newest_);
    });
}

void Bridge::on_accepted_bytes(LegEnd& end, std::string_view bytes) {
  LegEnd* const target = other(end);
  if (target == nullptr || target->transport().closing()) return;
  target->transport().send(bytes);
  record_.count(target->side() == Side::kBackend, bytes.size());
  watch_.moved();
  if (target->transport().queued() > gate_.config().limits.buffer_bytes) budget_.hold_back(end);
}

void Bridge::on_written(LegEnd& end) {
  LegEnd* const reader = other(end);
  if (reader != nullptr && reader->transport().paused() &&
      end.transport().queued() <= gate_.config().limits.buffer_bytes / 2)
    budget_.let_go_on(*reader);
}

// ---- An established stream

std::size_t Bridge::queued() const {
  const auto* const far = dialer_.leg();
  return near_->transport().queued() + (far != nullptr ? far->transport().queued() : 0);
}

void Bridge::on_over(StreamWatch::Over over) {
  if (over == StreamWatch::Over::kExpired) {
    // RFC 6120 section 13.7.2.3: a peer whose certificate has expired connects again with its new
    // one, or it is told then why it is refused. One that lived by an exception has no new one.
    if (gate_.standing().excepted()) return review(" (its exception is over)", "policy-violation");
    return review("", "reset");
  }
  if (over == StreamWatch::Over::kSlow) {
    if (is_whole(*near_, dialer_.leg()))
      wan().dispatch(session::InputRefused{budget_.too_slow(wan()), {}});
    return;
  }
  const bool stalled = over == StreamWatch::Over::kStalled;
  record_.ending(End::kIdle, stalled ? "what was sent is not taken" : "");
  near_->dispatch(session::DeadlineExpired{});
}

void Bridge::shed() {
  if (record_.is_established() && is_whole(*near_, dialer_.leg()) && budget_.must_end())
    wan().dispatch(session::InputRefused{budget_.too_much(wan()), {}});
}

void Bridge::rejudge(SnapshotPtr newer) {
  newest_ = std::move(newer);
  if (record_.is_established()) review(" (judged again)", "policy-violation");
}

void Bridge::review(std::string_view occasion, std::string_view condition) {
  if (!is_whole(*near_, dialer_.leg())) return;
  const auto found = gate_.review(newest_ ? *newest_ : *gate_.snapshot(), *near_, *dialer_.leg());
  if (!found.lost) return watch_.change(found.expires);
  const auto& lost = *found.lost;
  record_.ending(End::kError, std::string(policy::id(lost.reason)).append(occasion));
  // What is about this installation has changed; the peer is not to blame and may come again.
  if (policy::is_about_us(lost.reason)) condition = "reset";
  wan().dispatch(session::InputRefused{policy::for_strangers(lost), std::string(condition)});
}

// ---- Ending

void Bridge::shut_down() {
  record_.ending(End::kDrain, "");
  near_->dispatch(session::ShutdownRequested{});
  if (auto* const far = dialer_.leg()) far->dispatch(session::ShutdownRequested{});
}

void Bridge::abort() {
  record_.ending(End::kDrain, "the drain deadline is over");
  dialer_.abort();
  near_->transport().abort();
}

void Bridge::on_closing(LegEnd& end, const std::string& why) {
  if (other(end) != nullptr || &end == near_.get()) record_.ending(ended_by(end), why);
  if (end.place() != Place::kNear) return;
  dialer_.give_up();
  // If too many refused connections read why, this one is closed without waiting.
  if (budget_.leave()) return;
  services_.scheduler.defer([this, alive = std::weak_ptr<const bool>(alive_)] {
    if (!alive.expired()) near_->transport().abort();
  });
}

void Bridge::on_end_gone(LegEnd& end) {
  auto* const far = dialer_.leg();
  if (end.place() == Place::kNear && far != nullptr && !far->transport().closing())
    far->transport().abort();
  if (std::exchange(check_pending_, true)) return;
  services_.scheduler.defer([this] { check_gone(); });
}

void Bridge::check_gone() {
  check_pending_ = false;
  const bool near_is_gone = near_->transport().gone();
  if (!dialer_.sweep(near_is_gone) || !near_is_gone) return;
  record_.gone(services_.scheduler.now());
  const auto on_gone = std::move(on_gone_);
  on_gone(number_);  // destroys this
}

}  // namespace portcullis::relay
