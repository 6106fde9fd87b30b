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

// What a leg wants done. The driver does it in this order and decides nothing itself. "This end" is
// the entity at the other end of this leg's own connection; the "far end" is the one at the other
// leg.

struct Send {
  std::string bytes;
};
// Start TLS now, after what was sent before. The driver first checks that only whitespace is
// unread; if there is more, it does not start TLS but answers PlaintextBehindTls. `host` is set on
// the WAN receiving side: we show its certificates. With direct TLS it is empty, because SNI
// decides.
struct BeginTls {
  std::optional<DomainName> host;
};
// Forget the parser, the buffers and the header: a new stream starts, after TLS or after SASL
// success.
struct RestartStream {};
// Ask the certificate gate about this end. The answer is PeerAccepted, PeerRefused or PeerObserved.
struct JudgePeer {
  DomainName local;
  std::optional<DomainName> remote;
};
// Make the other leg. With kAuthenticate, `header` is the header that this end sent under TLS; with
// any other approach, the last header that it sent.
struct OpenFarLeg {
  DomainName local;
  std::optional<DomainName> remote;  // absent on c2s
  xmpp::StreamHeader header;
  Approach approach = Approach::kAuthenticate;
};
// Drop the other leg: it was only opened to see what it offers, and is no longer wanted.
struct DropFarLeg {};
// Observe mode: this would be refused if it were enforced. The leg goes on.
struct WouldRefuse {
  policy::Refusal refusal;
};
struct ToFar {
  FarEvent event;
};
// Replaces the deadline that was armed before. `after` is counted from now.
struct ArmDeadline {
  std::chrono::milliseconds after;
};
// This stream relays from here on: its bytes go through the guards and no longer through the stream
// reader. It is authenticated, except in observe mode. The deadline is disarmed.
struct StartRelay {
  xmpp::StreamHeader peer_header;  // this end's last header; the guard needs its prefixes
  // What this end said after the header and what was already read as an element. It goes through
  // the guard before everything else.
  std::string first = {};
};
// The decision about this stream is that it is refused. At most once per leg, and only before
// StartRelay.
struct Refused {
  policy::Refusal refusal;
};
// Flush, then close TLS and TCP. The leg is in its Closed state; no other action follows.
struct Close {
  // What ended an established stream, for the log. Empty if it was ended properly.
  std::string why;
};

using Action = std::variant<Send, BeginTls, RestartStream, JudgePeer, OpenFarLeg, DropFarLeg, ToFar,
                            ArmDeadline, StartRelay, WouldRefuse, Refused, Close>;
using Actions = std::vector<Action>;

}  // namespace portcullis::session
