#pragma once

#include <string>
#include <string_view>

#include "proxy/session/leg_context.h"

namespace portcullis::session {

// The stream is established, and its bytes pass through the guards of the driver. Only one thing is
// left to decide: when one side ends, how the other side is told. It is the same for both machines.
struct Relaying {
  static constexpr std::string_view name = "relaying";

  Closed on(const StreamClosed& event, LegContext& context) &&;
  Closed on(const ElementReceived& event, LegContext& context) &&;
  Closed on(const InputRefused& event, LegContext& context) &&;
  Closed on(const TransportLost& event, LegContext& context) &&;
  Closed on(const DeadlineExpired& event, LegContext& context) &&;
  Closed on(const ShutdownRequested& event, LegContext& context) &&;
  Closed on(const FarFailed& event, LegContext& context) &&;
  Closed on(const FarEnded& event, LegContext& context) &&;
  Closed on(const FarLost& event, LegContext& context) &&;
};

// Starts the relay. `peer_header` and `first` are those of the action StartRelay.
Relaying relay(xmpp::StreamHeader peer_header, LegContext& context, std::string first = {});

}  // namespace portcullis::session
