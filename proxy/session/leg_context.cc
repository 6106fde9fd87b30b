#include "proxy/session/leg_context.h"

#include <array>
#include <utility>
#include <variant>

namespace portcullis::session {
namespace {

constexpr std::array<std::string_view, std::variant_size_v<Event>> kEventNames{
    "TransportReady",    "HeaderReceived",   "ElementReceived",
    "StreamClosed",      "InputRefused",     "PlaintextBehindTls",
    "TlsEstablished",    "TlsFailed",        "TransportLost",
    "PeerAccepted",      "PeerRefused",      "DeadlineExpired",
    "ShutdownRequested", "FarAuthenticated", "FarHeader",
    "FarFeatures",       "FarElement",       "FarFailed",
    "FarEnded",          "FarLost",          "PeerObserved",
    "FarOpen",           "FarReady",         "FarDeclined"};

}  // namespace

std::string_view event_name(std::size_t index) {
  return kEventNames.at(index);
}

Actions LegContext::take() {
  return std::exchange(actions_, {});
}

void LegContext::send_header(std::string_view then) {
  if (nature_.new_stream_id && !header_.id) header_.id = nature_.new_stream_id();
  header_sent_ = true;
  send(xmpp::write_header(header_, nature_.dialback).append(then));
}

void LegContext::send(std::string bytes) {
  if (writable_) act(Send{std::move(bytes)});
}

void LegContext::begin_tls(std::optional<DomainName> host) {
  act(BeginTls{std::move(host)});
  writable_ = false;
}

void LegContext::restart_stream() {
  act(RestartStream{});
  header_ = nature_.header;
  header_sent_ = false;
  writable_ = true;
}

void LegContext::open_far_leg(OpenFarLeg far) {
  act(std::move(far));
  nature_.has_far = true;
}

void LegContext::tell_far(FarEvent event) {
  if (nature_.has_far) act(ToFar{std::move(event)});
}

void LegContext::drop_far_leg() {
  act(DropFarLeg{});
  nature_.has_far = false;
}

void LegContext::start_relay(xmpp::StreamHeader peer_header, std::string first) {
  act(StartRelay{std::move(peer_header), std::move(first)});
  relaying_ = true;
}

Closed LegContext::refuse(const Ending& ending) {
  say_error(ending);
  return refuse_unsaid(ending.refusal);
}

Closed LegContext::refuse_unsaid(const policy::Refusal& refusal) {
  decide(refusal);
  // Without the condition: it names what this end did, and the far end did not.
  tell_far(FarFailed{refusal, {}});
  return close(policy::id(refusal.reason));
}

Closed LegContext::ended_by_peer(const policy::Refusal& refusal) {
  say_end();
  return refuse_unsaid(refusal);
}

Closed LegContext::refuse_element(const xmpp::Element& element) {
  if (!is_stream_error(element)) return refuse(misplaced(element));
  return ended_by_peer(refused_by(side(), "stream error", xmpp::read_stream_error(element)));
}

Closed LegContext::far_failed(const FarFailed& far) {
  nature_.has_far = false;
  Ending ending{relaying_ || side() == Side::kBackend ? far.refusal : for_strangers(far.refusal),
                far.condition};
  if (ending.condition.empty()) ending.condition = nature_.far_failure_condition;
  say_error(ending);
  decide(far.refusal);
  return close(policy::id(far.refusal.reason));
}

Closed LegContext::shut_down() {
  const auto refusal = policy::refuse(policy::Reason::kShuttingDown);
  say_error({refusal});
  decide(refusal);
  return close(policy::id(refusal.reason));
}

Closed LegContext::unexpected(std::string_view state, std::size_t event) {
  const auto reason = policy::Reason::kInternalError;
  say_error({policy::refuse(reason)});
  return refuse_unsaid(because(reason, std::string(event_name(event)) + " in state " +
                                           std::string(state) + ", which does not expect it."));
}

void LegContext::say_error(const Ending& ending) {
  const auto& refusal = ending.refusal;
  say_last(ending.condition.empty()
               ? xmpp::write_stream_error(refusal)
               : xmpp::write_stream_error(ending.condition, refusal.text, id(refusal.reason)));
}

void LegContext::say_end() {
  say_last(std::string(xmpp::kStreamEnd));
}

void LegContext::say_last(std::string bytes) {
  if (header_sent_)
    send(std::move(bytes));
  else if (writable_)
    send_header(bytes);
}

void LegContext::decide(const policy::Refusal& refusal) {
  if (!relaying_) act(Refused{refusal});
}

Closed LegContext::close(std::string_view why) {
  act(Close{std::string(why)});
  return {};
}

}  // namespace portcullis::session
