#include "proxy/session/receiving_leg.h"

#include <utility>

#include "proxy/session/header_basics.h"
#include "proxy/session/negotiated_leg.h"
#include "proxy/session/receiving_states.h"

namespace portcullis::session {
namespace receiving {

Context::Context(ReceivingProfile p)
    : LegContext(
          {.kind = p.kind,
           .side = p.side,
           // With this condition a backend tells its users that a domain cannot be reached.
           .far_failure_condition = p.side == Side::kBackend ? "remote-connection-failed" : "",
           .born_with_far = false,
           .add_help = std::move(p.add_help)},
          {.header = bare_header(p.kind), .new_stream_id = p.new_stream_id, .dialback = false}),
      profile(std::move(p)) {}

RemoteStance Context::stance_of(const DomainName& local, const DomainName& remote) const {
  return profile.stance ? profile.stance(local, remote) : RemoteStance{};
}

Closed Negotiating::on(const StreamClosed&, Context& context) {
  return context.ended_by_peer({left_by(context.side(), "it closed the stream"), {}});
}

Closed Negotiating::on(const InputRefused& event, Context& context) {
  return context.refuse({event.refusal, event.condition});
}

Closed Negotiating::on(const TransportLost& event, Context& context) {
  return context.refuse_unsaid(left_by(context.side(), event.detail));
}

Closed Negotiating::on(const DeadlineExpired&, Context& context) {
  return context.refuse({late(context.side(), context.profile.negotiation)});
}

Closed Negotiating::on(const ShutdownRequested&, Context& context) {
  return context.shut_down();
}

Closed BeforeTls::on(const DeadlineExpired&, Context& context) {
  return context.refuse({late(context.side(), context.profile.before_tls)});
}

Closed Negotiating::on(const FarFailed& event, Context& context) {
  return context.far_failed(event);
}

Closed Negotiating::on(const FarEnded&, Context& context) {
  return far_left(context, "it closed the stream");
}

Closed Negotiating::on(const FarLost&, Context& context) {
  return far_left(context, "its connection was lost");
}

Closed AwaitingFar::on(const ElementReceived& event, Context& context) {
  return context.refuse_element(event.element);
}

Closed AwaitingFar::on(const DeadlineExpired&, Context& context) {
  return context.refuse({late(Side::kWan, context.profile.negotiation)});
}

}  // namespace receiving

struct ReceivingLeg::Impl : NegotiatedLeg<receiving::Context, receiving::State> {
  using NegotiatedLeg::NegotiatedLeg;
};

ReceivingLeg::ReceivingLeg(ReceivingProfile profile)
    : impl_(std::make_unique<Impl>(std::move(profile))) {}
ReceivingLeg::ReceivingLeg(ReceivingLeg&&) noexcept = default;
ReceivingLeg& ReceivingLeg::operator=(ReceivingLeg&&) noexcept = default;
ReceivingLeg::~ReceivingLeg() = default;

Actions ReceivingLeg::handle(const Event& event) {
  return impl_->handle(event);
}

std::string_view ReceivingLeg::state_name() const {
  return impl_->state_name();
}

}  // namespace portcullis::session
