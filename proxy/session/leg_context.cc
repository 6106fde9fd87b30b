#include "proxy/session/leg_context.h"

#include <utility>

#include "proxy/session/too_strict.h"

namespace portcullis::session {
namespace {

std::string error_text(const Ending& ending, const LegContext& context) {
  const auto refusal = context.told(ending.refusal);
  if (ending.condition.empty()) return xmpp::write_stream_error(refusal);
  return xmpp::write_stream_error(ending.condition, refusal.text, id(refusal.reason),
                                  ending.detail ? *ending.detail : xmpp::ErrorDetail{});
}

// By anything more, a user of ours could look for open ports, and a stranger for our settings.
policy::Refusal of_far(const FarFailed& far, const LegContext& context) {
  const bool may_know = context.progress().relaying || context.side() == Side::kBackend;
  return far.told.value_or(may_know ? far.refusal : for_strangers(far.refusal));
}

}  // namespace

LegContext::LegContext(Nature nature, LegOutput::Settings settings)
    : out(std::move(settings)),
      nature_(std::move(nature)),
      progress_{.has_far = nature_.born_with_far,
                .relaying = false,
                .decided = false,
                .observed = nature_.observed} {}

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
  progress_.observed = progress_.observed || start.observed;
  out.act(std::move(start));
  out.forget_headers();
  progress_.relaying = true;
  backend = progress_.observed ? BackendLeg::kAnonymous : BackendLeg::kStands;
}

FarFailed LegContext::hear_stanzas(xmpp::StreamHeader peer_header, FarFailed far,
                                   std::chrono::milliseconds time, std::string first) {
  far.told = of_far(far, *this);
  out.act(HearStanzas{std::move(peer_header), told(*far.told), time, std::move(first)});
  out.forget_headers();
  progress_.relaying = true;
  return far;
}

Closed LegContext::refuse(const Ending& ending) {
  out.send_last(error_text(ending, *this));
  return refuse_unsaid(ending.refusal);
}

Closed LegContext::refuse_unsaid(const policy::Refusal& refusal) {
  decide(refusal);
  // The condition is left out: it names what this end did, but the far end did not do it.
  FarFailed far{refusal, {}};
  if (progress_.relaying && side() == Side::kBackend)
    far.told = policy::for_strangers(unfit_of_backend(refusal));
  tell_far(std::move(far));
  return close(policy::id(refusal.reason));
}

Closed LegContext::ended_by_peer(const FarFailed& far) {
  out.send_last(std::string(xmpp::kStreamEnd));
  decide(far.refusal);
  tell_far(far);
  return close(policy::id(far.refusal.reason));
}

Closed LegContext::refuse_element(const xmpp::Element& element) {
  if (!is_stream_error(element)) return refuse(misplaced(element));
  auto far = far_of(element, *this);
  // A peer that was called for the backend has done nothing that this would explain to it.
  if (side() == Side::kBackend && !nature_.born_with_far)
    far = {far.refusal, {}, policy::refuse(far.refusal.reason)};
  return ended_by_peer(far);
}

policy::Refusal LegContext::told(policy::Refusal refusal) const {
  if (side() == Side::kWan)
    return nature_.add_help ? nature_.add_help(std::move(refusal)) : std::move(refusal);
  // It need not know where our settings are.
  if (refusal.reason == policy::Reason::kNotTheBackend && refusal.arguments)
    std::erase_if(*refusal.arguments, [](const auto& one) { return one.first == "detail"; });
  // Toward the backend our header comes from the remote domain, for the local one.
  policy::Ends ends{kind()};
  const auto& header = out.progress().header;
  if (header && kind() != StreamKind::kC2s) {
    if (header->from) ends.remote = header->from->text();
    if (header->to) ends.local = header->to->text();
  }
  refusal.text = policy::at_home(refusal, ends);
  return refusal;
}

void LegContext::say_far_failed(const FarFailed& far) {
  Ending ending{of_far(far, *this), far.condition, far.detail};
  if (ending.condition.empty()) ending.condition = nature_.far_failure_condition;
  out.send_last(error_text(ending, *this));
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
  out.send_last(error_text({refusal}, *this));
  decide(refusal);
  return close(policy::id(refusal.reason));
}

Closed LegContext::unexpected(std::string_view state, std::string_view event) {
  const auto reason = policy::Reason::kInternalError;
  // This text has no names of states or events, because they mean nothing to this end.
  out.send_last(error_text({policy::refuse(reason)}, *this));
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

FarFailed far_of(const xmpp::Element& error, const LegContext& context) {
  const auto words = xmpp::read_stream_error(error);
  const auto& progress = context.progress();
  if (context.side() == Side::kWan)
    return progress.relaying ? said_by_peer(words) : FarFailed{refused_by_peer(words), {}};
  if (progress.observed && is_too_strict(words)) return too_strict(words);
  return said_by_backend(context.backend, context.kind(), words, context.redirects.get());
}

Closed far_left(LegContext& context, std::string_view how) {
  return context.far_failed({left_by(other(context.side()), how), {}});
}

}  // namespace portcullis::session
