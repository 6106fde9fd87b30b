#include "proxy/session/receiving_observed.h"

#include <algorithm>
#include <string>
#include <utility>

#include "proxy/session/header_basics.h"
#include "proxy/xmpp/dialback.h"
#include "proxy/xmpp/features.h"
#include "proxy/xmpp/sasl_external.h"
#include "proxy/xmpp/writer.h"

namespace portcullis::session::receiving {
namespace {

using policy::Reason;

std::string again(xmpp::DialbackRequest request, const Context& context) {
  request.from = spelled(context.profile, request.from);
  request.to = spelled(context.profile, request.to);
  return xmpp::write_dialback_request(request);
}

// Writes the element anew. Dialback gets the prefix "db", because old servers compare the prefix
// instead of the namespace.
std::string again(const xmpp::Element& element, const Context& context) {
  if (element.ns == xmpp::ns::kDialback)
    if (const auto request = xmpp::read_dialback_request(element)) return again(*request, context);
  return xmpp::serialize(element, context.out.content_ns());
}

// Our answer to this end, with the values that it must get from the far end: the id and the
// prefixes.
xmpp::StreamHeader answer_with(const FarOpen& far, const xmpp::StreamHeader& theirs,
                               const Context& context) {
  auto answer = answer_to(context.profile, theirs);
  answer.id = far.header.id;
  answer.declared = far.header.declared;
  return answer;
}

// What again() wrote goes through the guard, which knows only the prefixes that this end declared
// on its header. So "db" is added here: this end may have declared another prefix for dialback, or
// declared "db" on the element itself.
void declare_dialback(xmpp::StreamHeader& header) {
  auto& declared = header.declared;
  const auto is_db = [](const auto& one) { return one.prefix == "db"; };
  if (std::none_of(declared.begin(), declared.end(), is_db))
    declared.push_back({"db", std::string(xmpp::ns::kDialback)});
}

Relaying relay_unauthenticated(xmpp::StreamHeader header, std::string first, Context& context) {
  context.tell_far(FarReady{});
  if (!first.empty()) declare_dialback(header);
  return relay({.peer_header = std::move(header), .first = std::move(first), .observed = true},
               context);
}

OneOf<ObservedInTheClear, Relaying> answer_peer(const FarOpen& far, Addresses claimed,
                                                const xmpp::StreamHeader& header,
                                                Context& context) {
  auto answer = answer_with(far, header, context);
  const bool old = !header.speaks_xmpp_1();
  if (old) answer.version.reset();
  context.out.set_header(std::move(answer));
  context.out.act(ArmDeadline{context.profile.before_tls});
  if (old) {  // it has no features, so no encryption (RFC 6120 section 4.7.5)
    context.out.send_header();
    return relay_unauthenticated(header, {}, context);
  }
  context.out.send_header(xmpp::write_optional_starttls_features(context.profile.limits));
  return ObservedInTheClear{std::move(claimed), header};
}

}  // namespace

std::optional<Addresses> observed_addresses(const Context& context,
                                            const xmpp::StreamHeader& header) {
  const auto& profile = context.profile;
  if (profile.kind == StreamKind::kC2s || !profile.stance) return std::nullopt;
  const auto versions = profile.side == Side::kWan ? Versions::kAny : Versions::kXmpp1;
  auto addresses = addresses_of(profile, header, Required::kAll, versions);
  if (!addresses || !context.stance_of(*addresses->local, *addresses->remote).observe)
    return std::nullopt;
  return std::move(*addresses);
}

ProbingFar probe(Addresses claimed, const xmpp::StreamHeader& header, Context& context) {
  if (!header.speaks_xmpp_1())
    context.out.act(WouldRefuse{policy::refuse(Reason::kUnsupportedVersion)});
  context.out.speak_dialback();
  context.out.act(ArmDeadline{context.profile.negotiation});
  const auto approach =
      context.side() == Side::kWan ? Approach::kAnonymousClear : Approach::kObserve;
  context.out.act(HoldInput{});  // it may ask for TLS with its header
  context.open_far_leg({*claimed.local, claimed.remote, header, approach});
  return ProbingFar{std::move(claimed), header};
}

OneOf<ObservedInTheClear, AwaitingStartTls, Relaying> ProbingFar::on(const FarOpen& event,
                                                                     Context& context) && {
  context.out.act(ReleaseInput{});
  if (context.side() == Side::kWan) return answer_peer(event, std::move(claimed), header, context);
  context.far = std::make_shared<const FarOpen>(event);
  context.out.act(ArmDeadline{context.profile.before_tls});
  if (event.tls) {
    // TLS is required here: without it, anybody could use this leg to speak with our certificate.
    context.out.send_header(xmpp::write_starttls_features());
    return AwaitingStartTls{std::move(claimed)};
  }
  context.out.set_header(answer_with(event, header, context));
  context.out.send_header(xmpp::write_dialback_features(context.profile.limits));
  return relay_unauthenticated(header, {}, context);
}

OneOf<SecuringTls, Relaying, Closed> ObservedInTheClear::on(const ElementReceived& event,
                                                            Context& context) && {
  const auto& element = event.element;
  if (is_stream_error(element)) return context.refuse_element(element);
  if (element.is(xmpp::ns::kTls, "starttls")) {
    context.drop_far_leg();
    return AwaitingStartTls{std::move(claimed)}.on(event, context);
  }
  context.out.act(WouldRefuse{policy::refuse(Reason::kPlaintextRefused)});
  return relay_unauthenticated(header, again(element, context), context);
}

OneOf<AwaitingAuth, Relaying> answer_backend(Pair pair, xmpp::StreamHeader header,
                                             Context& context) {
  context.out.set_stream_id(context.far->header.id);
  if (context.far->external) {
    context.out.send_header(xmpp::write_external_features());
    return AwaitingAuth{std::move(pair), std::move(header)};
  }
  context.out.send_header(xmpp::write_dialback_features(context.profile.limits));
  return relay_unauthenticated(header, {}, context);
}

Relaying OpeningUnauthenticated::on(const FarOpen& event, Context& context) && {
  if (first.empty()) {
    context.out.set_header(answer_with(event, header, context));
    context.out.send_header(xmpp::write_dialback_features(context.profile.limits));
  }
  return relay_unauthenticated(header, std::move(first), context);
}

// The backend goes on with dialback. Its keys are made for the stream id that it got from us.
Relaying OpeningFarLeg::on(const FarDeclined& event, Context& context) && {
  context.out.send(xmpp::write_sasl_failure("not-authorized",
                                            "The peer declined SASL EXTERNAL: " + event.condition));
  return relay({.peer_header = std::move(header), .observed = true}, context);
}

OneOf<OpeningFarLeg, OpeningUnauthenticated, Closed> answer_dialback(const xmpp::Element& element,
                                                                     Pair pair,
                                                                     xmpp::StreamHeader header,
                                                                     Context& context) {
  const auto request = xmpp::read_dialback_request(element);
  const auto stance = context.stance_of(pair.local, pair.remote);
  const bool proves =
      request && !request->verify && request->from == pair.remote && request->to == pair.local;
  if (proves && (stance.certified_dialback || stance.observe)) {
    if (!stance.certified_dialback)
      context.out.act(WouldRefuse{policy::refuse(Reason::kDialbackAttempted)});
    context.open_far_leg({pair.local, pair.remote, header});
    return OpeningFarLeg{std::move(pair), std::move(header), Proof::kDialback};
  }
  if (request && stance.observe) {
    context.out.act(WouldRefuse{policy::refuse(Reason::kDialbackAttempted)});
    context.open_far_leg({pair.local, pair.remote, header, Approach::kAnonymousTls});
    return OpeningUnauthenticated{std::move(header), again(*request, context)};
  }
  const auto refusal = policy::refuse(Reason::kDialbackAttempted);
  if (request && context.out.speaks_dialback())
    context.out.send(xmpp::write_dialback_error(request->verify, request->to, request->from,
                                                request->id, "not-authorized",
                                                context.told(refusal).text));
  return context.refuse({refusal});
}

}  // namespace portcullis::session::receiving
