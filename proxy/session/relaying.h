#pragma once

#include <string>
#include <string_view>

#include "proxy/session/leg_context.h"
#include "proxy/session/one_of.h"

namespace portcullis::session {

// An established stream, and how it ends. It is the same for both machines. Each end closes its own
// half (RFC 6120 section 4.4): when one has closed, the other may still speak until it closes, too.
// Only then the first one is told that its stream is closed. When we shut down, one end is told
// first, and the other one when it has ended: that is `awaiting-both-ends`.
//
//                      relaying
//   this end has ended |      | the far end has ended
//       awaiting-far-end      awaiting-end
//    the far end has ended |  | this end has ended, too
//                          closed

struct AwaitingFarEnd;
struct AwaitingEnd;
struct AwaitingBothEnds;

// Bytes pass through the guards of the driver, in both directions.
struct Relaying {
  static constexpr std::string_view name = "relaying";

  AwaitingFarEnd on(const StreamClosed& event, LegContext& context) &&;
  OneOf<Relaying, AwaitingFarEnd, Closed> on(const ElementReceived& event, LegContext& context) &&;
  Closed on(const InputRefused& event, LegContext& context) &&;
  OneOf<AwaitingFarEnd, Closed> on(const TransportLost& event, LegContext& context) &&;
  Closed on(const DeadlineExpired& event, LegContext& context) &&;
  OneOf<AwaitingBothEnds, Closed> on(const ShutdownRequested& event, LegContext& context) &&;
  AwaitingEnd on(const FarFailed& event, LegContext& context) &&;
  AwaitingEnd on(const FarEnded& event, LegContext& context) &&;
  Closed on(const FarLost& event, LegContext& context) &&;
  Relaying on(const FarClosed& event, LegContext& context) &&;
  Relaying on(const FarUndelivered& event, LegContext& context) &&;
};

// This end has said its last word, which was passed on. What the far end still says is sent to it.
struct AwaitingFarEnd {
  static constexpr std::string_view name = "awaiting-far-end";

  AwaitingFarEnd on(const StreamClosed& event, LegContext& context) &&;
  AwaitingFarEnd on(const ElementReceived& event, LegContext& context) &&;
  Closed on(const InputRefused& event, LegContext& context) &&;
  OneOf<AwaitingFarEnd, Closed> on(const TransportLost& event, LegContext& context) &&;
  Closed on(const DeadlineExpired& event, LegContext& context) &&;
  Closed on(const ShutdownRequested& event, LegContext& context) &&;
  Closed on(const FarFailed& event, LegContext& context) &&;
  Closed on(const FarEnded& event, LegContext& context) &&;
  Closed on(const FarLost& event, LegContext& context) &&;
  Closed on(const FarClosed& event, LegContext& context) &&;
  AwaitingFarEnd on(const FarUndelivered& event, LegContext& context) &&;
};

// This end was told that the stream is over, behind all that the far end said. What it still says
// is passed on. Nothing more can be said to it.
struct AwaitingEnd {
  static constexpr std::string_view name = "awaiting-end";

  Closed on(const StreamClosed& event, LegContext& context) &&;
  OneOf<AwaitingEnd, Closed> on(const ElementReceived& event, LegContext& context) &&;
  Closed on(const InputRefused& event, LegContext& context) &&;
  Closed on(const TransportLost& event, LegContext& context) &&;
  Closed on(const DeadlineExpired& event, LegContext& context) &&;
  Closed on(const ShutdownRequested& event, LegContext& context) &&;
  Closed on(const FarFailed& event, LegContext& context) &&;
  Closed on(const FarEnded& event, LegContext& context) &&;
  Closed on(const FarLost& event, LegContext& context) &&;
  Closed on(const FarClosed& event, LegContext& context) &&;
  AwaitingEnd on(const FarUndelivered& event, LegContext& context) &&;
};

// This end was told that we shut down, and the far end was not. What this end still says is passed
// on; what the far end says is answered. When this end has ended, too, the far end is told.
struct AwaitingBothEnds {
  static constexpr std::string_view name = "awaiting-both-ends";

  AwaitingFarEnd on(const StreamClosed& event, LegContext& context) &&;
  OneOf<AwaitingFarEnd, AwaitingBothEnds, Closed> on(const ElementReceived& event,
                                                     LegContext& context) &&;
  Closed on(const InputRefused& event, LegContext& context) &&;
  OneOf<AwaitingFarEnd, Closed> on(const TransportLost& event, LegContext& context) &&;
  Closed on(const DeadlineExpired& event, LegContext& context) &&;
  Closed on(const ShutdownRequested& event, LegContext& context) &&;
  AwaitingEnd on(const FarFailed&, LegContext&) && { return {}; }
  AwaitingEnd on(const FarEnded&, LegContext&) && { return {}; }
  Closed on(const FarLost& event, LegContext& context) &&;
  AwaitingBothEnds on(const FarClosed&, LegContext&) && { return {}; }
  AwaitingBothEnds on(const FarUndelivered&, LegContext&) && { return {}; }
};

Relaying relay(StartRelay start, LegContext& context);

}  // namespace portcullis::session
