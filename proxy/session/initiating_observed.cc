#include "proxy/session/initiating_observed.h"

#include <utility>

#include "proxy/xmpp/features.h"
#include "proxy/xmpp/sasl_external.h"

namespace portcullis::session::initiating {
namespace {

using policy::Reason;

AwaitingRelease release(const xmpp::StreamHeader& header, bool tls, bool external,
                        Context& context) {
  context.tell_far(FarOpen{header, tls, external});
  return AwaitingRelease{header, external};
}

// If a peer lacks something, that is noted. What the backend lacks does not count in observe mode.
void note(Reason reason, Context& context) {
  if (context.side() == Side::kWan) context.out.act(WouldRefuse{policy::refuse(reason)});
}

}  // namespace

AwaitingRelease open_old(const xmpp::StreamHeader& header, Context& context) {
  note(Reason::kUnsupportedVersion, context);
  return release(header, false, false, context);
}

bool stays_in_the_clear(const xmpp::Element& features, const Context& context) {
  if (context.authenticates()) return false;
  return context.profile.approach == Approach::kAnonymousClear || !xmpp::offers_starttls(features);
}

AwaitingRelease open_in_the_clear(const xmpp::StreamHeader& header, Context& context) {
  note(Reason::kStarttlsNotOffered, context);
  return release(header, false, false, context);
}

OneOf<AwaitingSecuredHeader, Closed> Judging::on(const PeerObserved&, Context& context) && {
  if (context.profile.approach != Approach::kObserve)
    return context.unexpected(name, PeerObserved::name);
  context.out.send_header();
  return AwaitingSecuredHeader{false};
}

AwaitingRelease open_under_tls(const xmpp::StreamHeader& header, bool certified,
                               bool offers_external, Context& context) {
  if (context.side() == Side::kBackend) return release(header, true, false, context);
  if (certified && !offers_external) note(Reason::kExternalNotOffered, context);
  return release(header, true, certified && offers_external, context);
}

OneOf<AwaitingSuccess, Relaying> AwaitingRelease::on(const FarReady&, Context& context) && {
  if (!external) {
    return relay({std::move(header)}, context);
  }
  context.out.act(ArmDeadline{context.profile.negotiation});
  context.out.send(xmpp::write_external_auth(*context.profile.from));
  return AwaitingSuccess{std::move(header), {}};
}

Closed AwaitingRelease::on(const FarEnded&, Context& context) && {
  return context.ended_by_peer({left_by(context.side(), "it is no longer wanted"), {}});
}

AwaitingRelease AwaitingRelease::on(const DeadlineExpired&, Context&) && {
  return std::move(*this);
}

Relaying go_on_declined(xmpp::StreamHeader header, const policy::Refusal& refusal,
                        const std::string& condition, Context& context) {
  context.out.act(WouldRefuse{refusal});
  context.tell_far(FarDeclined{condition});
  return relay({std::move(header)}, context);
}

}  // namespace portcullis::session::initiating
