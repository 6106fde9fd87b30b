#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "policy/reasons/reason.h"
#include "proxy/base/domain_name.h"
#include "proxy/session/event.h"
#include "proxy/session/profile.h"
#include "proxy/xmpp/stream_header.h"

namespace portcullis::session {

// What a leg wants done, in this order. The driver decides nothing.

struct Send {
  std::string bytes;
};
// Start TLS now (after what was sent). The driver first checks that nothing but whitespace stands
// unread; otherwise it answers PlaintextBehindTls instead. `host`: whose credentials, on the WAN
// receiving side; empty with direct TLS, where SNI decides.
struct BeginTls {
  std::optional<DomainName> host;
};
// Forget parser, buffers and header: a new stream starts (after TLS, after SASL success).
struct RestartStream {};
// Ask the certificate gate about this end; answered by PeerAccepted, PeerRefused or PeerObserved.
struct JudgePeer {
  DomainName local;
  std::optional<DomainName> remote;
};
// Make the other leg. `header` is the secured header of this end; with another approach than
// kAuthenticate its latest.
struct OpenFarLeg {
  DomainName local;
  std::optional<DomainName> remote;  // absent on c2s
  xmpp::StreamHeader header;
  Approach approach = Approach::kAuthenticate;
};
// The other leg was only looked at and is no longer wanted.
struct DropFarLeg {};
// Observe mode: this would be refused if it were enforced. The leg goes on.
struct WouldRefuse {
  policy::Refusal refusal;
};
struct ToFar {
  FarEvent event;
};
// Replaces the deadline that was armed before; counted from now.
struct ArmDeadline {
  std::chrono::milliseconds after;
};
// This stream is authenticated and relays from here on: bytes go through the guards, no longer
// through the stream reader. Disarms the deadline.
struct StartRelay {
  xmpp::StreamHeader peer_header;  // the last header of this end: prefixes for the guard
  // What this end said first and was read as an element; goes through the guard before all else.
  std::string first = {};
};
// The decision about this stream: it was refused. At most once per leg, before StartRelay.
struct Refused {
  policy::Refusal refusal;
};
// Flush, close TLS and TCP. The leg is in its Closed state; nothing follows.
struct Close {
  // What ended an established stream, for the log: empty = properly ended.
  std::string why;
};

using Action = std::variant<Send, BeginTls, RestartStream, JudgePeer, OpenFarLeg, DropFarLeg, ToFar,
                            ArmDeadline, StartRelay, WouldRefuse, Refused, Close>;
using Actions = std::vector<Action>;

}  // namespace portcullis::session
