#include <algorithm>
#include <array>

#include "proxy/session/header_basics.h"
#include "proxy/session/login.h"
#include "proxy/session/receiving_refused.h"
#include "proxy/session/receiving_states.h"
#include "proxy/xmpp/features.h"
#include "proxy/xmpp/login_refusal.h"
#include "proxy/xmpp/writer.h"

// A client's login. SASL is between client and backend; each element is read and written anew.
namespace portcullis::session::receiving {
namespace {

using policy::Reason;

// No mechanism, registration form or number of typing errors needs that many.
constexpr std::size_t kMaxElements = 100;

std::optional<Ending> too_many(std::size_t& elements) {
  if (++elements <= kMaxElements) return std::nullopt;
  return Ending{because(Reason::kRateLimited, "The login took too many steps. Connect again.")};
}

void say(const xmpp::Element& element, Context& context) {
  context.out.send(xmpp::serialize(element, context.out.content_ns()));
}

// Our header, which repeats values of the backend's header: a client may use the id, and it needs
// the prefixes that the backend declared.
xmpp::StreamHeader header_for(const DomainName& local, const xmpp::StreamHeader& client,
                              const xmpp::StreamHeader* backend) {
  auto header = bare_header(StreamKind::kC2s);
  header.from = local;
  header.to = client.from;
  if (backend == nullptr) return header;
  header.id = backend->id;
  header.lang = backend->lang;
  header.declared = backend->declared;
  return header;
}

std::string through_the_gate(const xmpp::Element& features, const xmpp::StreamLimits& ours,
                             const Context& context) {
  return xmpp::serialize(xmpp::client_features(features, ours), context.out.content_ns());
}

void answer(Context& context, xmpp::StreamHeader header, const std::string& features) {
  context.out.set_header(std::move(header));
  context.out.send_header(features);
}

}  // namespace

OpeningLogin begin_login(DomainName local, const xmpp::StreamHeader& header, Context& context) {
  context.out.act(HoldInput{});
  context.open_far_leg({local, std::nullopt, header});
  return OpeningLogin{std::move(local), header};
}

OpeningLogin JudgingClient::on(const PeerAccepted&, Context& context) && {
  return begin_login(std::move(local), header, context);
}

OpeningLogin JudgingClient::on(const PeerObserved&, Context& context) && {
  return std::move(*this).on(PeerAccepted{}, context);
}

Closed JudgingClient::on(const PeerRefused& event, Context& context) && {
  return context.refuse({event.refusal});
}

Closed JudgingClient::on(const ElementReceived& event, Context& context) && {
  return context.refuse_element(event.element);
}

OpeningLogin OpeningLogin::on(const FarHeader& event, Context&) && {
  far_header = std::make_shared<const xmpp::StreamHeader>(event.header);
  return std::move(*this);
}

LoggingIn OpeningLogin::on(const FarFeatures& event, Context& context) && {
  answer(context, header_for(local, header, far_header.get()),
         through_the_gate(event.features, context.profile.login_limits, context));
  context.out.act(ReleaseInput{});
  return LoggingIn{std::move(local), std::move(header)};
}

OneOf<LoggingIn, Closed> LoggingIn::on(const ElementReceived& event, Context& context) && {
  if (!is_client_login_element(event.element)) return context.refuse_element(event.element);
  if (const auto fault = too_many(elements)) return context.refuse(*fault);
  if (const auto attempt = attempt_of(event.element)) {
    const auto& counter = context.profile.attempts;
    if (*attempt == Attempt::kLogin) open_login.begins(event.element, counter);
    if (counter.may_try && !counter.may_try(*attempt)) {
      open_login = {};  // the backend never hears of it
      const auto told =
          context.told({policy::Reason::kRateLimited, std::string(told_to_wait(*attempt))});
      context.out.send(xmpp::write_login_refusal(event.element, told.text));
      return std::move(*this);
    }
  }
  if (is_sasl(event.element) || is_iq_request(event.element)) context.out.act(HoldInput{});
  request.asks(event.element);
  context.tell_far(FarElement{event.element});
  return std::move(*this);
}

OneOf<LoggingIn, AwaitingLoginFeatures, AwaitingLoginHeader, Relaying> LoggingIn::on(
    const FarElement& event, Context& context) && {
  say(event.element, context);
  const auto answer = request.hears(event.element);
  if (is_sasl(event.element) || answer != IqRequest::Answer::kNone)
    open_login.hears(event.element, context.profile.attempts);
  if (is_sasl2_success(event.element)) {
    context.out.act(HoldInput{.authenticated = true});
    return AwaitingLoginFeatures{std::move(header), begins_stream_management(event.element)};
  }
  const bool success = is_sasl_success(event.element);
  if (success) context.out.restart_stream();
  if (answer == IqRequest::Answer::kGranted) return relay({std::move(header)}, context);
  if (is_sasl(event.element) || answer == IqRequest::Answer::kAnswered)
    context.out.act(ReleaseInput{});
  if (success) return AwaitingLoginHeader{std::move(local)};
  return std::move(*this);
}

AwaitingLoginFeatures AwaitingLoginFeatures::on(const FarElement& event, Context& context) && {
  managed = managed || begins_stream_management(event.element);
  say(event.element, context);
  return std::move(*this);
}

Relaying AwaitingLoginFeatures::on(const FarFeatures& event, Context& context) && {
  context.out.send(through_the_gate(event.features, context.profile.limits, context));
  return relay({std::move(header)}, context);
}

OneOf<AwaitingSessionFeatures, Closed> AwaitingLoginHeader::on(const HeaderReceived& event,
                                                               Context& context) && {
  context.out.set_header(header_for(local, event.header, nullptr));
  const auto addresses = addresses_of(context.profile, event.header, Required::kNothing);
  if (!addresses) return context.refuse(addresses.error());
  if (!same_addresses({local, std::nullopt}, *addresses))
    return context.refuse({policy::refuse(Reason::kIdentityChanged)});
  context.out.act(HoldInput{.authenticated = true});
  context.tell_far(FarHeader{event.header});
  return AwaitingSessionFeatures{std::move(local), event.header};
}

AwaitingSessionFeatures AwaitingSessionFeatures::on(const FarHeader& event, Context&) && {
  far_header = std::make_shared<const xmpp::StreamHeader>(event.header);
  return std::move(*this);
}

Relaying AwaitingSessionFeatures::on(const FarFeatures& event, Context& context) && {
  answer(context, header_for(local, header, far_header.get()),
         through_the_gate(event.features, context.profile.limits, context));
  return relay({std::move(header)}, context);
}

// ---- The backend fails although the client has logged in

// With stream management both ends know what has not arrived, as in ReturnUndelivered.
OneOf<HearingRefused, Closed> AwaitingLoginFeatures::on(const FarFailed& event,
                                                        Context& context) && {
  if (managed) return context.far_failed(event);
  return hear_client(header, event, context);
}

OneOf<HearingRefused, Closed> AwaitingLoginFeatures::on(const DeadlineExpired&,
                                                        Context& context) && {
  return std::move(*this).on(far_is_late(context), context);
}

OneOf<HearingRefused, Closed> AwaitingLoginFeatures::on(const ShutdownRequested&,
                                                        Context& context) && {
  return std::move(*this).on(shutting_down(), context);
}

// Our header comes before the answers.
HearingRefused AwaitingSessionFeatures::on(const FarFailed& event, Context& context) && {
  context.out.set_header(header_for(local, header, far_header.get()));
  context.out.send_header();
  return hear_client(header, event, context);
}

HearingRefused AwaitingSessionFeatures::on(const DeadlineExpired&, Context& context) && {
  return std::move(*this).on(far_is_late(context), context);
}

HearingRefused AwaitingSessionFeatures::on(const ShutdownRequested&, Context& context) && {
  return std::move(*this).on(shutting_down(), context);
}

}  // namespace portcullis::session::receiving
