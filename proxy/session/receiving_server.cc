#include "proxy/session/receiving_dialback.h"
#include "proxy/session/receiving_observed.h"
#include "proxy/session/receiving_refused.h"
#include "proxy/session/receiving_states.h"
#include "proxy/session/relaying_words.h"
#include "proxy/xmpp/dialback.h"
#include "proxy/xmpp/features.h"
#include "proxy/xmpp/sasl_external.h"

// Server to server, from the certificate gate to the relay.
namespace portcullis::session::receiving {
namespace {

using policy::Reason;

// A server asks about one key for each stream that we open to it. Before it has authenticated, it
// asks about one and leaves.
constexpr std::size_t kMostQuestions = 16;

Ending too_many_questions() {
  return {policy::refuse(
      Reason::kNegotiationTooLong,
      {{"detail", "more than " + std::to_string(kMostQuestions) + " questions about keys"}})};
}

// The closed list of reasons has a word for a wrong identity, but not for every other SASL fault.
// So the nearest one is used, and the text says what the fault was.
policy::Refusal refusal_for(const xmpp::AuthFault& fault) {
  if (fault.condition == "invalid-authzid") return policy::refuse(Reason::kAuthzidMismatch);
  if (fault.condition == "invalid-mechanism")
    return because(Reason::kExternalNotOffered,
                   "A mechanism other than EXTERNAL was tried. Only authentication by certificate "
                   "(SASL EXTERNAL) is accepted.");
  return policy::refuse(Reason::kXmlInvalid, {{"detail", fault.text}});
}

// ejabberd does so without a word when it does not trust the certificate that we made.
policy::Refusal left_after_our_certificate(const DomainName& remote) {
  return because(Reason::kBackendMisconfigured,
                 "The backend closed the stream when it had seen the certificate made for " +
                     remote.a_label() +
                     ". Most often it does not trust the local CA, or not any more after that was "
                     "made anew: give it ca.pem of local_ca.directory. Prosody: s2s_ssl = { cafile "
                     "= ... }; ejabberd: s2s_cafile. See its log.");
}

}  // namespace

OneOf<AwaitingAuth, Relaying> Judging::on(const PeerAccepted& event, Context& context) && {
  if (context.far) return answer_backend(std::move(pair), std::move(header), context);
  const auto stance = context.stance_of(pair.local, pair.remote);
  const bool dialback =
      context.side() == Side::kWan && (stance.observe || stance.certified_dialback);
  const bool answers_keys = context.side() == Side::kWan && stance.answers_keys && event.identified;
  if (answers_keys)
    context.dialback = std::make_shared<const AnsweredDialback>(
        AnsweredDialback{context.profile.dialback, pair.local, pair.remote});
  if (dialback || answers_keys) context.out.speak_dialback();
  context.out.send_header(dialback
                              ? xmpp::write_external_and_dialback_features(context.profile.limits)
                              : xmpp::write_external_features());
  return AwaitingAuth{std::move(pair), std::move(header)};
}

OneOf<OpeningUnauthenticated, Closed> Judging::on(const PeerObserved&, Context& context) && {
  if (context.side() != Side::kWan || !context.stance_of(pair.local, pair.remote).observe)
    return context.unexpected(name, PeerObserved::name);
  context.out.speak_dialback();
  context.open_far_leg({pair.local, pair.remote, header, Approach::kAnonymousTls});
  return OpeningUnauthenticated{std::move(header), {}};
}

Closed Judging::on(const PeerRefused& event, Context& context) && {
  return context.refuse({event.refusal});
}

Closed Judging::on(const ElementReceived& event, Context& context) && {
  return context.refuse_element(event.element);
}

OneOf<AwaitingAuth, OpeningFarLeg, OpeningUnauthenticated, Closed> AwaitingAuth::on(
    const ElementReceived& event, Context& context) && {
  if (asks_for_its_pair(event.element, context)) {
    if (++asked > kMostQuestions) return context.refuse(too_many_questions());
    if (const auto fault = session::answer_dialback(event.element, context))
      return context.refuse(*fault);
    return std::move(*this);
  }
  if (event.element.ns == xmpp::ns::kDialback && context.side() == Side::kWan)
    return answer_dialback(event.element, std::move(pair), std::move(header), context);
  if (asked > 0 && is_stream_error(event.element)) return leave(end_tag(), context);
  if (!event.element.is(xmpp::ns::kSasl, "auth")) return context.refuse_element(event.element);
  // On the WAN side the peer authenticates here, on the backend side our own backend.
  const auto& initiating = context.side() == Side::kWan ? pair.remote : pair.local;
  if (const auto fault = xmpp::check_external_auth(event.element, initiating)) {
    const auto refusal = refusal_for(*fault);
    const auto told = context.told({refusal.reason, std::string(fault->text)});
    context.out.send(xmpp::write_sasl_failure(fault->condition, told.text));
    return context.ended_by_peer({refusal, {}});
  }
  if (context.far)
    context.tell_far(FarReady{});
  else
    context.open_far_leg({pair.local, pair.remote, header});
  return OpeningFarLeg{std::move(pair), std::move(header), Proof::kExternal};
}

Closed AwaitingAuth::on(const StreamClosed& event, Context& context) && {
  if (asked > 0) return leave(end_tag(), context);
  if (context.side() == Side::kBackend)
    return context.ended_by_peer({left_after_our_certificate(pair.remote), {}});
  return Negotiating::on(event, context);
}

Closed AwaitingAuth::on(const TransportLost& event, Context& context) && {
  return asked > 0 ? leave({}, context) : Negotiating::on(event, context);
}

Closed AwaitingAuth::on(const DeadlineExpired& event, Context& context) && {
  return asked > 0 ? leave(idle_words(), context) : Negotiating::on(event, context);
}

OneOf<AwaitingAuthenticatedHeader, AwaitingFarFeatures> OpeningFarLeg::on(
    const FarAuthenticated& event, Context& context) && {
  if (proof == Proof::kDialback) {
    context.out.send(xmpp::write_dialback_valid(pair.local, pair.remote));
    context.out.act(HoldInput{.authenticated = true});
    context.tell_far(FarHeader{header});
    return AwaitingFarFeatures{std::move(header), true};
  }
  context.out.send(xmpp::write_sasl_success());
  context.out.restart_stream();
  return AwaitingAuthenticatedHeader{std::move(pair), event.limits};
}

OneOf<AwaitingFarFeatures, Closed> AwaitingAuthenticatedHeader::on(const HeaderReceived& event,
                                                                   Context& context) && {
  if (const auto fault = answer_authenticated(pair, event.header, context))
    return context.refuse(*fault);
  // A peer waits for the backend's limits, which are close by. The backend does not wait for those
  // of a peer, and is told what the peer announced before: the sooner our features come, the fewer
  // stanzas does a server say before them, and Prosody says those before what waits already.
  const bool answered = context.side() == Side::kBackend;
  if (answered) answer_limits(far_limits, context);
  context.out.act(HoldInput{.authenticated = true});
  context.tell_far(FarHeader{event.header});
  return AwaitingFarFeatures{event.header, answered};
}

// Not for a domain that is observed: there the backend was told by dialback what it may expect.
OneOf<AwaitingRefusedHeader, Closed> OpeningFarLeg::on(const FarFailed& event,
                                                       Context& context) && {
  const auto& answers = context.profile.answers_refused;
  if (context.side() != Side::kBackend || context.far || !answers || !answers(pair.local))
    return context.far_failed(event);
  auto refused = await_refused_header(std::move(pair), event, context);
  context.out.send(xmpp::write_sasl_success());
  context.out.restart_stream();
  return refused;
}

Relaying AwaitingFarFeatures::on(const FarFeatures& event, Context& context) && {
  if (!answered) answer_limits(xmpp::read_limits(event.features), context);
  return relay({std::move(header)}, context);
}

}  // namespace portcullis::session::receiving
