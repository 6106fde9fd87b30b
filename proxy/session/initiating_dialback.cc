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

policy::Refusal refused_key_of_backend(const xmpp::DialbackAnswer& answer) {
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

// It has asked whoever DNS says we are.
policy::Refusal refused_key_of_peer(const xmpp::DialbackAnswer& answer, const Context& context) {
  if (answer.type == Type::kInvalid)
    return policy::refuse(Reason::kRefusedByPeer,
                          {{"detail",
                            "its question about our dialback key was answered with no; do all our "
                            "addresses in DNS lead to gates with the same dialback_secret?" +
                                context.declined}});
  const std::string why = answer.condition.empty() ? "no reason is given" : answer.condition;
  return policy::refuse(
      Reason::kRefusedByPeer,
      {{"detail", "it could not ask about our dialback key: " + policy::printable(why, 40) +
                      "; can it call us where our SRV records lead?" + context.declined}});
}

// The faults of an answer.

Ending no_id(const Context& context) {
  if (context.side() == Side::kWan)
    return {policy::refuse(
                Reason::kXmlInvalid,
                {{"detail", "the stream header has no id, and dialback keys are made for it"}}),
            "bad-format"};
  return misconfigured(
      "The backend's stream header has no id, and the keys of server dialback are "
      "made for it.",
      "bad-format");
}

Ending unreadable(const std::string& why, const Context& context) {
  if (context.side() == Side::kWan)
    return {policy::refuse(Reason::kXmlInvalid, {{"detail", why}}), "bad-format"};
  return misconfigured("The backend answered our dialback key, but " + why + ".", "bad-format");
}

Ending of_another_pair(const Context& context) {
  if (context.side() == Side::kWan) return {policy::refuse(Reason::kUnaskedAnswer)};
  return misconfigured(
      "The backend answered a dialback key of other domains than those of this "
      "stream.",
      "invalid-from");
}

// The header is that of the end at the other leg, so this one is not to blame.
Ending declares_more(const Context& context) {
  constexpr std::string_view kDetail =
      "the stream header after authentication declares a prefix that the one before it has not "
      "declared";
  if (context.side() == Side::kWan)
    return {policy::refuse(Reason::kBackendMisconfigured, {{"detail", kDetail}})};
  return {policy::refuse(Reason::kXmlInvalid, {{"detail", kDetail}}), "remote-connection-failed"};
}

// Whether our only header on this stream has declared what stanzas under `later` may use.
bool covers(const xmpp::StreamHeader& ours, const xmpp::StreamHeader& later) {
  return std::all_of(later.declared.begin(), later.declared.end(), [&](const auto& one) {
    return xmpp::is_own_prefix(one.prefix) ||
           std::find(ours.declared.begin(), ours.declared.end(), one) != ours.declared.end();
  });
}

}  // namespace

bool is_old_with_dialback(const xmpp::StreamHeader& header) {
  return !header.speaks_xmpp_1() && header.content_ns == xmpp::ns::kServer &&
         std::any_of(header.declared.begin(), header.declared.end(),
                     [](const auto& one) { return one.uri == xmpp::ns::kDialback; });
}

std::string_view how_to_dialback(const Context& context) {
  return context.profile.approach == Approach::kExternalOrDialback
             ? "it offers dialback, which needs its pin where an exception holds"
             : "it offers dialback, which s2s.originate_dialback = \"certified\" would use";
}

OneOf<AwaitingKeyAnswer, Closed> send_key(xmpp::StreamHeader header, xmpp::Element features,
                                          Context& context) {
  const auto& profile = context.profile;
  if (!header.id || header.id->empty()) return context.refuse(no_id(context));
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
  if (!answer) return context.refuse(unreadable(answer.error().message, context));
  if (answer->from != context.profile.to || answer->to != *context.profile.from)
    return context.refuse(of_another_pair(context));
  if (answer->type != Type::kValid)
    return context.ended_by_peer({context.side() == Side::kWan
                                      ? refused_key_of_peer(*answer, context)
                                      : refused_key_of_backend(*answer),
                                  {}});
  context.backend = BackendLeg::kStands;
  context.tell_far(FarAuthenticated{xmpp::read_limits(features), true});
  return AwaitingFarStart{std::move(header), std::move(features)};
}

// Some servers never say that nobody has answered their question.
Closed AwaitingKeyAnswer::on(const DeadlineExpired&, Context& context) && {
  if (context.side() == Side::kWan)
    return context.refuse({because(Reason::kNegotiationTimeout,
                                   "No answer to our dialback key came in time. Who asks about it "
                                   "has to reach our domain where its SRV records lead" +
                                       context.declined + ".")});
  auto refusal = late(Side::kBackend, context.profile.negotiation);
  return context.refuse({because(refusal.reason, refusal.text +
                                                     " It was asked to check our "
                                                     "dialback key." +
                                                     std::string(kMustReachUs))});
}

// The stream goes on under the header before the key, so that of the other side, after it was
// authenticated, may declare no more than the one before.
OneOf<Relaying, Closed> AwaitingFarStart::on(const FarHeader& event, Context& context) && {
  if (!covers(*context.out.progress().header, event.header))
    return context.refuse(declares_more(context));
  context.tell_far(FarFeatures{std::move(features)});
  return relay({std::move(header)}, context);
}

AwaitingFarStart AwaitingFarStart::on(const DeadlineExpired&, Context&) && {
  return std::move(*this);
}

}  // namespace portcullis::session::initiating
