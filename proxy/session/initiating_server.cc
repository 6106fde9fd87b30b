#include "proxy/session/initiating_dialback.h"
#include "proxy/session/initiating_observed.h"
#include "proxy/session/initiating_states.h"
#include "proxy/xmpp/features.h"
#include "proxy/xmpp/sasl_external.h"
#include "proxy/xmpp/writer.h"

// Server to server, from the certificate gate to the relay.
namespace portcullis::session::initiating {
namespace {

using policy::Reason;

std::string no_external(const DomainName& from) {
  return "The backend does not offer SASL EXTERNAL to the certificate made for " + from.a_label() +
         ". Does it trust the local CA? Prosody: s2s_ssl = { cafile = ... }; ejabberd: s2s_cafile.";
}

// What is wrong if the other end does not offer EXTERNAL.
Ending not_offered(const xmpp::Element& features, const Context& context) {
  if (context.side() == Side::kWan && xmpp::offers_dialback(features))
    return {policy::refuse(Reason::kExternalNotOffered, {{"detail", how_to_dialback(context)}})};
  return context.blame(Reason::kExternalNotOffered, no_external(*context.profile.from));
}

// The refusal when our EXTERNAL was declined.
policy::Refusal declined(const xmpp::StreamErrorInfo& words, bool offers_dialback,
                         const Context& context) {
  if (context.side() != Side::kWan || !offers_dialback) return declined_by(context.side(), words);
  return refused_by_peer(words, how_to_dialback(context));
}

}  // namespace

OneOf<AwaitingSecuredHeader, AwaitingLoginHeader> Judging::on(const PeerAccepted& event,
                                                              Context& context) && {
  const bool may_get_key = context.profile.approach == Approach::kExternalOrDialback;
  // Who is let pass without having proved who it is sees nothing of the other leg yet.
  if (!may_get_key || event.identified) context.release_header();
  if (may_get_key && event.identified) context.out.speak_dialback();
  context.binding.passes = context.profile.end_point_binding && event.binds;
  context.out.send_header();
  if (context.kind() == StreamKind::kC2s) {
    context.backend = BackendLeg::kOpening;
    return AwaitingLoginHeader{};
  }
  if (context.authenticates()) context.backend = BackendLeg::kJudging;
  return AwaitingSecuredHeader{true};
}

// The refusal is told in words, on a stream of our own: a bare close tells a remote admin nothing.
Closed Judging::on(const PeerRefused& event, Context& context) && {
  return context.refuse({event.refusal});
}

OneOf<AwaitingSecuredFeatures, AwaitingKeyAnswer, Closed> AwaitingSecuredHeader::on(
    const HeaderReceived& event, Context& context) && {
  if (context.may_send_key() && is_old_with_dialback(event.header))
    return send_key(event.header, {}, context);
  if (const auto fault = context.check(event.header)) return context.refuse(*fault);
  if (context.does_dialback() && !event.header.speaks_xmpp_1())
    return send_key(event.header, {}, context);
  return AwaitingSecuredFeatures{certified, event.header};
}

OneOf<AwaitingRelease, AwaitingSuccess, AwaitingKeyAnswer, Closed> AwaitingSecuredFeatures::on(
    const ElementReceived& event, Context& context) && {
  if (!event.element.is(xmpp::ns::kStream, "features")) return context.refuse_reply(event.element);
  if (context.does_dialback()) return send_key(std::move(header), event.element, context);
  if (!context.authenticates()) {
    const bool external = xmpp::offers_external(event.element);
    return open_under_tls(header, certified, external, context);
  }
  const bool dialback = xmpp::offers_dialback(event.element);
  if (!xmpp::offers_external(event.element)) {
    if (dialback && context.may_send_key())
      return send_key(std::move(header), event.element, context);
    return context.refuse(not_offered(event.element, context));
  }
  // The authzid is written although it may be left out: old servers demand it.
  context.out.send(xmpp::write_external_auth(*context.profile.from));
  return AwaitingSuccess{std::move(header), xmpp::read_limits(event.element),
                         dialback ? std::make_shared<const xmpp::Element>(event.element) : nullptr};
}

// A server may go on after <failure/> (RFC 6120 section 6.4.5), and those that offer dialback do.
OneOf<AwaitingFarHeader, AwaitingKeyAnswer, Relaying, Closed> AwaitingSuccess::on(
    const ElementReceived& event, Context& context) && {
  if (event.element.is(xmpp::ns::kSasl, "failure")) {
    const auto words = xmpp::read_sasl_failure(event.element);
    if (dialback && context.may_send_key()) {
      const auto said =
          words.text.empty() ? words.condition : words.condition + " (" + words.text + ")";
      context.declined = "; it had declined our certificate: " + policy::printable(said, 70);
      return send_key(std::move(header), *dialback, context);
    }
    const auto refusal = declined(words, dialback != nullptr, context);
    if (context.authenticates()) return context.ended_by_peer({refusal, {}});
    return go_on_declined(std::move(header), refusal, words.condition, context);
  }
  if (!event.element.is(xmpp::ns::kSasl, "success")) return context.refuse_reply(event.element);
  context.backend = BackendLeg::kStands;
  context.tell_far(FarAuthenticated{limits});
  context.out.restart_stream();
  return AwaitingFarHeader{};
}

AwaitingAuthenticatedHeader AwaitingFarHeader::on(const FarHeader& event, Context& context) && {
  context.repeat(event.header);
  context.out.act(ArmDeadline{context.profile.negotiation});
  context.out.send_header();
  return AwaitingAuthenticatedHeader{};
}

AwaitingFarHeader AwaitingFarHeader::on(const DeadlineExpired&, Context&) && {
  return *this;
}

OneOf<AwaitingAuthenticatedFeatures, Closed> AwaitingAuthenticatedHeader::on(
    const HeaderReceived& event, Context& context) && {
  if (const auto fault = context.check(event.header)) return context.refuse(*fault);
  return AwaitingAuthenticatedFeatures{event.header};
}

OneOf<Relaying, Closed> AwaitingAuthenticatedFeatures::on(const ElementReceived& event,
                                                          Context& context) && {
  if (!event.element.is(xmpp::ns::kStream, "features")) return context.refuse_reply(event.element);
  context.tell_far(FarFeatures{event.element});
  return relay({std::move(header)}, context);
}

}  // namespace portcullis::session::initiating
