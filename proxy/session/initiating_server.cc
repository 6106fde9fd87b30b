#include "proxy/session/initiating_observed.h"
#include "proxy/session/initiating_states.h"
#include "proxy/xmpp/sasl_external.h"
#include "proxy/xmpp/writer.h"

// Server to server, from the certificate gate to the relay.
namespace portcullis::session::initiating {
namespace {

using policy::Reason;

std::string no_external(const DomainName& from) {
  return "The backend does not offer SASL EXTERNAL to the certificate made for " + from.text() +
         ". Does it trust the local CA? Prosody: s2s_ssl = { cafile = ... }; ejabberd: s2s_cafile.";
}

}  // namespace

State Judging::on(const PeerAccepted&, Context& context) && {
  context.send_header();
  return AwaitingSecuredHeader{true};
}

// Said in words, on a stream of our own: a bare close tells a remote admin nothing.
Closed Judging::on(const PeerRefused& event, Context& context) && {
  return context.refuse({event.refusal});
}

State AwaitingSecuredHeader::on(const HeaderReceived& event, Context& context) && {
  if (const auto fault = context.check(event.header)) return context.refuse(*fault);
  return AwaitingSecuredFeatures{certified, event.header};
}

State AwaitingSecuredFeatures::on(const ElementReceived& event, Context& context) && {
  if (!event.element.is(xmpp::ns::kStream, "features")) return context.refuse_reply(event.element);
  if (!context.authenticates()) {
    const bool external = xmpp::offers_external(event.element);
    return open_under_tls(header, certified, external, context);
  }
  if (!xmpp::offers_external(event.element))
    return context.refuse(
        context.blame(Reason::kExternalNotOffered, no_external(*context.profile.from)));
  // The authzid is written although it may be left out: old servers demand it.
  context.send(xmpp::write_external_auth(*context.profile.from));
  return AwaitingSuccess{std::move(header)};
}

State AwaitingSuccess::on(const ElementReceived& event, Context& context) && {
  if (event.element.is(xmpp::ns::kSasl, "failure")) {
    const auto words = xmpp::read_sasl_failure(event.element);
    const auto refusal = refused_by(context.side(), "SASL failure", words);
    if (context.authenticates()) return context.ended_by_peer(refusal);
    return go_on_declined(std::move(header), refusal, words.condition, context);
  }
  if (!event.element.is(xmpp::ns::kSasl, "success")) return context.refuse_reply(event.element);
  context.tell_far(FarAuthenticated{});
  context.restart_stream();
  return AwaitingFarHeader{};
}

State AwaitingFarHeader::on(const FarHeader& event, Context& context) && {
  context.repeat(event.header);
  context.act(ArmDeadline{context.profile.negotiation});
  context.send_header();
  return AwaitingAuthenticatedHeader{};
}

State AwaitingFarHeader::on(const DeadlineExpired&, Context&) && {
  return *this;
}

State AwaitingAuthenticatedHeader::on(const HeaderReceived& event, Context& context) && {
  if (const auto fault = context.check(event.header)) return context.refuse(*fault);
  return AwaitingAuthenticatedFeatures{event.header};
}

State AwaitingAuthenticatedFeatures::on(const ElementReceived& event, Context& context) && {
  if (!event.element.is(xmpp::ns::kStream, "features")) return context.refuse_reply(event.element);
  context.tell_far(FarFeatures{event.element});
  context.start_relay(std::move(header));
  return Relaying{};
}

}  // namespace portcullis::session::initiating
