#include "proxy/session/initiating_states.h"
#include "proxy/session/login.h"
#include "proxy/xmpp/channel_binding.h"
#include "proxy/xmpp/features.h"
#include "proxy/xmpp/writer.h"

// A client's login at the backend: we write to the backend what the client said.
namespace portcullis::session::initiating {
namespace {

using policy::Reason;

bool offers_login(const xmpp::Element& features) {
  const auto* mechanisms = features.child(xmpp::ns::kSasl, "mechanisms");
  return (mechanisms != nullptr && !mechanisms->children.empty()) ||
         features.child(xmpp::ns::kSasl2, "authentication") != nullptr ||
         features.child(xmpp::ns::kIqAuthFeature, "auth") != nullptr;
}

constexpr std::string_view kOnlyWithTls =
    "The backend offers no login without TLS. Set c2s_tls = \"starttls\" in [host.backend], or "
    "have it offer one: Prosody: c2s_require_encryption = false; ejabberd: remove "
    "starttls_required from the c2s listener; Openfire: xmpp.client.tls.policy = optional.";

constexpr std::string_view kNoEndPoint =
    "The backend does not offer the channel binding \"tls-server-end-point\" to clients, but "
    "channel_binding = \"end-point\" in [host.backend] demands it. Prosody 13: set "
    "tls_server_end_point_hash to the hash of the certificate, in hexadecimal; ejabberd: 24.12 or "
    "later. With others, remove channel_binding.";
constexpr std::string_view kForeignHash =
    "The backend's challenge has a hash of all channel-binding types that it offers (XEP-0474), "
    "but "
    "not all of them can pass the gate: clients that check it do not log in. ejabberd: "
    "disable_sasl_scram_downgrade_protection: true.";

// A login must not be bound to a connection that ends here.
void show_features(const xmpp::Element& features, Context& context) {
  auto offer = xmpp::offer_bindings(features, context.binding.passes);
  context.binding.hides_types = offer.hides_types;
  context.tell_far(FarFeatures{std::move(offer.features)});
}

// Told once in a login.
void mind_hash(const xmpp::Element& element, Context& context) {
  if (!context.binding.hides_types || !xmpp::hashes_the_offer(element)) return;
  context.binding.hides_types = false;
  context.out.act(Remark{because(Reason::kBackendMisconfigured, kForeignHash)});
}

void say(const xmpp::Element& element, Context& context) {
  context.out.send(xmpp::serialize(element, context.out.content_ns()));
}

}  // namespace

OneOf<AwaitingMechanisms, Closed> AwaitingLoginHeader::on(const HeaderReceived& event,
                                                          Context& context) && {
  if (const auto fault = context.check(event.header)) return context.refuse(*fault);
  context.tell_far(FarHeader{event.header});
  return AwaitingMechanisms{event.header};
}

OneOf<LoggingIn, Closed> AwaitingMechanisms::on(const ElementReceived& event, Context& context) && {
  const auto& element = event.element;
  if (!element.is(xmpp::ns::kStream, "features")) return context.refuse_reply(element);
  if (!context.profile.client_tls && xmpp::offers_starttls(element) && !offers_login(element))
    return context.refuse({because(Reason::kBackendMisconfigured, kOnlyWithTls)});
  if (context.profile.end_point_binding && !xmpp::offers_end_point_binding(element))
    return context.refuse({because(Reason::kBackendWithoutBinding, kNoEndPoint)});
  context.backend = BackendLeg::kStands;
  show_features(element, context);
  return LoggingIn{std::move(header)};
}

OneOf<LoggingIn, AwaitingLoginFeatures, AwaitingFarRestart, Relaying, Closed> LoggingIn::on(
    const ElementReceived& event, Context& context) && {
  if (!is_host_login_element(event.element)) return context.refuse_reply(event.element);
  mind_hash(event.element, context);
  context.tell_far(FarElement{event.element});
  if (is_sasl2_success(event.element)) {
    context.out.act(ArmDeadline{context.profile.negotiation});
    return AwaitingLoginFeatures{std::move(header), begins_stream_management(event.element)};
  }
  if (request.hears(event.element) == IqRequest::Answer::kGranted)
    return relay({std::move(header)}, context);
  if (!is_sasl_success(event.element)) return std::move(*this);
  context.out.restart_stream();
  return AwaitingFarRestart{};
}

LoggingIn LoggingIn::on(const FarElement& event, Context& context) && {
  request.asks(event.element);
  say(event.element, context);
  return std::move(*this);
}

LoggingIn LoggingIn::on(const DeadlineExpired&, Context&) && {
  return std::move(*this);
}

OneOf<AwaitingLoginFeatures, Relaying, Closed> AwaitingLoginFeatures::on(
    const ElementReceived& event, Context& context) && {
  if (event.element.is(xmpp::ns::kStream, "features")) {
    show_features(event.element, context);
    return relay({std::move(header), {}, managed}, context);
  }
  if (!may_follow_login(event.element)) return context.refuse_reply(event.element);
  managed = managed || begins_stream_management(event.element);
  context.tell_far(FarElement{event.element});
  return std::move(*this);
}

AwaitingSessionHeader AwaitingFarRestart::on(const FarHeader& event, Context& context) && {
  context.repeat(event.header);
  context.out.act(ArmDeadline{context.profile.negotiation});
  context.out.send_header();
  return AwaitingSessionHeader{};
}

AwaitingFarRestart AwaitingFarRestart::on(const DeadlineExpired&, Context&) && {
  return *this;
}

OneOf<AwaitingSessionFeatures, Closed> AwaitingSessionHeader::on(const HeaderReceived& event,
                                                                 Context& context) && {
  if (const auto fault = context.check(event.header)) return context.refuse(*fault);
  context.tell_far(FarHeader{event.header});
  return AwaitingSessionFeatures{event.header};
}

OneOf<Relaying, Closed> AwaitingSessionFeatures::on(const ElementReceived& event,
                                                    Context& context) && {
  if (!event.element.is(xmpp::ns::kStream, "features")) return context.refuse_reply(event.element);
  show_features(event.element, context);
  return relay({std::move(header)}, context);
}

}  // namespace portcullis::session::initiating
