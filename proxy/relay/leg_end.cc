#include "proxy/relay/leg_end.h"

#include <limits>
#include <string>
#include <utility>

#include "proxy/relay/overloaded.h"
#include "proxy/xmpp/stream_header.h"

namespace portcullis::relay {
namespace {

// A handshake that fails counts as two new connections: it costs as much as one that succeeds, and
// nobody who wants to speak needs many of them.
constexpr double kFailedHandshake = 1;

// An end that holds more of an unfinished stanza when it is closed gives it back at once and is not
// heard any more: it may be closed because memory is short.
constexpr std::size_t kMostHeldLate = 4096;

bool only_whitespace(std::string_view bytes) {
  return bytes.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

// `clear`: TLS is still to come, unless this end has none.
std::unique_ptr<xmpp::StreamReader> new_reader(const LegEnd::Settings& settings, bool clear) {
  auto limits = settings.limits;
  if (clear && settings.clear_element_bytes != 0)
    limits.element_bytes = settings.clear_element_bytes;
  return std::make_unique<xmpp::StreamReader>(limits);
}

}  // namespace

LegEnd::LegEnd(Scheduler& scheduler, LegRoles roles, Scratch& scratch, Leg leg, Settings settings,
               const MakeTransport& make_transport)
    : scheduler_(scheduler),
      roles_(roles),
      scratch_(scratch),
      transport_(make_transport(*this)),
      leg_(std::move(leg)),
      settings_(settings),
      deadline_(scheduler.make_timer([this] { dispatch(session::DeadlineExpired{}); })),
      reader_(new_reader(settings, true)),
      input_(*transport_) {
  deadline_->start(settings_.first_deadline);
}

DialProgress LegEnd::progress() const {
  return {phase_, heard_header_ || !transport_->tls_facts().alpn.empty()};
}

void LegEnd::dispatch(session::Event event) {
  events_.push_back(std::move(event));
  if (dispatching_) return;
  dispatching_ = true;
  for (std::size_t i = 0; i < events_.size(); ++i) {
    // The event is moved out first, because events that are dispatched meanwhile may move the
    // vector's memory.
    const session::Event next = std::move(events_[i]);
    auto actions = std::visit([&](auto& leg) { return leg.handle(next); }, leg_);
    if (roles_.account.wants_steps())
      roles_.account.on_step(*this, next,
                             std::visit([](const auto& leg) { return leg.state_name(); }, leg_));
    for (auto& action : actions) perform(action);
  }
  std::vector<session::Event>().swap(events_);  // an idle end holds no memory for events
  dispatching_ = false;
  // Both may make the other end act, which must not find this one in the middle of something.
  if (std::exchange(begins_relay_, false)) roles_.partner.on_relaying(*this);
  if (std::exchange(reads_held_, false)) read_held();
}

void LegEnd::perform(session::Action& action) {
  std::visit(
      Overloaded{
          [&](session::Send& send) { transport_->send(send.bytes); },
          [&](session::BeginTls& begin) { do_begin_tls(begin); },
          [&](session::RestartStream&) {
            // Under TLS a peer may write its next header at once; before TLS nothing is unread
            // here.
            const std::string unread(reader_->unread());
            reader_ = new_reader(settings_, false);
            if (!unread.empty()) reader_->push(unread);
          },
          [&](session::JudgePeer& judge) {
            std::visit([&](auto&& answer) { dispatch(std::forward<decltype(answer)>(answer)); },
                       roles_.gate.judge(*this, judge));
          },
          [&](session::ProveBackend& prove) { roles_.partner.prove(*this, std::move(prove)); },
          [&](session::OpenFarLeg& open) { roles_.partner.open_far(*this, std::move(open)); },
          [&](session::DropFarLeg&) { roles_.partner.drop_far(*this); },
          [&](session::WouldRefuse& would) {
            roles_.gate.on_would_refuse(*this, std::move(would.refusal));
          },
          [&](session::Remark& remark) { roles_.gate.on_remark(*this, remark.about); },
          [&](session::ReturnUndelivered&) { roles_.returns.on_undelivered(*this); },
          [&](session::StopPassing&) { roles_.returns.on_takes_no_more(*this); },
          [&](session::ToFar& far) { roles_.partner.to_far(*this, std::move(far.event)); },
          [&](session::ArmDeadline& arm) {
            if (deadline_) deadline_->start(arm.after);
          },
          [&](session::HoldInput& hold) {
            if (hold.only_loss) return input_.hold_only_loss();
            const bool more = !only_whitespace(reader_->unread());
            input_.hold(hold.authenticated || more);
            if (more) transport_->pause_reading();  // the reader keeps it
          },
          [&](session::ReleaseInput&) { go_on(); },
          [&](session::TrustInput&) {
            settings_.octets_before_relay = std::numeric_limits<std::size_t>::max();
            transport_->trust();
            reader_->permit(settings_.limits.element_bytes);
          },
          [&](session::StartRelay& start) {
            deadline_.reset();
            if (start.managed) roles_.returns.on_managed();
            guard_from_here(start.peer_header, start.first, nullptr);
          },
          [&](session::HearStanzas& hear) {
            deadline_->start(hear.time);
            guard_from_here(hear.peer_header, hear.first, &hear.told);
          },
          [&](session::Refused& refused) { roles_.account.on_refused(*this, refused.refusal); },
          [&](session::Close& close) {
            late_ = !std::exchange(ended_, true) && guard_ != nullptr &&
                    guard_->held_bytes() <= kMostHeldLate;
            if (deadline_) deadline_->stop();
            // One that is broken off costs us as much as one that fails, if it got so far that we
            // have answered the ClientHello. Who only looks whether a port is open does not.
            if (securing_ && !transport_->tls_facts().cipher.empty())
              roles_.budget.charge(*this, kFailedHandshake);
            roles_.partner.on_closing(*this, close.why);
            transport_->close();
            reader_.reset();
            if (late_) return;
            guard_.reset();
            roles_.budget.on_held(*this, 0, 0);
          },
      },
      action);
}

void LegEnd::do_begin_tls(const session::BeginTls& action) {
  const auto announce = [this, &action] {
    if (!action.announcement.empty()) transport_->send(action.announcement);
  };
  if (!only_whitespace(reader_->unread()) || input_.waits_beyond_space()) {
    announce();
    dispatch(session::PlaintextBehindTls{});
    return;
  }
  auto engine = roles_.gate.make_engine(*this, action);
  if (!engine) {
    // It can still be told why in words.
    dispatch(session::TlsFailed{std::move(engine.error()), action.announcement.empty()});
    return;
  }
  announce();
  // After this, nothing that was read in the clear may be used.
  reader_ = new_reader(settings_, false);
  tls_started_ = scheduler_.now();
  phase_ = DialPhase::kTls;
  securing_ = true;
  transport_->begin_tls(std::move(*engine));
}

void LegEnd::guard_from_here(const xmpp::StreamHeader& peer_header, std::string_view first,
                             const policy::Refusal* told) {
  relaying_ = true;
  transport_->outgoing().established(settings_.patience);
  // The other leg may not relay yet, and then nobody knows yet what becomes of this stream.
  input_.hold(true);
  if (reader_) input_.put_back(reader_->unread());
  input_.put_back(first);
  reader_.reset();
  roles_.budget.on_unfinished(*this, 0);
  guard_ = std::make_unique<xmpp::Guard>(roles_.gate.guard_rules(*this, peer_header));
  if (told == nullptr) {
    begins_relay_ = true;
    return;
  }
  roles_.returns.on_heard(*this, *told);
  go_on();
}

void LegEnd::go_on() {
  input_.go_on();
  read_held();
}

void LegEnd::on_open() {
  auto refusal = roles_.budget.on_open(*this);
  dispatch(session::TransportReady{});
  if (refusal) dispatch(session::InputRefused{std::move(*refusal), {}});
}

void LegEnd::on_secured() {
  securing_ = false;
  phase_ = DialPhase::kStream;
  roles_.account.on_secured(*this, scheduler_.now() - tls_started_);
  dispatch(session::TlsEstablished{transport_->tls_facts().version});
}

void LegEnd::on_tls_failed(policy::Refusal refusal) {
  securing_ = false;
  roles_.account.on_tls_failed(*this);
  roles_.budget.charge(*this, kFailedHandshake);
  dispatch(session::TlsFailed{std::move(refusal)});
}

void LegEnd::on_out_of_order(OutOfOrder what) {
  if (what == OutOfOrder::kPlaintextBehindTls) return dispatch(session::PlaintextBehindTls{});
  if (place() == Place::kNear && side() == Side::kBackend) dispatch(session::DirectTlsHeard{});
}

void LegEnd::on_limit(telemetry::Limit limit, std::optional<policy::Refusal> refusal) {
  roles_.budget.on_limit(*this, limit);
  if (refusal) dispatch(session::InputRefused{std::move(*refusal), {}});
}

void LegEnd::on_lost(std::string detail) {
  if (input_.holds_loss()) return input_.keep_loss(std::move(detail));
  dispatch(session::TransportLost{std::move(detail), transport_->outgoing().writable(),
                                  transport_->outgoing().delivery().waiting() == 0,
                                  roles_.returns.managed()});
}

void LegEnd::on_written() {
  roles_.partner.on_written(*this);
  roles_.budget.on_queue(*this);
}

void LegEnd::on_gone() {
  if (guard_) roles_.budget.on_held(*this, 0, 0);
  roles_.partner.on_end_gone(*this);
}

}  // namespace portcullis::relay
