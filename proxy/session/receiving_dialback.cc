#include "proxy/session/receiving_dialback.h"

#include <string>
#include <utility>

#include "proxy/session/header_basics.h"
#include "proxy/session/receiving_refused.h"
#include "proxy/session/relaying_words.h"
#include "proxy/xmpp/dialback.h"
#include "proxy/xmpp/features.h"
#include "proxy/xmpp/writer.h"

namespace portcullis::session::receiving {
namespace {

using policy::Reason;

// More than that is not read until the peer has answered. Nobody says so much in that time but who
// sends files.
constexpr std::size_t kMostKept = std::size_t{64} * 1024;

bool is_question(const xmpp::Element& element) {
  return element.name == "verify" && element.attribute("type") == nullptr;
}

std::chrono::seconds idle_time(const Context& context) {
  return std::chrono::seconds(context.profile.limits.idle_seconds.value_or(60));
}

Ending not_by_dialback(const DomainName& local) {
  return {because(Reason::kBackendMisconfigured,
                  "The backend began dialback for " + local.a_label() +
                      ", whose host has s2s_auth = \"tls\" in [host.backend]."),
          "not-authorized"};
}

// A stanza is said behind the answer that it may be said, and not before.
Ending too_early(const xmpp::Element& element) {
  if (!is_stanza(element)) return misplaced(element);
  return {because(Reason::kUnauthenticatedStanza,
                  "The backend sent a stanza before its <db:result/> was answered.")};
}

OneOf<ProvingBackend, Closed> prove(const xmpp::Element& element,
                                    const xmpp::DialbackRequest& request,
                                    const xmpp::StreamHeader& header, Context& context) {
  Addresses addresses{request.from, request.to};
  if (auto fault = check_served(context.profile, addresses)) return context.refuse(*fault);
  const auto& terms = context.dialback->terms;
  if (!terms.spoken(&*addresses.local)) return context.refuse(not_by_dialback(*addresses.local));
  context.dialback = std::make_shared<const AnsweredDialback>(
      AnsweredDialback{terms, addresses.local, addresses.remote});
  context.out.act(ProveBackend{*addresses.local, *addresses.remote,
                               context.out.progress().header->id.value_or(""), request.key});
  return ProvingBackend{Pair{*addresses.local, *addresses.remote}, header,
                        xmpp::write_dialback_answer(element, "valid")};
}

void keep(KeptStanzas& kept, const xmpp::Element& element, Context& context) {
  kept.bytes += xmpp::serialize(element, context.out.content_ns());
  if (kept.bytes.size() > kMostKept) context.out.act(HoldInput{.authenticated = true});
}

}  // namespace

Closed leave(std::string words, Context& context) {
  return context.part({.words = std::move(words), .far = std::nullopt, .why = {}});
}

std::string idle_words() {
  return timed_out("Nothing was said on this stream for too long.");
}

bool is_for_dialback(const ReceivingProfile& profile, const xmpp::StreamHeader& header) {
  if (profile.side != Side::kBackend || !profile.dialback.spoken) return false;
  if (!header.from) return profile.dialback.spoken(nullptr);
  const auto& domain = header.from->domain();
  return domain && profile.dialback.spoken(&*domain);
}

AwaitingDialback speak_dialback(const xmpp::StreamHeader& header, Context& context) {
  context.dialback =
      std::make_shared<const AnsweredDialback>(AnsweredDialback{context.profile.dialback});
  context.out.speak_dialback();
  context.out.act(ArmDeadline{context.profile.negotiation});
  const bool old = !header.speaks_xmpp_1();
  if (old) {
    auto answer = *context.out.progress().header;
    answer.version.reset();
    context.out.set_header(std::move(answer));
  }
  context.out.send_header(old ? std::string()
                              : xmpp::write_dialback_features(context.profile.limits));
  return {header};
}

// ---- awaiting-dialback

OneOf<AwaitingDialback, ProvingBackend, Closed> AwaitingDialback::on(const ElementReceived& event,
                                                                     Context& context) && {
  const auto& element = event.element;
  if (!xmpp::is_dialback(element))
    return is_stream_error(element) ? context.refuse_element(element)
                                    : context.refuse(too_early(element));
  if (element.name == "result" && element.attribute("type") == nullptr)
    if (const auto request = xmpp::read_dialback_request(element))
      return prove(element, *request, header, context);
  if (const auto fault = answer_dialback(element, context)) return context.refuse(*fault);
  const bool asks = is_question(element);
  if (asks) context.out.act(ArmDeadline{context.profile.negotiation});
  return AwaitingDialback{std::move(header), asked || asks};
}

// Old servers look with a stream of its own whether TLS is offered.
Closed AwaitingDialback::on(const StreamClosed&, Context& context) && {
  return leave(end_tag(), context);
}

Closed AwaitingDialback::on(const TransportLost&, Context& context) && {
  return leave({}, context);
}

Closed AwaitingDialback::on(const DeadlineExpired& event, Context& context) && {
  return asked ? leave(idle_words(), context) : Negotiating::on(event, context);
}

// ---- proving-backend

AwaitingStanza ProvingBackend::on(const PeerAccepted&, Context& context) && {
  context.out.send(std::move(valid));
  context.out.act(TrustInput{});
  context.out.act(ArmDeadline{idle_time(context)});
  return {std::move(pair), std::move(header)};
}

Closed ProvingBackend::on(const PeerRefused& event, Context& context) && {
  return context.refuse({event.refusal});
}

OneOf<ProvingBackend, Closed> ProvingBackend::on(const ElementReceived& event,
                                                 Context& context) && {
  if (!xmpp::is_dialback(event.element))
    return is_stream_error(event.element) ? context.refuse_element(event.element)
                                          : context.refuse(too_early(event.element));
  if (const auto fault = answer_dialback(event.element, context)) return context.refuse(*fault);
  return std::move(*this);
}

// ---- awaiting-stanza

OneOf<AwaitingStanza, OpeningForStanzas, Closed> AwaitingStanza::on(const ElementReceived& event,
                                                                    Context& context) && {
  if (xmpp::is_dialback(event.element)) {
    if (const auto fault = answer_dialback(event.element, context)) return context.refuse(*fault);
    if (is_question(event.element)) context.out.act(ArmDeadline{idle_time(context)});
    return std::move(*this);
  }
  if (is_stream_error(event.element)) return leave(end_tag(), context);
  if (!is_stanza(event.element)) return context.refuse_element(event.element);
  KeptStanzas kept;
  context.out.act(HoldInput{.only_loss = true});
  keep(kept, event.element, context);
  context.out.act(ArmDeadline{context.profile.negotiation});
  context.open_far_leg({pair.local, pair.remote, header});
  return OpeningForStanzas{std::move(header), std::move(kept)};
}

Closed AwaitingStanza::on(const StreamClosed&, Context& context) && {
  return leave(end_tag(), context);
}

Closed AwaitingStanza::on(const TransportLost&, Context& context) && {
  return leave({}, context);
}

Closed AwaitingStanza::on(const DeadlineExpired&, Context& context) && {
  return leave(idle_words(), context);
}

// ---- opening-for-stanzas

// What is no stanza is kept, too: the guard judges it in its order.
OneOf<OpeningForStanzas, Closed> OpeningForStanzas::on(const ElementReceived& event,
                                                       Context& context) && {
  if (xmpp::is_dialback(event.element)) {
    if (const auto fault = answer_dialback(event.element, context)) return context.refuse(*fault);
    return std::move(*this);
  }
  if (!kept.ended) keep(kept, event.element, context);
  return std::move(*this);
}

OpeningForStanzas OpeningForStanzas::on(const StreamClosed&, Context&) && {
  if (!std::exchange(kept.ended, true)) kept.bytes += xmpp::kStreamEnd;
  return std::move(*this);
}

// What was kept before is answered, with the refusal; nothing more is read as a stanza.
HearingRefused OpeningForStanzas::on(const InputRefused& event, Context& context) && {
  FarFailed far{event.refusal, event.condition};
  context.tell_far(far);
  return hear_server(header, std::move(far), context, std::move(kept.bytes));
}

OpeningForStanzas OpeningForStanzas::on(const FarAuthenticated&, Context& context) && {
  context.tell_far(FarHeader{header});
  return std::move(*this);
}

Relaying OpeningForStanzas::on(const FarFeatures&, Context& context) && {
  return relay({.peer_header = std::move(header), .first = std::move(kept.bytes)}, context);
}

HearingRefused OpeningForStanzas::on(const FarFailed& event, Context& context) && {
  return hear_server(header, event, context, std::move(kept.bytes));
}

HearingRefused OpeningForStanzas::on(const DeadlineExpired&, Context& context) && {
  return hear_server(header, far_is_late(context), context, std::move(kept.bytes));
}

// The peer may still be looked for, and then nobody else tells that it is not wanted any more.
HearingRefused OpeningForStanzas::on(const ShutdownRequested&, Context& context) && {
  context.tell_far(shutting_down());
  return hear_server(header, shutting_down(), context, std::move(kept.bytes));
}

}  // namespace portcullis::session::receiving
