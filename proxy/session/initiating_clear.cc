#include "proxy/session/header_basics.h"
#include "proxy/session/initiating_dialback.h"
#include "proxy/session/initiating_observed.h"
#include "proxy/session/initiating_states.h"
#include "proxy/xmpp/features.h"
#include "proxy/xmpp/writer.h"

// From the first byte to TLS. When we authenticate, the header and <starttls/> are all that we say
// in the clear; on c2s with client_tls, too.
namespace portcullis::session::initiating {
namespace {

using policy::Reason;

std::string no_tls_for_servers(const DomainName& domain) {
  return "The backend does not offer STARTTLS to servers: most often your server has no "
         "certificate "
         "for " +
         domain.a_label() +
         ". Prosody: load the module \"tls\" and give it a certificate; ejabberd: "
         "s2s_use_starttls: required, and certfiles; Openfire: xmpp.server.tls.policy = required, "
         "and a key in its keystore.";
}
constexpr std::string_view kNoTlsForClients =
    "The backend does not offer STARTTLS on its client port, but c2s_tls = \"starttls\" in "
    "[host.backend] demands it. Prosody: load the module \"tls\" and give it a certificate; "
    "ejabberd: "
    "starttls: true on the c2s listener, and certfiles.";

}  // namespace

OneOf<AwaitingHeader, SecuringTls, AwaitingLoginHeader, Closed> AwaitingTransport::on(
    const TransportReady&, Context& context) && {
  context.out.transport_ready();
  context.out.act(ArmDeadline{context.profile.negotiation});
  if (context.kind() == StreamKind::kC2s && !context.profile.client_tls) {
    context.out.send_header();
    return AwaitingLoginHeader{};
  }
  // A server always speaks for a domain. All states after this one rely on `from`.
  if (context.kind() != StreamKind::kC2s && !context.profile.from)
    return context.unexpected(name, TransportReady::name);
  if (context.profile.entry == TlsEntry::kDirectTls) {
    context.out.begin_tls({});
    return SecuringTls{};
  }
  context.out.send_header();
  return AwaitingHeader{};
}

OneOf<AwaitingFeatures, AwaitingRelease, AwaitingKeyAnswer, Closed> AwaitingHeader::on(
    const HeaderReceived& event, Context& context) && {
  if (const auto fault = context.check(event.header)) return context.refuse(*fault);
  if (event.header.speaks_xmpp_1()) return AwaitingFeatures{event.header};
  if (context.does_dialback()) return send_key(event.header, {}, context);
  return open_old(event.header, context);
}

OneOf<AwaitingProceed, AwaitingRelease, AwaitingKeyAnswer, Closed> AwaitingFeatures::on(
    const ElementReceived& event, Context& context) && {
  if (!event.element.is(xmpp::ns::kStream, "features")) return context.refuse_reply(event.element);
  // To encrypt on the way to our own machine serves nobody: whoever demands it gets it.
  if (context.does_dialback() && !xmpp::requires_starttls(event.element))
    return send_key(std::move(header), event.element, context);
  if (stays_in_the_clear(event.element, context)) return open_in_the_clear(header, context);
  if (!xmpp::offers_starttls(event.element))
    return context.refuse(context.side() == Side::kWan
                              ? Ending{policy::refuse(Reason::kStarttlsNotOffered)}
                              : Ending{because(Reason::kBackendWithoutTls,
                                               context.kind() == StreamKind::kC2s
                                                   ? std::string(kNoTlsForClients)
                                                   : no_tls_for_servers(context.profile.to))});
  context.out.send(xmpp::write_starttls());
  return AwaitingProceed{};
}

OneOf<SecuringTls, Closed> AwaitingProceed::on(const ElementReceived& event, Context& context) && {
  if (event.element.is(xmpp::ns::kTls, "failure"))
    return context.refuse_unsaid(
        context
            .blame(policy::refuse(Reason::kTlsFailed,
                                  {{"detail", "<starttls/> was answered with <failure/>"}}))
            .refusal);
  if (!event.element.is(xmpp::ns::kTls, "proceed")) return context.refuse_reply(event.element);
  context.out.begin_tls({});
  return SecuringTls{};
}

Judging SecuringTls::on(const TlsEstablished&, Context& context) && {
  const auto& profile = context.profile;
  context.out.restart_stream();
  // On the backend side `to` is our own host, and `from` is the remote peer for which we speak.
  if (context.side() == Side::kBackend)
    context.out.act(JudgePeer{profile.to, profile.from});
  else
    context.out.act(JudgePeer{*profile.from, profile.to});
  return Judging{};
}

Closed SecuringTls::on(const TlsFailed& event, Context& context) && {
  return context.refuse_unsaid(context.blame(event.refusal).refusal);
}

Closed SecuringTls::on(const PlaintextBehindTls&, Context& context) && {
  return context.refuse_unsaid(context.blame(policy::refuse(Reason::kStarttlsInjection)).refusal);
}

}  // namespace portcullis::session::initiating
