#include "proxy/session/relaying.h"

#include "proxy/session/relaying_words.h"
#include "proxy/session/too_strict.h"

namespace portcullis::session {

using policy::Reason;

Relaying relay(StartRelay start, LegContext& context) {
  context.start_relay(std::move(start));
  return {};
}

// ---- relaying

AwaitingFarEnd Relaying::on(const StreamClosed&, LegContext& context) && {
  context.tell_far(FarEnded{});
  return {};
}

// The elements that arrive here are <stream:error/> and the dialback of a backend. The guard
// handles all others.
OneOf<Relaying, AwaitingFarEnd, Closed> Relaying::on(const ElementReceived& event,
                                                     LegContext& context) && {
  if (is_asked(event.element, context)) {
    if (const auto fault = answer_dialback(event.element, context)) return context.refuse(*fault);
    return Relaying{};
  }
  if (!is_stream_error(event.element)) return context.unexpected(name, ElementReceived::name);
  context.out.act(StopPassing{});
  context.tell_far(far_of(event.element, context));
  return AwaitingFarEnd{};
}

Closed Relaying::on(const InputRefused& event, LegContext& context) && {
  return context.refuse(ending_of(event, context));
}

// On s2s the stream to the far end is ended properly, so that it opens a new stream for its next
// stanza. An end that has only closed its own half may still read what the far end says.
OneOf<AwaitingFarEnd, Closed> Relaying::on(const TransportLost& event, LegContext& context) && {
  const auto why = policy::id(lost(context.side()));
  // A program that closes its connection reads no more of it: what was sent and is not acknowledged
  // is lost, whether the connection was reset or not.
  if (context.kind() == StreamKind::kC2s) {
    return_undelivered(event, context);
    return context.part({.words = kNoWords, .far = FarLost{event.managed}, .why = why});
  }
  if (!event.writable)
    return context.part({.words = kNoWords, .far = ended_by_loss(context, event), .why = why});
  context.tell_far(FarEnded{});
  return AwaitingFarEnd{};
}

Closed Relaying::on(const DeadlineExpired&, LegContext& context) && {
  return context.part(
      {.words = timed_out("The stream was idle for too long."), .far = FarEnded{}, .why = "idle"});
}

// On c2s, the backend must see a lost connection: the client may resume its session through another
// instance (XEP-0198 section 5).
OneOf<AwaitingBothEnds, Closed> Relaying::on(const ShutdownRequested& event,
                                             LegContext& context) && {
  if (event.this_end_first) {
    context.out.send_last(
        xmpp::write_stream_error(context.told(policy::refuse(Reason::kShuttingDown))));
    context.out.act(StopPassing{});
    return AwaitingBothEnds{};
  }
  if (!is_client_backend(context)) return context.shut_down();
  return context.part(
      {.words = kNoWords, .far = std::nullopt, .why = policy::id(Reason::kShuttingDown)});
}

AwaitingEnd Relaying::on(const FarFailed& event, LegContext& context) && {
  context.say_far_failed(event);
  context.out.act(StopPassing{});
  return {};
}

AwaitingEnd Relaying::on(const FarEnded&, LegContext& context) && {
  context.out.send_last(end_tag());
  context.out.act(StopPassing{});
  return {};
}

Closed Relaying::on(const FarLost& event, LegContext& context) && {
  const bool in_words = context.side() == Side::kWan && !event.managed;
  return context.part({.words = in_words ? server_lost(context) : kNoWords,
                       .far = std::nullopt,
                       .why = policy::id(lost(other(context.side())))});
}

Relaying Relaying::on(const FarUndelivered& event, LegContext& context) && {
  context.out.send(event.errors);
  return {};
}

// Whoever closed it tells this leg why right behind this event.
Relaying Relaying::on(const FarClosed&, LegContext&) && {
  return {};
}

// ---- awaiting-far-end

// The driver reads nothing more of this end.
AwaitingFarEnd AwaitingFarEnd::on(const StreamClosed&, LegContext&) && {
  return {};
}

AwaitingFarEnd AwaitingFarEnd::on(const ElementReceived&, LegContext&) && {
  return {};
}

Closed AwaitingFarEnd::on(const InputRefused& event, LegContext& context) && {
  return context.refuse({event.refusal, event.condition});
}

// Most ends close their half of the connection right behind their last word.
OneOf<AwaitingFarEnd, Closed> AwaitingFarEnd::on(const TransportLost& event,
                                                 LegContext& context) && {
  if (event.writable) return AwaitingFarEnd{};
  return_undelivered(event, context);
  return context.part({.words = kNoWords, .far = std::nullopt, .why = {}});
}

Closed AwaitingFarEnd::on(const DeadlineExpired&, LegContext& context) && {
  return context.part({.words = timed_out("The other side did not end its stream in time."),
                       .far = std::nullopt,
                       .why = "lingered"});
}

Closed AwaitingFarEnd::on(const ShutdownRequested&, LegContext& context) && {
  return context.shut_down();
}

Closed AwaitingFarEnd::on(const FarFailed& event, LegContext& context) && {
  return context.far_failed(event);
}

Closed AwaitingFarEnd::on(const FarEnded&, LegContext& context) && {
  return context.part({.words = end_tag(), .far = std::nullopt, .why = {}});
}

AwaitingFarEnd AwaitingFarEnd::on(const FarUndelivered& event, LegContext& context) && {
  context.out.send(event.errors);
  return {};
}

Closed AwaitingFarEnd::on(const FarLost&, LegContext& context) && {
  return context.part(
      {.words = kNoWords, .far = std::nullopt, .why = policy::id(lost(other(context.side())))});
}

Closed AwaitingFarEnd::on(const FarClosed&, LegContext& context) && {
  return context.part({.words = end_tag(), .far = std::nullopt, .why = {}});
}

// ---- awaiting-end

Closed AwaitingEnd::on(const StreamClosed&, LegContext& context) && {
  return context.part({.words = kNoWords, .far = FarEnded{}, .why = {}});
}

// Nothing can be answered any more.
OneOf<AwaitingEnd, Closed> AwaitingEnd::on(const ElementReceived& event, LegContext& context) && {
  if (is_asked(event.element, context)) return AwaitingEnd{};
  auto far = far_of(event.element, context);
  const auto why = policy::id(far.refusal.reason);
  return context.part({.words = kNoWords, .far = std::move(far), .why = why});
}

Closed AwaitingEnd::on(const InputRefused& event, LegContext& context) && {
  return context.refuse_unsaid(event.refusal);
}

Closed AwaitingEnd::on(const TransportLost& event, LegContext& context) && {
  return_undelivered(event, context);
  return context.part({.words = kNoWords,
                       .far = ended_by_loss(context, event),
                       .why = policy::id(lost(context.side()))});
}

Closed AwaitingEnd::on(const DeadlineExpired&, LegContext& context) && {
  FarFailed far{because(lost(context.side()), "The other side did not end its stream in time."),
                "connection-timeout"};
  return context.part({.words = kNoWords, .far = std::move(far), .why = "lingered"});
}

Closed AwaitingEnd::on(const ShutdownRequested&, LegContext& context) && {
  return context.part(
      {.words = kNoWords, .far = std::nullopt, .why = policy::id(Reason::kShuttingDown)});
}

Closed AwaitingEnd::on(const FarFailed& event, LegContext& context) && {
  return context.part(
      {.words = kNoWords, .far = std::nullopt, .why = policy::id(event.refusal.reason)});
}

Closed AwaitingEnd::on(const FarEnded&, LegContext& context) && {
  return context.part({.words = kNoWords, .far = std::nullopt, .why = {}});
}

Closed AwaitingEnd::on(const FarLost&, LegContext& context) && {
  return context.part({.words = kNoWords, .far = std::nullopt, .why = {}});
}

// Our last words were said, and nothing may stand behind them.
AwaitingEnd AwaitingEnd::on(const FarUndelivered&, LegContext&) && {
  return {};
}

Closed AwaitingEnd::on(const FarClosed&, LegContext& context) && {
  return context.part({.words = kNoWords, .far = std::nullopt, .why = {}});
}

}  // namespace portcullis::session
