#include "proxy/session/receiving_refused.h"

#include <string>
#include <utility>

#include "proxy/xmpp/features.h"

namespace portcullis::session::receiving {
namespace {

using policy::Reason;
using std::chrono::milliseconds;

// A server says its header at once behind <success/>, and its stanzas with it or a moment later.
constexpr milliseconds kRefusedHeader{2'000};
constexpr milliseconds kRefusedStanzas{1'000};
constexpr milliseconds kWhatWaits{0};

// This end hears the condition of the reason, and not that something remote has failed.
FarFailed by_us(policy::Refusal refusal) {
  const auto reason = refusal.reason;
  return {std::move(refusal), std::string(policy::info(reason).condition)};
}

HearingRefused hear(const xmpp::StreamHeader& header, FarFailed far, milliseconds time,
                    Context& context, std::string first = {}) {
  context.far_is_gone(far);
  return {context.hear_stanzas(header, std::move(far), time, std::move(first))};
}

}  // namespace

std::optional<Ending> answer_authenticated(const Pair& pair, const xmpp::StreamHeader& header,
                                           Context& context) {
  auto answer = answer_to(context.profile, header);
  const bool wan = context.side() == Side::kWan;
  answer.from = wan ? pair.local : pair.remote;
  answer.to = wan ? pair.remote : pair.local;
  context.out.set_header(std::move(answer));
  const auto addresses = addresses_of(context.profile, header, Required::kNothing);
  if (!addresses) return addresses.error();
  if (same_addresses({pair.local, pair.remote}, *addresses)) return std::nullopt;
  return Ending{policy::refuse(Reason::kIdentityChanged)};
}

void answer_limits(const xmpp::StreamLimits& far, Context& context) {
  context.out.send_header(
      xmpp::write_limits_features(xmpp::smaller_of(context.profile.limits, far)));
}

FarFailed far_is_late(Context& context) {
  auto far = by_us(late(Side::kWan, context.profile.negotiation));
  context.tell_far(FarFailed{far.refusal, {}});
  return far;
}

FarFailed shutting_down() {
  return by_us(policy::refuse(Reason::kShuttingDown));
}

AwaitingRefusedHeader await_refused_header(Pair pair, FarFailed far, Context& context) {
  context.far_is_gone(far);
  context.out.act(ArmDeadline{kRefusedHeader});
  return {std::move(pair), std::move(far)};
}

HearingRefused hear_server(const xmpp::StreamHeader& header, FarFailed far, Context& context,
                           std::string first) {
  return hear(header, std::move(far), kRefusedStanzas, context, std::move(first));
}

HearingRefused hear_client(const xmpp::StreamHeader& header, FarFailed far, Context& context) {
  return hear(header, std::move(far), kWhatWaits, context);
}

OneOf<HearingRefused, Closed> AwaitingRefusedHeader::on(const HeaderReceived& event,
                                                        Context& context) && {
  if (const auto fault = answer_authenticated(pair, event.header, context))
    return context.refuse(*fault);
  answer_limits({}, context);
  return HearingRefused{context.hear_stanzas(event.header, std::move(far), kRefusedStanzas)};
}

Closed AwaitingRefusedHeader::on(const DeadlineExpired&, Context& context) && {
  return context.far_failed(far);
}

// <stream:error/>, as in Relaying, or dialback of the backend.
OneOf<HearingRefused, Closed> HearingRefused::on(const ElementReceived& event,
                                                 Context& context) && {
  if (!is_asked(event.element, context)) return context.refuse_element(event.element);
  if (const auto fault = answer_dialback(event.element, context)) return context.refuse(*fault);
  return HearingRefused{std::move(far)};
}

Closed HearingRefused::on(const DeadlineExpired&, Context& context) && {
  return context.far_failed(far);
}

HearingRefused HearingRefused::on(const FarClosed&, Context&) && {
  return std::move(*this);
}

HearingRefused HearingRefused::on(const FarUndelivered& event, Context& context) && {
  context.out.send(event.errors);
  return std::move(*this);
}

AwaitingRefusedHeader AwaitingAuthenticatedHeader::on(const FarFailed& event, Context& context) && {
  return await_refused_header(std::move(pair), event, context);
}

AwaitingRefusedHeader AwaitingAuthenticatedHeader::on(const ShutdownRequested&,
                                                      Context& context) && {
  return await_refused_header(std::move(pair), shutting_down(), context);
}

HearingRefused AwaitingFarFeatures::on(const FarFailed& event, Context& context) && {
  if (!answered) answer_limits({}, context);
  return hear_server(header, event, context);
}

HearingRefused AwaitingFarFeatures::on(const DeadlineExpired&, Context& context) && {
  if (!answered) answer_limits({}, context);
  return hear_server(header, far_is_late(context), context);
}

HearingRefused AwaitingFarFeatures::on(const ShutdownRequested&, Context& context) && {
  if (!answered) answer_limits({}, context);
  return hear_server(header, shutting_down(), context);
}

}  // namespace portcullis::session::receiving
