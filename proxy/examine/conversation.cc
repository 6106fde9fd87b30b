#include "proxy/examine/conversation.h"

#include <string>

#include "proxy/examine/offer.h"
#include "proxy/session/ending.h"
#include "proxy/session/header_basics.h"
#include "proxy/xmpp/features.h"
#include "proxy/xmpp/sasl_external.h"
#include "proxy/xmpp/writer.h"

namespace portcullis::examine {
namespace {

using policy::Reason;
using session::Closed;

bool is_features(const xmpp::Element& element) {
  return element.is(xmpp::ns::kStream, "features");
}

std::string in_words(const xmpp::StreamErrorInfo& said) {
  if (said.text.empty()) return said.condition;
  return said.condition + " (" + std::string(policy::without_full_stop(said.text)) + ")";
}

}  // namespace

// ---- Context

void Context::send_header() {
  auto header = session::bare_header(question.kind);
  header.to = question.domain;
  if (question.kind != StreamKind::kC2s && question.from) header.from = *question.from;
  send(xmpp::write_header(header));
  in_stream = true;
}

Closed Context::finish() {
  findings.stage = Stage::kDone;
  if (in_stream) send(std::string(xmpp::kStreamEnd));
  actions.emplace_back(session::Close{});
  return {};
}

Closed Context::fail(policy::Refusal refusal) {
  findings.failure = Findings::Failure{findings.stage, std::move(refusal)};
  if (in_stream) send(std::string(xmpp::kStreamEnd));
  actions.emplace_back(session::Close{});
  return {};
}

Closed Context::fail_for(const xmpp::Element& element) {
  if (element.is(xmpp::ns::kStream, "error")) {
    const auto said = xmpp::read_stream_error(element);
    auto closed = fail(session::refused_by_peer(said));
    findings.failure->condition = policy::printable(said.condition);
    return closed;
  }
  return fail(session::misplaced(element).refusal);
}

std::optional<policy::Refusal> Context::fault_of(const xmpp::StreamHeader& header) const {
  const auto ns = session::content_namespace(question.kind);
  if (header.content_ns == ns) return std::nullopt;
  const std::string detail = "the content namespace must be " + std::string(ns);
  return policy::refuse(Reason::kXmlInvalid, {{"detail", detail}});
}

Closed Context::unexpected(std::string_view state, std::string_view event) {
  if (event != session::HeaderReceived::name && event != session::ElementReceived::name)
    return fail(session::because(
        Reason::kInternalError,
        std::string(event) + " in state " + std::string(state) + ", which does not expect it."));
  return fail(policy::refuse(Reason::kXmlInvalid,
                             {{"detail", "it says something that has no place at this point"}}));
}

// ---- How it may end anywhere

Closed Talking::on(const session::StreamClosed&, Context& context) {
  return context.fail(policy::refuse(Reason::kRefusedByPeer, {{"detail", "it closed the stream"}}));
}

Closed Talking::on(const session::InputRefused& event, Context& context) {
  return context.fail(event.refusal);
}

Closed Talking::on(const session::TransportLost& event, Context& context) {
  const std::string detail = "it closed the connection: " + event.detail;
  return context.fail(policy::refuse(Reason::kRefusedByPeer, {{"detail", detail}}));
}

Closed Talking::on(const session::DeadlineExpired&, Context& context) {
  return context.fail(session::late(Side::kWan, context.question.time));
}

Closed BeforeTls::on(const session::TransportLost& event, Context& context) {
  return context.fail(policy::refuse(Reason::kPeerUnreachable, {{"detail", event.detail}}));
}

// ---- In the clear

session::OneOf<AwaitingHeader, SecuringTls> AwaitingTransport::on(const session::TransportReady&,
                                                                  Context& context) && {
  if (context.question.entry == TlsEntry::kDirectTls) {
    context.findings.stage = Stage::kHandshake;
    context.actions.emplace_back(session::BeginTls{});
    return SecuringTls{};
  }
  context.findings.stage = Stage::kClear;
  context.send_header();
  return AwaitingHeader{};
}

session::OneOf<AwaitingFeatures, Closed> AwaitingHeader::on(const session::HeaderReceived& event,
                                                            Context& context) && {
  context.findings.content_ns = policy::printable(event.header.content_ns);
  if (auto fault = context.fault_of(event.header)) return context.fail(*std::move(fault));
  // A server from before XMPP 1.0 has no features, and so no TLS.
  if (!event.header.speaks_xmpp_1())
    return context.fail(policy::refuse(Reason::kUnsupportedVersion));
  return AwaitingFeatures{};
}

session::OneOf<AwaitingProceed, Closed> AwaitingFeatures::on(const session::ElementReceived& event,
                                                             Context& context) && {
  if (!is_features(event.element)) return context.fail_for(event.element);
  context.findings.clear = read_offer(event.element);
  if (context.question.depth == Depth::kClear) return context.finish();
  if (!context.findings.clear->starttls)
    return context.fail(policy::refuse(Reason::kStarttlsNotOffered));
  context.send(xmpp::write_starttls());
  return AwaitingProceed{};
}

session::OneOf<SecuringTls, Closed> AwaitingProceed::on(const session::ElementReceived& event,
                                                        Context& context) && {
  if (event.element.is(xmpp::ns::kTls, "failure"))
    return context.fail(policy::refuse(Reason::kTlsFailed,
                                       {{"detail", "<starttls/> was answered with <failure/>"}}));
  if (!event.element.is(xmpp::ns::kTls, "proceed")) return context.fail_for(event.element);
  context.findings.stage = Stage::kHandshake;
  context.in_stream = false;
  context.actions.emplace_back(session::BeginTls{});
  return SecuringTls{};
}

// ---- TLS

session::OneOf<AwaitingSecuredHeader, Closed> SecuringTls::on(const session::TlsEstablished&,
                                                              Context& context) && {
  context.findings.stage = Stage::kSecured;
  if (context.question.depth == Depth::kHandshake) return context.finish();
  context.restart();
  context.send_header();
  return AwaitingSecuredHeader{};
}

Closed SecuringTls::on(const session::TlsFailed& event, Context& context) && {
  return context.fail(event.refusal);
}

Closed SecuringTls::on(const session::PlaintextBehindTls&, Context& context) && {
  return context.fail(policy::refuse(Reason::kStarttlsInjection));
}

// ---- Under TLS

session::OneOf<AwaitingSecuredFeatures, Closed> AwaitingSecuredHeader::on(
    const session::HeaderReceived& event, Context& context) && {
  if (auto fault = context.fault_of(event.header)) return context.fail(*std::move(fault));
  if (!event.header.speaks_xmpp_1())
    return context.fail(policy::refuse(Reason::kUnsupportedVersion));
  return AwaitingSecuredFeatures{};
}

session::OneOf<AwaitingLogin, Closed> AwaitingSecuredFeatures::on(
    const session::ElementReceived& event, Context& context) && {
  if (!is_features(event.element)) return context.fail_for(event.element);
  const auto& question = context.question;
  context.findings.secured = read_offer(event.element);
  if (question.depth != Depth::kLogin || question.kind == StreamKind::kC2s || !question.from)
    return context.finish();
  if (!xmpp::offers_external(event.element)) {
    context.findings.login = Login::kNotOffered;
    return context.finish();
  }
  context.findings.stage = Stage::kLogin;
  context.send(xmpp::write_external_auth(*question.from));
  return AwaitingLogin{};
}

Closed AwaitingLogin::on(const session::ElementReceived& event, Context& context) && {
  if (event.element.is(xmpp::ns::kSasl, "success")) {
    context.findings.login = Login::kAccepted;
    // The stream that would begin now is not wanted: our end tag needs a header before it.
    context.in_stream = false;
    return context.finish();
  }
  if (!event.element.is(xmpp::ns::kSasl, "failure")) return context.fail_for(event.element);
  context.findings.login = Login::kDeclined;
  context.findings.login_words = in_words(xmpp::read_sasl_failure(event.element));
  return context.finish();
}

// ---- The machine

Actions Conversation::handle(const Event& event) {
  session::step(state_, event, context_);
  return std::exchange(context_.actions, {});
}

}  // namespace portcullis::examine
