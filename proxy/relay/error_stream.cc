#include "proxy/relay/error_stream.h"

#include <optional>
#include <utility>
#include <variant>

#include "proxy/net/proxy_protocol.h"
#include "proxy/relay/far_events.h"
#include "proxy/relay/leg_profiles.h"

namespace portcullis::relay {
namespace {

// No callback tells that the other kernel has acknowledged something.
constexpr std::chrono::milliseconds kLook{50};

// Toward the backend it is an inbound stream, toward a peer an outgoing one.
const StreamPlan& plan_to(Side side) {
  return plan_of(side == Side::kBackend ? StreamKind::kS2sInbound : StreamKind::kS2sOutbound);
}

// No other server has called: the stream is our own.
void introduce_ourselves(Transport& backend, policy::ProxyProtocol protocol) {
  if (protocol != policy::ProxyProtocol::kOff)
    backend.send(net::write_proxy_header(protocol, backend.local(), backend.peer()));
}

}  // namespace

ErrorStream::ErrorStream(const ErrorStreamServices& services, SnapshotPtr snapshot, ErrorPair pair,
                         ErrorStreamGate::Leaf leaf,
                         std::function<void(const ErrorStream&)> on_over)
    : services_(services),
      plan_(plan_to(pair.to)),
      started_(services.scheduler.now()),
      record_({services.metrics, services.log, services.backends, services.scheduler}, plan_,
              services.ids.text(services.ids.next())),
      books_(services.metrics, services.hits, services.scheduler, plan_.kind),
      gate_(std::move(snapshot), services.scheduler, record_, std::move(pair), std::move(leaf)),
      dialer_(services.scheduler, services.network, plan_, gate_.snapshot().dial_rules(), record_,
              *this),
      on_over_(std::move(on_over)),
      time_(services.scheduler.make_timer([this] { on_time_over(); })),
      look_(services.scheduler.make_timer([this] { look(); })) {
  const auto& config = gate_.snapshot().config();
  const auto budget = config.limits.*plan_.reach;
  time_->start(kLongest);
  if (plan_.calls_peer()) {
    // It has no places among the calls that bridges make: our owner bounds how many there are. So
    // it calls one address at a time.
    dialer_.find_peer(
        policy::peer_route(config, gate_.pair().remote, services.scheduler.wall_clock()), budget,
        {nullptr, [] { return DialLimits::Place(); }});
  } else {
    const auto& host = *config.host_for(gate_.pair().local);
    dialer_.find_backend(host.domain, *(host.backend.*plan_.backend), budget);
  }
}

bool ErrorStream::add(const std::string& stanza) {
  if (octets_ + stanza.size() > kMostOctets) return false;
  octets_ += stanza.size();
  ++stanzas_;
  auto* const leg = dialer_.leg();
  if (leg != nullptr && leg->relaying())
    leg->transport().send(stanza);
  else
    unsaid_ += stanza;
  return true;
}

void ErrorStream::abort(std::string why) {
  finish(std::move(why));
  dialer_.abort();
  sweep();
}

// ---- The leg

session::OpenFarLeg ErrorStream::wanted() const {
  const auto approach =
      plan_.calls_peer() ? approach_to_peer(gate_.snapshot().config(), pair().local, pair().remote)
                         : approach_to_backend(gate_.snapshot().config(), pair().local);
  return {pair().local, pair().remote, {}, approach};
}

std::unique_ptr<LegEnd> ErrorStream::make_far(const Dial::Attempt& attempt,
                                              const MakeTransport& make) {
  const auto& config = gate_.snapshot().config();
  gate_.begin_attempt(attempt.entry);
  auto settings = leg_settings(plan_, Place::kFar, config.limits, attempt.time);
  settings.patience = {};  // that with strangers: nobody waits for more of this stream
  auto far = std::make_unique<LegEnd>(
      services_.scheduler, LegRoles{gate_, books_, *this, books_, books_}, services_.scratch,
      far_leg(plan_, gate_.snapshot(), wanted(), attempt), settings, make);
  if (plan_.proxy_protocol != nullptr)
    introduce_ourselves(far->transport(),
                        config.host_for(pair().local)->backend.*plan_.proxy_protocol);
  return far;
}

void ErrorStream::on_unreachable(DialFailure failure) {
  if (failure.refusal.reason == policy::Reason::kOutOfDescriptors)
    services_.hits.hit(telemetry::Limit::kDescriptors, {{}, {}, plan_.kind},
                       services_.scheduler.now());
  finish(in_words(failure.refusal, pair()));
  sweep();
}

// What a far leg tells its bridge. Here we answer in place of the other leg, which there is none.
void ErrorStream::to_far(LegEnd& end, session::FarEvent event) {
  if (&end != dialer_.leg()) return;  // of an attempt that was given up
  if (std::holds_alternative<session::FarAuthenticated>(event)) {
    dialer_.reach();
    return end.dispatch(session::FarHeader{});
  }
  if (auto* const failed = std::get_if<session::FarFailed>(&event)) {
    if (is_the_backends_answer(*failed)) dialer_.hear_no();
    if (!dialer_.reached()) return dialer_.fail(std::move(failed->refusal));
    if (!acknowledged_ && why_.empty()) why_ = in_words(failed->refusal, pair());
    return this->end(end);
  }
  if (std::holds_alternative<session::FarEnded>(event)) this->end(end);
}

void ErrorStream::on_relaying(LegEnd& end) {
  dialer_.finish();
  end.transport().send(std::exchange(unsaid_, {}));
  look_->start(kLook);
  end.go_on();
}

bool ErrorStream::all_acknowledged() const {
  const auto* const leg = dialer_.leg();
  return leg != nullptr && leg->relaying() && leg->transport().outgoing().delivery().waiting() == 0;
}

void ErrorStream::look() {
  auto* const leg = dialer_.leg();
  if (leg == nullptr || done_ || ending_) return;
  if (!all_acknowledged()) return look_->start(kLook);
  acknowledged_ = true;
  end(*leg);
}

void ErrorStream::end(LegEnd& leg) {
  if (std::exchange(ending_, true)) return;
  look_->stop();
  time_->start(kFarewell);
  leg.dispatch(session::FarEnded{});
}

// ---- Its end

void ErrorStream::on_time_over() {
  auto* const leg = dialer_.leg();
  if (ending_ && leg != nullptr) return leg->dispatch(session::DeadlineExpired{});
  abort("it took too long");
}

void ErrorStream::on_end_gone(LegEnd& end) {
  if (&end == dialer_.leg()) {
    const bool lost = why_.empty() && !acknowledged_ && !all_acknowledged();
    finish(lost ? "the connection was lost" : why_);
  }
  sweep();
}

void ErrorStream::finish(std::string why) {
  if (std::exchange(done_, true)) return;
  time_->stop();
  look_->stop();
  why_ = acknowledged_ ? std::string() : std::move(why);
  unsaid_ = {};
}

void ErrorStream::sweep() {
  services_.scheduler.defer([this, alive = std::weak_ptr<const bool>(alive_)] {
    if (alive.expired() || !dialer_.sweep(done_) || !done_) return;
    const auto on_over = std::move(on_over_);
    on_over(*this);  // may destroy this
  });
}

}  // namespace portcullis::relay
