#include "proxy/session/initiating_dialback.h"

#include <algorithm>
#include <array>
#include <utility>

#include "proxy/xmpp/dialback.h"
#include "proxy/xmpp/dialback_answer.h"
#include "proxy/xmpp/stream_prefixes.h"
#include "proxy/xmpp/writer.h"

namespace portcullis::session::initiating {
namespace {

using policy::Reason;
using Type = xmpp::DialbackAnswer::Type;

constexpr std::string_view kMustReachUs =
    " It has to find every other server at outbound.listen of this gate (outbound.capture), which "
    "answers its question about the key.";

Ending misconfigured(std::string_view what, std::string condition) {
  return {because(Reason::kBackendMisconfigured, what), std::move(condition)};
}

// Whether waiting helps.
bool passes(std::string_view condition) {
  constexpr std::array<std::string_view, 4> kPassing{"internal-server-error",
                                                     "remote-server-timeout", "resource-constraint",
                                                     "service-unavailable"};
  return std::find(kPassing.begin(), kPassing.end(), condition) != kPassing.end();
}

policy::Refusal refused_key(const xmpp::DialbackAnswer& answer) {
  if (answer.type == Type::kInvalid)
    return because(Reason::kBackendMisconfigured,
                   "The backend says that our dialback key is invalid, so somebody else has "
                   "answered its question about it." +
                       std::string(kMustReachUs));
  if (answer.condition == "item-not-found")
    return because(Reason::kBackendMisconfigured,
                   "The backend does not serve this domain (item-not-found). Prosody: VirtualHost "
                   "or Component; ejabberd: hosts; Openfire: its domain, or a component of it.");
  const std::string why = answer.condition.empty() ? "no reason is given" : answer.condition;
  return because(
      passes(answer.condition) ? Reason::kBackendUnavailable : Reason::kBackendMisconfigured,
      "The backend could not ask about our dialback key (" + why + ")." +
          std::string(kMustReachUs));
}

// Whether our only header on this stream has declared what stanzas under `later` may use.
bool covers(const xmpp::StreamHeader& ours, const xmpp::StreamHeader& later) {
  return std::all_of(later.declared.begin(), later.declared.end(), [&](const auto& one) {
    return xmpp::is_own_prefix(one.prefix) ||
           std::find(ours.declared.begin(), ours.declared.end(), one) != ours.declared.end();
  });
}

}  // namespace

OneOf<AwaitingKeyAnswer, Closed> send_key(xmpp::StreamHeader header, xmpp::Element features,
                                          Context& context) {
  const auto& profile = context.profile;
  if (!header.id || header.id->empty())
    return context.refuse(
        misconfigured("The backend's stream header has no id, and the keys of server dialback are "
                      "made for it.",
                      "bad-format"));
  context.out.send(xmpp::write_dialback_request(
      {false,
       *profile.from,
       profile.to,
       {},
       profile.dialback_keys->key(profile.to, *profile.from, *header.id)}));
  context.backend = BackendLeg::kAsking;
  return AwaitingKeyAnswer{std::move(header), std::move(features)};
}

// Only an answer about this very pair counts, and only the first.
OneOf<AwaitingFarStart, Closed> AwaitingKeyAnswer::on(const ElementReceived& event,
                                                      Context& context) && {
  if (!event.element.is(xmpp::ns::kDialback, "result") ||
      event.element.attribute("type") == nullptr)
    return context.refuse_reply(event.element);
  const auto answer = xmpp::read_dialback_answer(event.element);
  if (!answer)
    return context.refuse(
        misconfigured("The backend answered our dialback key, but " + answer.error().message + ".",
                      "bad-format"));
  if (answer->from != context.profile.to || answer->to != *context.profile.from)
    return context.refuse(
        misconfigured("The backend answered a dialback key of other domains than those of this "
                      "stream.",
                      "invalid-from"));
  if (answer->type != Type::kValid) return context.ended_by_peer({refused_key(*answer), {}});
  context.backend = BackendLeg::kStands;
  context.tell_far(FarAuthenticated{xmpp::read_limits(features)});
  return AwaitingFarStart{std::move(header), std::move(features)};
}

// Some servers never say that nobody has answered their question.
Closed AwaitingKeyAnswer::on(const DeadlineExpired&, Context& context) && {
  auto refusal = late(Side::kBackend, context.profile.negotiation);
  return context.refuse({because(refusal.reason, refusal.text +
                                                     " It was asked to check our "
                                                     "dialback key." +
                                                     std::string(kMustReachUs))});
}

// The stream to the backend goes on under its first header, so that of the other side, after it was
// authenticated, may declare no more than the one before.
OneOf<Relaying, Closed> AwaitingFarStart::on(const FarHeader& event, Context& context) && {
  if (!covers(context.out.first_header(), event.header))
    return context.refuse(
        {policy::refuse(Reason::kXmlInvalid, {{"detail",
                                               "the stream header after authentication declares a "
                                               "prefix that the one before it has not declared"}}),
         "remote-connection-failed"});
  context.tell_far(FarFeatures{std::move(features)});
  return relay({std::move(header)}, context);
}

AwaitingFarStart AwaitingFarStart::on(const DeadlineExpired&, Context&) && {
  return std::move(*this);
}

}  // namespace portcullis::session::initiating
