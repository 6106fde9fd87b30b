#include "proxy/session/initiating_observed.h"

#include <utility>

#include "proxy/xmpp/features.h"
#include "proxy/xmpp/sasl_external.h"

namespace portcullis::session::initiating {
namespace {

using policy::Reason;

State release(const xmpp::StreamHeader& header, bool tls, bool external, Context& context) {
  context.tell_far(FarOpen{header, tls, external});
  return AwaitingRelease{header, external};
}

// What a peer lacks is noted; what the backend lacks is its own business here.
void note(Reason reason, Context& context) {
  if (context.side() == Side::kWan) context.act(WouldRefuse{policy::refuse(reason)});
}

}  // namespace

State open_old(const xmpp::StreamHeader& header, Context& context) {
  note(Reason::kUnsupportedVersion, context);
  return release(header, false, false, context);
}

bool stays_in_the_clear(const xmpp::Element& features, const Context& context) {
  if (context.authenticates()) return false;
  return context.profile.approach == Approach::kAnonymousClear || !xmpp::offers_starttls(features);
}

State open_in_the_clear(const xmpp::StreamHeader& header, Context& context) {
  note(Reason::kStarttlsNotOffered, context);
  return release(header, false, false, context);
}

State Judging::on(const PeerObserved&, Context& context) && {
  if (context.profile.approach != Approach::kObserve)
    return context.unexpected(name, Event(PeerObserved{}).index());
  context.send_header();
  return AwaitingSecuredHeader{false};
}

State open_under_tls(const xmpp::StreamHeader& header, bool certified, bool offers_external,
                     Context& context) {
  if (context.side() == Side::kBackend) return release(header, true, false, context);
  if (certified && !offers_external) note(Reason::kExternalNotOffered, context);
  return release(header, true, certified && offers_external, context);
}

State AwaitingRelease::on(const FarReady&, Context& context) && {
  if (!external) {
    context.start_relay(std::move(header));
    return Relaying{};
  }
  context.act(ArmDeadline{context.profile.negotiation});
  context.send(xmpp::write_external_auth(*context.profile.from));
  return AwaitingSuccess{std::move(header)};
}

Closed AwaitingRelease::on(const FarEnded&, Context& context) && {
  return context.ended_by_peer(left_by(context.side(), "it is no longer wanted"));
}

State AwaitingRelease::on(const DeadlineExpired&, Context&) && {
  return std::move(*this);
}

State go_on_declined(xmpp::StreamHeader header, const policy::Refusal& refusal,
                     const std::string& condition, Context& context) {
  context.act(WouldRefuse{refusal});
  context.tell_far(FarDeclined{condition});
  context.start_relay(std::move(header));
  return Relaying{};
}

}  // namespace portcullis::session::initiating
