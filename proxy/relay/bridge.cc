#include "proxy/relay/bridge.h"

#include <algorithm>
#include <utility>

#include "certs/x509/certificate_text.h"
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
      gate_(plan_, std::move(snapshot), services.scheduler, record_, far_record_),
      dialer_(services.scheduler, services.network, plan_, gate_.snapshot()->dial_rules(),
              far_record_, *this),
      on_gone_(std::move(on_gone)),
      limits_(std::move(accepted.limits)),
      total_place_(std::move(accepted.place)),
      watch_(services.scheduler, gate_.config().limits.idle,
             {[this] { return queued(); }, [this](StreamWatch::Over over) { on_over(over); }}) {
  const auto& limits = gate_.config().limits;
  near_ = std::make_unique<LegEnd>(
      services_.scheduler, LegRoles{gate_, record_, *this}, services_.scratch,
      near_leg(plan_, accepted.entry, gate_.snapshot(), services_.scheduler),
      leg_settings(plan_, Place::kNear, limits, limits.before_tls), make_near);
}

Bridge::~Bridge() = default;

LegEnd* Bridge::other(const LegEnd& end) {
  if (&end == near_.get()) return dialer_.leg();
  return &end == dialer_.leg() ? near_.get() : nullptr;
}

// ---- Opening

std::optional<policy::Refusal> Bridge::on_open(LegEnd& end) {
  if (end.place() != Place::kNear || end.side() == Side::kBackend) return std::nullopt;
  const auto& peer = end.transport().peer();
  record_.set_peer(peer);
  auto place = limits_->take(peer);
  if (!place) {
    record_.limit_hit(place.error());
    return policy::refuse(policy::Reason::kRateLimited);
  }
  address_place_ = std::move(*place);
  return std::nullopt;
}

void Bridge::open_far(LegEnd& end, session::OpenFarLeg action) {
  if (end.place() != Place::kNear) return;
  const bool asks_first = plan_.calls_peer() && action.approach == session::Approach::kObserve;
  gate_.want(std::move(action));
  const auto& wanted = gate_.wanted();
  const auto& config = gate_.config();
  const auto budget = config.limits.*plan_.reach;
  if (plan_.calls_peer()) {
    if (auto refusal = asks_first ? gate_.refuses_call() : std::nullopt)
      return near_->dispatch(session::FarFailed{std::move(*refusal), {}});
    auto place = services_.dials.take(*wanted.remote, config.limits);
    if (place) return dialer_.find_peer(*wanted.remote, budget, std::move(place));
    record_.limit_hit(telemetry::Limit::kDials);
    return near_->dispatch(session::FarFailed{policy::refuse(policy::Reason::kDialLimit), {}});
  }
  const auto& host = *config.host_for(wanted.local);
  const auto& endpoint = host.backend.*plan_.backend;
  if (endpoint)
    dialer_.find_backend(host.domain, *endpoint, budget);
  else
    near_->dispatch(session::FarFailed{
        policy::refuse(policy::Reason::kHostUnknown, {{"domain", wanted.local.text()}}), {}});
}

std::unique_ptr<LegEnd> Bridge::make_far(const Dial::Attempt& attempt) {
  const auto& wanted = gate_.wanted();
  const auto& config = gate_.config();
  gate_.begin_attempt(attempt.entry);
  if (plan_.calls_peer()) record_.set_peer(attempt.target.address());
  auto far =
      std::make_unique<LegEnd>(services_.scheduler, LegRoles{gate_, record_, *this},
                               services_.scratch, far_leg(plan_, config.limits, wanted, attempt),
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
  if (target->transport().queued() > gate_.config().limits.buffer_bytes)
    end.transport().pause_reading();
}

void Bridge::on_written(LegEnd& end) {
  LegEnd* const reader = other(end);
  if (reader != nullptr && reader->transport().paused() &&
      end.transport().queued() <= gate_.config().limits.buffer_bytes / 2)
    reader->transport().resume_reading();
}

// ---- An established stream

std::size_t Bridge::queued() const {
  const auto* const far = dialer_.leg();
  return near_->transport().queued() + (far != nullptr ? far->transport().queued() : 0);
}

void Bridge::on_over(StreamWatch::Over over) {
  if (over == StreamWatch::Over::kExpired) {
    // RFC 6120 section 13.7.2.3: the peer connects again with its new certificate, or it is told
    // then why it is refused.
    const auto refusal = policy::refuse(policy::Reason::kExpired,
                                        {{"date", certs::minute_text(gate_.standing().expires())}});
    return refuse_established(policy::with_help(gate_.config(), refusal),
                              std::string(policy::id(refusal.reason)), "reset");
  }
  const bool stalled = over == StreamWatch::Over::kStalled;
  record_.ending(End::kIdle, stalled ? "what was sent is not taken" : "");
  near_->dispatch(session::DeadlineExpired{});
}

void Bridge::rejudge(SnapshotPtr newer) {
  newest_ = std::move(newer);
  if (!record_.is_established() || dialer_.leg() == nullptr || near_->transport().closing()) return;
  const auto review = gate_.standing().review(*newest_, gate_.pair(), gate_.evidence_of(wan()),
                                              services_.scheduler.wall_clock());
  if (review.lost) {
    refuse_established(*review.lost,
                       std::string(policy::id(review.lost->reason)) + " (judged again)",
                       "policy-violation");
    return;
  }
  gate_.standing().adopt(review);
  watch_.change(review.expires);
}

void Bridge::refuse_established(const policy::Refusal& refusal, std::string why,
                                std::string condition) {
  record_.ending(End::kError, std::move(why));
  wan().dispatch(session::InputRefused{refusal, std::move(condition)});
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
  if (end.place() == Place::kNear) dialer_.give_up();
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
