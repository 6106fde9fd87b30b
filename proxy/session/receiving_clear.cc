#include "proxy/session/receiving_dialback.h"
#include "proxy/session/receiving_observed.h"
#include "proxy/session/receiving_states.h"
#include "proxy/xmpp/features.h"

// From the first byte to the secured stream header.
namespace portcullis::session::receiving {

using policy::Reason;

namespace {

OneOf<JudgingClient, OpeningLogin> admit(DomainName local, const xmpp::StreamHeader& header,
                                         Context& context) {
  if (!context.profile.judges_clients) return begin_login(std::move(local), header, context);
  context.out.act(JudgePeer{local, std::nullopt});
  return JudgingClient{std::move(local), header};
}

}  // namespace

OneOf<AwaitingHeader, SecuringTls> AwaitingTransport::on(const TransportReady&,
                                                         Context& context) && {
  context.out.transport_ready();
  context.out.act(ArmDeadline{context.profile.before_tls});
  if (context.profile.entry == TlsEntry::kStartTls) return AwaitingHeader{};
  context.out.begin_tls({});
  return SecuringTls{Addresses{}};
}

OneOf<ProbingFar, AwaitingDialback, AwaitingStartTls, Closed> AwaitingHeader::on(
    const HeaderReceived& event, Context& context) && {
  context.out.set_header(answer_to(context.profile, event.header));
  if (is_for_dialback(context.profile, event.header)) {
    const auto named =
        addresses_of(context.profile, event.header, Required::kNothing, Versions::kAny);
    if (!named) return context.refuse(named.error());
    return speak_dialback(event.header, context);
  }
  if (auto observed = observed_addresses(context, event.header))
    return probe(std::move(*observed), event.header, context);
  auto claimed =
      addresses_of(context.profile, event.header, required_in_the_clear(context.profile));
  if (!claimed) return context.refuse(claimed.error());
  context.out.send_header(xmpp::write_starttls_features());
  return AwaitingStartTls{std::move(*claimed)};
}

// A peer has a port for each way to begin. The backend has one, whichever way its look-ups tell it.
OneOf<SecuringTls, Closed> AwaitingHeader::on(const DirectTlsHeard&, Context& context) && {
  if (context.side() != Side::kBackend) return context.unexpected(name, DirectTlsHeard::name);
  context.out.begin_tls({});
  return SecuringTls{Addresses{}};
}

OneOf<SecuringTls, Closed> AwaitingStartTls::on(const ElementReceived& event, Context& context) && {
  const auto& element = event.element;
  if (is_stream_error(element) || element.ns == xmpp::ns::kDialback)
    return context.refuse_element(element);
  if (!element.is(xmpp::ns::kTls, "starttls"))
    return context.refuse({policy::refuse(Reason::kPlaintextRefused)});
  if (context.side() == Side::kBackend)
    context.out.begin_tls({claimed.remote, claimed.local, xmpp::write_proceed()});
  else
    context.out.begin_tls({claimed.local, {}, xmpp::write_proceed()});
  return SecuringTls{std::move(claimed)};
}

AwaitingSecuredHeader SecuringTls::on(const TlsEstablished&, Context& context) && {
  context.out.restart_stream();
  context.out.act(ArmDeadline{context.profile.negotiation});
  return AwaitingSecuredHeader{std::move(claimed)};
}

Closed SecuringTls::on(const TlsFailed& event, Context& context) && {
  if (!event.begun) {
    context.out.tls_not_begun();
    return context.refuse({event.refusal});
  }
  return context.refuse_unsaid(event.refusal);
}

Closed SecuringTls::on(const PlaintextBehindTls&, Context& context) && {
  return context.refuse_unsaid(policy::refuse(Reason::kStarttlsInjection));
}

OneOf<Judging, JudgingClient, OpeningLogin, Closed> AwaitingSecuredHeader::on(
    const HeaderReceived& event, Context& context) && {
  context.out.set_header(answer_to(context.profile, event.header));
  auto addresses =
      addresses_of(context.profile, event.header, required_when_secured(context.profile));
  if (!addresses) return context.refuse(addresses.error());
  if (!same_addresses(claimed, *addresses))
    return context.refuse({policy::refuse(Reason::kIdentityChanged)});
  auto& local = *addresses->local;
  if (!addresses->remote) return admit(std::move(local), event.header, context);
  context.out.act(JudgePeer{local, addresses->remote});
  return Judging{Pair{std::move(local), std::move(*addresses->remote)}, event.header};
}

}  // namespace portcullis::session::receiving
