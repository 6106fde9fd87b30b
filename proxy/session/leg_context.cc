#include "proxy/session/leg_context.h"

#include <utility>

namespace portcullis::session {
namespace {

std::string error_text(const Ending& ending) {
  const auto& refusal = ending.refusal;
  return ending.condition.empty()
             ? xmpp::write_stream_error(refusal)
             : xmpp::write_stream_error(ending.condition, refusal.text, id(refusal.reason));
}

}  // namespace

LegContext::LegContext(Nature nature, LegOutput::Settings settings)
    : out(std::move(settings)),
      nature_(std::move(nature)),
      progress_{.has_far = nature_.born_with_far, .relaying = false, .decided = false} {}

void LegContext::open_far_leg(OpenFarLeg far) {
  out.act(std::move(far));
  progress_.has_far = true;
}

void LegContext::drop_far_leg() {
  out.act(DropFarLeg{});
  progress_.has_far = false;
}

void LegContext::tell_far(FarEvent event) {
  if (progress_.has_far) out.act(ToFar{std::move(event)});
}

void LegContext::start_relay(StartRelay start) {
  out.act(std::move(start));
  out.forget_headers();
  progress_.relaying = true;
}

void LegContext::hear_stanzas(xmpp::StreamHeader peer_header, const FarFailed& far,
                              std::chrono::milliseconds time) {
  out.act(HearStanzas{std::move(peer_header), told_to_this_end(far), time});
  out.forget_headers();
  progress_.relaying = true;
}

Closed LegContext::refuse(const Ending& ending) {
  out.send_last(error_text(ending));
  return refuse_unsaid(ending.refusal);
}

Closed LegContext::refuse_unsaid(const policy::Refusal& refusal) {
  decide(refusal);
  // The condition is left out: it names what this end did, but the far end did not do it.
  tell_far(FarFailed{refusal, {}});
  return close(policy::id(refusal.reason));
}

Closed LegContext::ended_by_peer(const policy::Refusal& refusal) {
  out.send_last(std::string(xmpp::kStreamEnd));
  return refuse_unsaid(refusal);
}

Closed LegContext::refuse_element(const xmpp::Element& element) {
  if (!is_stream_error(element)) return refuse(misplaced(element));
  return ended_by_peer(refused_by(side(), "stream error", xmpp::read_stream_error(element)));
}

// By anything more, a user of ours could look for open ports, and a stranger for our settings.
policy::Refusal LegContext::told_to_this_end(const FarFailed& far) const {
  const bool may_know = progress_.relaying || side() == Side::kBackend;
  return far.told.value_or(may_know ? far.refusal : for_strangers(far.refusal));
}

void LegContext::say_far_failed(const FarFailed& far) {
  Ending ending{told_to_this_end(far), far.condition};
  if (ending.condition.empty()) ending.condition = nature_.far_failure_condition;
  out.send_last(error_text(ending));
}

void LegContext::far_is_gone(const FarFailed& far) {
  progress_.has_far = false;
  decide(far.refusal);
}

Closed LegContext::far_failed(const FarFailed& far) {
  say_far_failed(far);
  far_is_gone(far);
  return close(policy::id(far.refusal.reason));
}

Closed LegContext::shut_down() {
  const auto refusal = policy::refuse(policy::Reason::kShuttingDown);
  out.send_last(error_text({refusal}));
  decide(refusal);
  return close(policy::id(refusal.reason));
}

Closed LegContext::unexpected(std::string_view state, std::string_view event) {
  const auto reason = policy::Reason::kInternalError;
  // This text has no names of states or events, because they mean nothing to this end.
  out.send_last(error_text({policy::refuse(reason)}));
  return refuse_unsaid(because(reason, std::string(event) + " in state " + std::string(state) +
                                           ", which does not expect it."));
}

Closed LegContext::part(Parting parting) {
  if (!parting.words.empty()) out.send_last(std::move(parting.words));
  if (parting.far) tell_far(std::move(*parting.far));
  return close(parting.why);
}

void LegContext::decide(const policy::Refusal& refusal) {
  if (progress_.relaying || std::exchange(progress_.decided, true)) return;
  out.act(Refused{refusal});
}

Closed LegContext::close(std::string_view why) {
  out.act(Close{std::string(why)});
  return {};
}

}  // namespace portcullis::session
