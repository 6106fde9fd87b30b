#include "proxy/session/initiating_leg.h"

#include <utility>

#include "proxy/session/backend_words.h"
#include "proxy/session/header_basics.h"
#include "proxy/session/initiating_states.h"
#include "proxy/session/negotiated_leg.h"
#include "proxy/xmpp/dialback.h"

namespace portcullis::session {
namespace initiating {
namespace {

using policy::Reason;

xmpp::StreamHeader first_header(const InitiatingProfile& profile) {
  auto header = bare_header(profile.kind);
  if (profile.kind == StreamKind::kC2s) {
    if (profile.initial_header && !profile.client_tls) header.from = profile.initial_header->from;
  } else if (profile.from) {
    header.from = *profile.from;
  }
  header.to = profile.to;
  if (!is_certified(profile.approach) && profile.initial_header) {
    header.lang = profile.initial_header->lang;
    header.declared = profile.initial_header->declared;
  }
  return header;
}

BackendLeg first_backend_leg(const InitiatingProfile& profile) {
  if (is_observed(profile.approach)) return BackendLeg::kAnonymous;
  const bool clear_client = profile.kind == StreamKind::kC2s && !profile.client_tls;
  return clear_client ? BackendLeg::kOpening : BackendLeg::kUnproved;
}

// A backend that leaves as soon as it hears us may have expected other octets in front.
policy::Refusal backend_left(const std::string& how, const Context& context) {
  const bool early =
      context.backend == BackendLeg::kUnproved || context.backend == BackendLeg::kOpening;
  return left_by(Side::kBackend, early ? how + "; " + about_proxy_header(context.kind()) : how);
}

}  // namespace

Context::Context(InitiatingProfile p)
    : LegContext(
          {.kind = p.kind,
           .side = p.side,
           .far_failure_condition = {},
           .born_with_far = true,
           .observed = is_observed(p.approach),
           .add_help = std::move(p.add_help)},
          {.header = first_header(p), .new_stream_id = {}, .dialback = !is_certified(p.approach)}),
      profile(std::move(p)) {
  if (profile.client_tls || profile.approach == Approach::kExternalOrDialback)
    held_back_ = std::move(profile.initial_header);
  else if (profile.kind == StreamKind::kC2s && profile.initial_header)
    repeat(*profile.initial_header);
  profile.initial_header.reset();
  backend = first_backend_leg(profile);
  redirects = profile.redirects;
}

void Context::release_header() {
  if (held_back_) repeat(*held_back_);
  held_back_.reset();
}

void Context::repeat(const xmpp::StreamHeader& far) {
  auto header = out.first_header();
  if (profile.kind == StreamKind::kC2s && far.from) header.from = far.from;
  header.lang = far.lang;
  header.declared = far.declared;
  out.set_header(std::move(header));
}

Ending Context::blame(Reason reason, std::string_view backend_text) const {
  if (side() == Side::kWan) return {policy::refuse(reason)};
  return {because(Reason::kBackendMisconfigured, backend_text)};
}

Ending Context::blame(const policy::Refusal& found) const {
  if (side() == Side::kWan || is_about_us(found.reason)) return {found};
  return {because(Reason::kBackendMisconfigured, "On the way to the backend: " + found.text)};
}

Closed Context::refuse_reply(const xmpp::Element& element) {
  if (profile.approach == Approach::kExternalOrDialback && xmpp::is_dialback(element) &&
      element.attribute("type") != nullptr)
    return refuse({policy::refuse(Reason::kUnaskedAnswer)});
  if (is_stream_error(element) || side() == Side::kWan) return refuse_element(element);
  return refuse({because(Reason::kBackendMisconfigured,
                         "The backend sent <" + element.name + "/> (" + element.ns +
                             ") where its stream features or an answer was due."),
                 "unsupported-stanza-type"});
}

std::optional<Ending> Context::check(const xmpp::StreamHeader& header) const {
  const auto ns = content_namespace(profile.kind);
  if (side() == Side::kBackend && speaks_to_others(profile.kind, header.content_ns))
    return Ending{because(Reason::kBackendMisconfigured, swapped_ports(profile.kind)),
                  "invalid-namespace"};
  if (header.content_ns != ns) {
    const std::string detail = "the content namespace must be " + std::string(ns);
    auto ending = blame(policy::refuse(Reason::kXmlInvalid, {{"detail", detail}}));
    ending.condition = "invalid-namespace";
    return ending;
  }
  if (header.speaks_xmpp_1() || !authenticates()) return std::nullopt;
  auto ending = blame(Reason::kUnsupportedVersion, older_than_xmpp(profile.kind));
  ending.condition = "unsupported-version";
  return ending;
}

// A backend that closes the stream when nothing of our leg is left to be done does not want the
// other side; it only does not say why.
Closed Negotiating::on(const StreamClosed&, Context& context) {
  constexpr std::string_view kClosed = "it closed the stream";
  if (context.side() == Side::kWan)
    return context.ended_by_peer(
        {policy::refuse(Reason::kRefusedByPeer,
                        {{"detail", std::string(kClosed).append(context.declined)}}),
         {}});
  if (context.backend == BackendLeg::kStands)
    return context.ended_by_peer(
        {because(Reason::kRefusedByBackend, "The backend closed the stream without a word."),
         "undefined-condition", policy::refuse(Reason::kRefusedByBackend)});
  return context.ended_by_peer({left_by(Side::kBackend, kClosed), {}});
}

Closed Negotiating::on(const InputRefused& event, Context& context) {
  auto ending = context.side() == Side::kWan ? Ending{event.refusal}
                                             : Ending{unfit_of_backend(event.refusal)};
  ending.condition =
      event.condition.empty() ? policy::info(event.refusal.reason).condition : event.condition;
  return context.refuse(ending);
}

Closed Negotiating::on(const TransportLost& event, Context& context) {
  const std::string detail = "it closed the connection: " + event.detail;
  return context.refuse_unsaid(context.side() == Side::kWan
                                   ? policy::refuse(Reason::kRefusedByPeer, {{"detail", detail}})
                                   : backend_left(event.detail, context));
}

Closed Negotiating::on(const DeadlineExpired&, Context& context) {
  return context.refuse({late(context.side(), context.profile.negotiation)});
}

Closed Negotiating::on(const ShutdownRequested&, Context& context) {
  return context.shut_down();
}

Closed Negotiating::on(const FarFailed& event, Context& context) {
  // The words of the refusal may be the client's own.
  if (context.holds_client_back())
    return context.far_failed({left_by(Side::kWan, "it is gone"), {}});
  return context.far_failed(event);
}

Closed Negotiating::on(const FarEnded&, Context& context) {
  return far_left(context, "it closed the stream");
}

Closed Negotiating::on(const FarLost&, Context& context) {
  return far_left(context, "its connection was lost");
}

Closed BeforeTls::on(const TransportLost& event, Context& context) {
  return context.refuse_unsaid(
      context.side() == Side::kWan
          ? policy::refuse(Reason::kPeerUnreachable, {{"detail", event.detail}})
          : backend_left(event.detail, context));
}

Closed Listening::on(const ElementReceived& event, Context& context) {
  return context.refuse_reply(event.element);
}

Closed BeforeOurHeader::on(const HeaderReceived&, Context& context) {
  auto ending = context.blame(policy::refuse(
      Reason::kXmlInvalid, {{"detail", "a stream header came before the one that it answers"}}));
  ending.condition = "bad-format";
  return context.refuse(ending);
}

}  // namespace initiating

struct InitiatingLeg::Impl : NegotiatedLeg<initiating::Context, initiating::State> {
  using NegotiatedLeg::NegotiatedLeg;
};

InitiatingLeg::InitiatingLeg(InitiatingProfile profile)
    : impl_(std::make_unique<Impl>(std::move(profile))) {}
InitiatingLeg::InitiatingLeg(InitiatingLeg&&) noexcept = default;
InitiatingLeg& InitiatingLeg::operator=(InitiatingLeg&&) noexcept = default;
InitiatingLeg::~InitiatingLeg() = default;

Actions InitiatingLeg::handle(const Event& event) {
  return impl_->handle(event);
}

std::string_view InitiatingLeg::state_name() const {
  return impl_->state_name();
}

}  // namespace portcullis::session
