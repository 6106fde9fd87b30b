#include <string>
#include <utility>

#include "proxy/relay/leg_end.h"
#include "proxy/relay/overloaded.h"
#include "proxy/xmpp/dialback.h"

// How a leg end reads: what comes of its connection is an event for the leg, or goes through the
// guard, or waits.
namespace portcullis::relay {
namespace {

// Octets of answers to dialback that wait for one end.
constexpr std::size_t kMostAnswers = std::size_t{64} * 1024;

// Dialback is answered at once. So an end that does not read the answers may not go on asking.
bool reads_answers(const Transport& transport) {
  return transport.outgoing().queued() <= kMostAnswers;
}

policy::Refusal too_many_questions() {
  return policy::refuse(policy::Reason::kNegotiationTooLong,
                        {{"detail", "more dialback than it reads the answers of"}});
}

session::Event event_of(xmpp::GuardStop stop) {
  return std::visit(Overloaded{
                        [](xmpp::GuardEnded&) -> session::Event { return session::StreamClosed{}; },
                        [](xmpp::GuardStreamError& error) -> session::Event {
                          return session::ElementReceived{std::move(error.error)};
                        },
                        [](xmpp::GuardFault& fault) -> session::Event {
                          return session::InputRefused{
                              policy::refuse(fault.reason, {{"detail", fault.detail}}),
                              std::string(fault.condition)};
                        },
                    },
                    stop);
}

}  // namespace

void LegEnd::on_plain(std::string_view bytes) {
  if (ended_ && !late_) return;
  if (input_.holds() && !late_) return input_.keep(bytes);
  if (relaying_) return guard_bytes(bytes);
  octets_ += bytes.size();
  if (const auto most = settings_.octets_before_relay; octets_ > most)
    return on_limit(telemetry::Limit::kLoginOctets,
                    policy::refuse(policy::Reason::kNegotiationTooLong,
                                   {{"detail", "more than " + std::to_string(most) + " octets"}}));
  reader_->push(bytes);
  read_events();
  if (!ended_ && reader_) roles_.budget.on_unfinished(*this, reader_->unread().size());
}

void LegEnd::read_events() {
  while (!ended_ && reader_ && !input_.holds()) {
    auto event = reader_->next();
    if (!event) return;
    std::visit(Overloaded{
                   [&](xmpp::StreamHeader& header) {
                     heard_header_ = true;
                     roles_.account.on_header(*this, header);
                     dispatch(session::HeaderReceived{std::move(header)});
                   },
                   [&](xmpp::Element& element) {
                     if (xmpp::is_dialback(element) && !reads_answers(*transport_))
                       on_limit(telemetry::Limit::kLoginOctets, too_many_questions());
                     else
                       dispatch(session::ElementReceived{std::move(element)});
                   },
                   [&](xmpp::StreamEnded&) { dispatch(session::StreamClosed{}); },
                   [&](xmpp::ReadFault& fault) {
                     dispatch(session::InputRefused{
                         policy::refuse(fault.reason, {{"detail", fault.detail}}),
                         std::string(fault.condition)});
                   },
               },
               *event);
  }
}

void LegEnd::guard_bytes(std::string_view bytes) {
  scratch_.accepted.clear();
  scratch_.stanzas.clear();
  auto stop = guard_->feed(bytes, scratch_.accepted, &scratch_.stanzas);
  if (guard_->managed()) roles_.returns.on_managed();
  const std::size_t held = guard_->held_bytes();
  const bool was_late = late_;
  auto asked = guard_->take_dialback();
  if (!scratch_.accepted.empty())
    roles_.partner.on_accepted(*this, {scratch_.accepted.text(), scratch_.stanzas, was_late});
  for (auto& one : asked) {
    if (was_late || ended_) break;
    if (!reads_answers(*transport_))
      on_limit(telemetry::Limit::kLoginOctets, too_many_questions());
    else
      dispatch(session::ElementReceived{std::move(one)});
  }
  if (!stop) {
    if (!ended_ || late_) roles_.budget.on_held(*this, bytes.size(), held);
    return;
  }
  if (std::exchange(late_, false)) guard_.reset();
  ended_ = true;
  roles_.budget.on_held(*this, 0, 0);  // nothing behind the stop is read
  if (was_late) return;
  if (const auto* const fault = std::get_if<xmpp::GuardFault>(&*stop))
    roles_.account.on_guard_fault(*this, fault->reason);
  dispatch(event_of(std::move(*stop)));
}

// Each event may change what is to become of the next element, so none is read inside of another.
void LegEnd::read_held() {
  if (dispatching_) {
    reads_held_ = true;
    return;
  }
  read_events();
  while (!input_.holds()) {
    const auto bytes = input_.next();
    if (!bytes) break;
    on_plain(*bytes);
  }
  if (input_.holds()) return;
  if (auto lost = input_.take_loss()) on_lost(std::move(*lost));
}

}  // namespace portcullis::relay
