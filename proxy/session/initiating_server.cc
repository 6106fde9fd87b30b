#include "proxy/session/initiating_dialback.h"
#include "proxy/session/initiating_observed.h"
#include "proxy/session/initiating_states.h"
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

}  // namespace

OneOf<AwaitingSecuredHeader, AwaitingLoginHeader> Judging::on(const PeerAccepted& event,
                                                              Context& context) && {
  context.admit_client();
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
  if (!xmpp::offers_external(event.element))
    return context.refuse(
        context.blame(Reason::kExternalNotOffered, no_external(*context.profile.from)));
  // The authzid is written although it may be left out: old servers demand it.
  context.out.send(xmpp::write_external_auth(*context.profile.from));
  return AwaitingSuccess{std::move(header), xmpp::read_limits(event.element)};
}

OneOf<AwaitingFarHeader, Relaying, Closed> AwaitingSuccess::on(const ElementReceived& event,
                                                               Context& context) && {
  if (event.element.is(xmpp::ns::kSasl, "failure")) {
    const auto words = xmpp::read_sasl_failure(event.element);
    const auto refusal = declined_by(context.side(), words);
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
