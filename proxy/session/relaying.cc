#include "proxy/session/relaying.h"

namespace portcullis::session {
namespace {

using policy::Reason;

bool is_client_backend(const LegContext& context) {
  return context.kind() == StreamKind::kC2s && context.side() == Side::kBackend;
}

}  // namespace

Closed Relaying::on(const StreamClosed&, LegContext& context) && {
  context.tell_far(FarEnded{});
  context.say_end();
  return context.close({});
}

// Only <stream:error/> gets here; the guard deals with everything else.
Closed Relaying::on(const ElementReceived& event, LegContext& context) && {
  if (!is_stream_error(event.element)) return context.unexpected(name, Event(event).index());
  auto far = said_by(context.side(), xmpp::read_stream_error(event.element));
  const auto why = policy::id(far.refusal.reason);
  context.tell_far(std::move(far));
  context.say_end();
  return context.close(why);
}

Closed Relaying::on(const InputRefused& event, LegContext& context) && {
  return context.refuse({event.refusal, event.condition});
}

// On s2s the far end gets a proper end, so that it opens a new stream for its next stanza.
Closed Relaying::on(const TransportLost&, LegContext& context) && {
  if (context.kind() == StreamKind::kC2s)
    context.tell_far(FarLost{});
  else
    context.tell_far(FarEnded{});
  return context.close(
      policy::id(context.side() == Side::kWan ? Reason::kPeerLeft : Reason::kBackendUnavailable));
}

Closed Relaying::on(const DeadlineExpired&, LegContext& context) && {
  context.say_last(
      xmpp::write_stream_error("connection-timeout", "The stream was idle for too long.", {}));
  context.tell_far(FarEnded{});
  return context.close("idle");
}

// The backend of a client must see a loss: the client may resume its session through another
// instance (XEP-0198 section 5).
Closed Relaying::on(const ShutdownRequested&, LegContext& context) && {
  if (!is_client_backend(context)) return context.shut_down();
  return context.close(policy::id(Reason::kShuttingDown));
}

Closed Relaying::on(const FarFailed& event, LegContext& context) && {
  return context.far_failed(event);
}

Closed Relaying::on(const FarEnded&, LegContext& context) && {
  context.say_end();
  return context.close({});
}

Closed Relaying::on(const FarLost&, LegContext& context) && {
  return context.close(
      policy::id(context.side() == Side::kWan ? Reason::kBackendUnavailable : Reason::kPeerLeft));
}

}  // namespace portcullis::session
