#include "proxy/session/initiating_states.h"
#include "proxy/session/login.h"
#include "proxy/xmpp/features.h"
#include "proxy/xmpp/writer.h"

// A client's login, seen by the backend: what the client said, said by us.
namespace portcullis::session::initiating {
namespace {

using policy::Reason;

bool offers_login(const xmpp::Element& features) {
  const auto* mechanisms = features.child(xmpp::ns::kSasl, "mechanisms");
  return (mechanisms != nullptr && !mechanisms->children.empty()) ||
         features.child(xmpp::ns::kSasl2, "authentication") != nullptr;
}

constexpr std::string_view kOnlyWithTls =
    "The backend offers no login without TLS. Behind this gate it must: Prosody: "
    "c2s_require_encryption = false; ejabberd: remove starttls_required from the c2s listener.";

void say(const xmpp::Element& element, Context& context) {
  context.send(xmpp::serialize(element, context.content_ns()));
}

}  // namespace

State AwaitingLoginHeader::on(const HeaderReceived& event, Context& context) && {
  if (const auto fault = context.check(event.header)) return context.refuse(*fault);
  context.tell_far(FarHeader{event.header});
  return AwaitingMechanisms{event.header};
}

State AwaitingMechanisms::on(const ElementReceived& event, Context& context) && {
  const auto& element = event.element;
  if (!element.is(xmpp::ns::kStream, "features")) return context.refuse_reply(element);
  if (xmpp::offers_starttls(element) && !offers_login(element))
    return context.refuse({because(Reason::kBackendMisconfigured, kOnlyWithTls)});
  context.tell_far(FarFeatures{element});
  return LoggingIn{std::move(header)};
}

State LoggingIn::on(const ElementReceived& event, Context& context) && {
  if (!is_host_login_element(event.element)) return context.refuse_reply(event.element);
  context.tell_far(FarElement{event.element});
  if (is_sasl2_success(event.element)) {
    context.act(ArmDeadline{context.profile.negotiation});
    return AwaitingLoginFeatures{std::move(header)};
  }
  if (!is_sasl_success(event.element)) return std::move(*this);
  context.restart_stream();
  return AwaitingFarRestart{};
}

State LoggingIn::on(const FarElement& event, Context& context) && {
  say(event.element, context);
  return std::move(*this);
}

State LoggingIn::on(const DeadlineExpired&, Context&) && {
  return std::move(*this);
}

State AwaitingLoginFeatures::on(const ElementReceived& event, Context& context) && {
  if (event.element.is(xmpp::ns::kStream, "features")) {
    context.tell_far(FarFeatures{event.element});
    context.start_relay(std::move(header));
    return Relaying{};
  }
  if (!may_follow_login(event.element)) return context.refuse_reply(event.element);
  context.tell_far(FarElement{event.element});
  return std::move(*this);
}

State AwaitingLoginFeatures::on(const FarElement& event, Context& context) && {
  say(event.element, context);
  return std::move(*this);
}

State AwaitingFarRestart::on(const FarHeader& event, Context& context) && {
  context.repeat(event.header);
  context.act(ArmDeadline{context.profile.negotiation});
  context.send_header();
  return AwaitingSessionHeader{};
}

State AwaitingFarRestart::on(const DeadlineExpired&, Context&) && {
  return *this;
}

State AwaitingSessionHeader::on(const HeaderReceived& event, Context& context) && {
  if (const auto fault = context.check(event.header)) return context.refuse(*fault);
  context.tell_far(FarHeader{event.header});
  return AwaitingSessionFeatures{event.header};
}

State AwaitingSessionFeatures::on(const ElementReceived& event, Context& context) && {
  if (!event.element.is(xmpp::ns::kStream, "features")) return context.refuse_reply(event.element);
  context.tell_far(FarFeatures{event.element});
  context.start_relay(std::move(header));
  return Relaying{};
}

}  // namespace portcullis::session::initiating
