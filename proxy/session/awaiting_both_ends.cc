#include "proxy/session/relaying.h"
#include "proxy/session/relaying_words.h"

// This end is still passed on, as in Relaying; but it was told its last words, as in AwaitingEnd.
namespace portcullis::session {

using policy::Reason;

AwaitingFarEnd AwaitingBothEnds::on(const StreamClosed& event, LegContext& context) && {
  return Relaying{}.on(event, context);
}

OneOf<AwaitingFarEnd, AwaitingBothEnds, Closed> AwaitingBothEnds::on(const ElementReceived& event,
                                                                     LegContext& context) && {
  if (is_asked(event.element, context)) return AwaitingBothEnds{};
  if (!is_stream_error(event.element)) return context.unexpected(name, ElementReceived::name);
  context.out.act(StopPassing{});
  context.tell_far(far_of(event.element, context));
  return AwaitingFarEnd{};
}

Closed AwaitingBothEnds::on(const InputRefused& event, LegContext& context) && {
  return Relaying{}.on(event, context);
}

// It was asked to go, so the far end is told of a proper end. What has not arrived here is
// answered.
OneOf<AwaitingFarEnd, Closed> AwaitingBothEnds::on(const TransportLost& event,
                                                   LegContext& context) && {
  if (!event.writable) {
    return_undelivered(event, context);
    return context.part(
        {.words = kNoWords, .far = FarEnded{}, .why = policy::id(lost(context.side()))});
  }
  context.tell_far(FarEnded{});
  return AwaitingFarEnd{};
}

Closed AwaitingBothEnds::on(const DeadlineExpired& event, LegContext& context) && {
  return AwaitingEnd{}.on(event, context);
}

// It has had its time, and the far end does not know yet.
Closed AwaitingBothEnds::on(const ShutdownRequested&, LegContext& context) && {
  return context.part(
      {.words = kNoWords, .far = FarEnded{}, .why = policy::id(Reason::kShuttingDown)});
}

Closed AwaitingBothEnds::on(const FarLost& event, LegContext& context) && {
  return AwaitingEnd{}.on(event, context);
}

}  // namespace portcullis::session
