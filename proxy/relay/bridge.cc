#include "proxy/relay/bridge.h"

#include <algorithm>
#include <utility>

namespace portcullis::relay {
namespace {

using telemetry::Metrics;

// How often an established bridge is looked after.
constexpr std::chrono::seconds kWatch{30};

}  // namespace

Bridge::Bridge(Services services, SnapshotPtr snapshot, Accepted accepted,
               const MakeTransport& make_near, std::function<void(std::uint64_t)> on_gone)
    : services_(services),
      snapshot_(std::move(snapshot)),
      record_(services.metrics, services.log, accepted.id, accepted.kind, accepted.entry,
              services.scheduler.now()),
      on_gone_(std::move(on_gone)),
      limits_(std::move(accepted.limits)),
      total_place_(std::move(accepted.place)),
      last_byte_(services.scheduler.now()) {
  near_ = std::make_unique<LegEnd>(services_.scheduler, static_cast<LegEnd::Owner&>(*this),
                                   services_.scratch, near_leg(),
                                   settings(config().limits.before_tls), make_near);
}

Bridge::~Bridge() = default;

LegEnd::Settings Bridge::settings(std::chrono::milliseconds first_deadline) const {
  const auto& limits = config().limits;
  xmpp::ReaderLimits reader;
  reader.header_bytes = std::min<std::size_t>(limits.negotiation_bytes, 4096);
  reader.element_bytes = limits.negotiation_bytes;
  reader.depth = limits.depth;
  reader.attributes = limits.attributes;
  return {reader, first_deadline};
}

void Bridge::shut_down() {
  record_.ending(Metrics::End::kDrain, "");
  near_->dispatch(session::ShutdownRequested{});
  if (far_) far_->dispatch(session::ShutdownRequested{});
}

void Bridge::abort() {
  record_.ending(Metrics::End::kDrain, "the drain deadline is over");
  give_up_far();
  if (far_) far_->transport().abort();
  for (const auto& end : closing_) end->transport().abort();
  near_->transport().abort();
}

LegEnd* Bridge::other(const LegEnd& end) {
  if (is_near(end)) return far_.get();
  return &end == far_.get() ? near_.get() : nullptr;
}

Side Bridge::side(const LegEnd& end) const {
  const bool outbound = record_.kind() == StreamKind::kS2sOutbound;
  return is_near(end) == outbound ? Side::kBackend : Side::kWan;
}

std::optional<policy::Refusal> Bridge::on_open(LegEnd& end) {
  if (!is_near(end) || side(end) == Side::kBackend) return std::nullopt;
  const auto& peer = end.transport().peer();
  record_.set_peer(peer.text());
  auto place = limits_->take(peer.limit_key());
  if (!place) {
    record_.metrics().limit_hit(Metrics::Limit::kConnectionsPerAddress);
    return policy::refuse(policy::Reason::kRateLimited);
  }
  address_place_ = std::move(*place);
  return std::nullopt;
}

void Bridge::on_header(LegEnd& end, const xmpp::StreamHeader& header) {
  if (!is_near(end) || record_.is_established()) return;
  record_.set_pair(policy::printable(header.from.value_or("")),
                   policy::printable(header.to.value_or("")));
  if (record_.kind() == StreamKind::kC2s) return;
  const auto& claimed = record_.kind() == StreamKind::kS2sInbound ? header.from : header.to;
  if (!claimed) return;
  if (const auto remote = DomainName::parse(*claimed)) note_rule(*remote);
}

// The leg that tells of the end is the one where it began; the other only follows.
void Bridge::note_end(const LegEnd& end, const session::FarEvent& event) {
  const auto* failed = std::get_if<session::FarFailed>(&event);
  const bool ended = failed || std::holds_alternative<session::FarEnded>(event) ||
                     std::holds_alternative<session::FarLost>(event);
  if (!ended || !record_.is_established()) return;
  record_.ending(side(end) == Side::kWan ? Metrics::End::kPeer : Metrics::End::kBackend,
                 failed ? std::string(policy::id(failed->refusal.reason)) : std::string());
}

void Bridge::to_far(LegEnd& end, session::FarEvent event) {
  note_end(end, event);
  if (is_near(end)) {
    if (far_)
      std::visit([&](auto& e) { far_->dispatch(std::move(e)); }, event);
    else
      give_up_far();
    return;
  }
  if (&end != far_.get()) return;  // the echo of an attempt that was given up
  if (auto* failed = std::get_if<session::FarFailed>(&event); failed && !far_ready_) {
    far_failed(std::move(failed->refusal));
    return;
  }
  if (std::holds_alternative<session::FarAuthenticated>(event)) authenticated_ = true;
  if (!far_ready_) {
    far_ready_ = true;
    attempt_timer_.reset();
    if (side(end) == Side::kBackend) record_.metrics().backend_connection(record_.kind(), true);
  }
  std::visit([&](auto& e) { near_->dispatch(std::move(e)); }, event);
}

void Bridge::on_relaying(LegEnd&) {
  if (!near_->relaying() || !far_ || !far_->relaying()) return;
  lookup_.reset();
  dial_.reset();
  record_.established(outcome());
  last_byte_ = services_.scheduler.now();
  watch_ = services_.scheduler.make_timer([this] { watch(); });
  watch_->start(until_next_watch());
  // It was negotiated under a generation that is no longer the newest.
  if (newest_)
    services_.scheduler.defer([this, alive = std::weak_ptr<const bool>(alive_)] {
      if (!alive.expired()) rejudge(newest_);
    });
}

std::chrono::milliseconds Bridge::until_next_watch() const {
  using std::chrono::seconds;
  // Whole seconds, and the bound before anything finer: a chain without an end is at the end of
  // time, which no milliseconds can hold.
  const seconds left = std::clamp(expires_ - services_.scheduler.wall_clock(), seconds(0), kWatch);
  return std::min({std::chrono::milliseconds(left + seconds(1)), std::chrono::milliseconds(kWatch),
                   config().limits.idle});
}

void Bridge::on_accepted_bytes(LegEnd& end, std::string_view bytes) {
  LegEnd* const target = other(end);
  if (target == nullptr || target->transport().closing()) return;
  target->transport().send(bytes);
  record_.count(side(*target) == Side::kBackend, bytes.size());
  last_byte_ = services_.scheduler.now();
  if (target->transport().queued() > config().limits.buffer_bytes) end.transport().pause_reading();
}

void Bridge::on_guard_fault(LegEnd& end, policy::Reason reason) {
  record_.metrics().stanza_rejected(record_.kind(), reason);
  record_.ending(Metrics::End::kError, std::string(policy::id(reason)) +
                                           (side(end) == Side::kWan ? " (peer)" : " (backend)"));
}

void Bridge::on_refused(LegEnd& end, const policy::Refusal& refusal) {
  if (is_near(end)) record_.refused(refusal);
}

void Bridge::on_closing(LegEnd& end, const std::string& why) {
  if (is_near(end) || &end == far_.get())
    record_.ending(side(end) == Side::kWan ? Metrics::End::kPeer : Metrics::End::kBackend, why);
  if (is_near(end)) give_up_far();
}

void Bridge::on_written(LegEnd& end) {
  LegEnd* const reader = other(end);
  if (reader != nullptr && reader->transport().paused() &&
      end.transport().queued() <= config().limits.buffer_bytes / 2)
    reader->transport().resume_reading();
}

// Ends a bridge on which no byte moved for the idle time, or whose queued bytes nobody takes.
void Bridge::watch() {
  if (services_.scheduler.wall_clock() > expires_) return close_expired();
  const auto now = services_.scheduler.now();
  const std::size_t queued = near_->transport().queued() + (far_ ? far_->transport().queued() : 0);
  const bool stalled = queued > 0 && queued == stalled_bytes_;
  stalled_bytes_ = queued;
  if (!stalled && now - last_byte_ < config().limits.idle) {
    watch_->start(until_next_watch());
    return;
  }
  record_.ending(Metrics::End::kIdle, stalled ? "what was sent is not taken" : "");
  near_->dispatch(session::DeadlineExpired{});
}

void Bridge::on_end_gone(LegEnd& end) {
  if (is_near(end) && far_ && !far_->transport().closing()) far_->transport().abort();
  if (check_pending_) return;
  check_pending_ = true;
  services_.scheduler.defer([this] { check_gone(); });
}

void Bridge::check_gone() {
  check_pending_ = false;
  std::erase_if(closing_, [](const auto& end) { return end->transport().gone(); });
  if (far_ && far_->transport().gone() && near_->transport().gone()) far_.reset();
  if (far_ || !closing_.empty() || !near_->transport().gone()) return;
  record_.gone(services_.scheduler.now());
  const auto on_gone = std::move(on_gone_);
  on_gone(record_.id());  // destroys this
}

}  // namespace portcullis::relay
