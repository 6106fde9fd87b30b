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
// decides. On the backend's receiving side `host` is the remote domain, in whose name we speak, and
// `for_host` the domain for which the other end claims to come; with direct TLS both are empty,
// and what SNI has decided is compared when JudgePeer names the pair. `announcement` is sent right
// before TLS, but not before there are credentials: without them, the driver sends nothing and
// answers TlsFailed with `begun` false.
struct BeginTls {
  std::optional<DomainName> host;
  std::optional<DomainName> for_host = {};
  std::string announcement = {};
};
// Forget the parser, the buffers and the header: a new stream starts, after TLS or after SASL
// success.
struct RestartStream {};
// Ask the certificate gate about this end. The answer is PeerAccepted, PeerRefused or PeerObserved.
struct JudgePeer {
  DomainName local;
  std::optional<DomainName> remote;
};
// Ask the backend's own port whether it has said this <db:result/> on our stream with that id: who
// has connected here may be any program on this machine (XEP-0220 section 2.1.2, invariant 10). The
// answer is PeerAccepted or PeerRefused. At most once per leg.
struct ProveBackend {
  DomainName local;
  DomainName remote;
  std::string id;
  std::string key;
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
// Something of the backend's settings will make clients fail, and its operator should read this.
// The leg goes on.
struct Remark {
  policy::Refusal about;
};
// c2s without stream management: what was sent to this end and has not arrived there never will.
// Its senders are told, before the far leg is told anything else. Between servers they are told on
// another stream, when the connection is gone.
struct ReturnUndelivered {};
// Nothing more is passed on to this end: it was told our last words, or it has said a stream error
// and so processes nothing more (RFC 6120 section 4.9.1.1). What the far end still says is
// answered.
struct StopPassing {};
struct ToFar {
  FarEvent event;
};
// Replaces the deadline that was armed before. `after` is counted from now.
struct ArmDeadline {
  std::chrono::milliseconds after;
};
// It is the far leg's turn. What this end says meanwhile may be legal, but nobody can take it yet:
// the driver keeps what it has read, and reads no more than that. It is judged in its order when
// the far leg is ready: as elements at ReleaseInput, by the guard once both legs relay, or at
// HearStanzas. If the connection is lost meanwhile, that is told behind what waits.
struct HoldInput {
  // This end may send stanzas, so that its loss has to wait even if nothing else does: when it is
  // told, it is known who ended the stream. Anybody else who leaves and said no more is gone at
  // once.
  bool authenticated = false;
  // What this end says is read on, and only its loss waits.
  bool only_loss = false;
};
struct ReleaseInput {};
// This end has proved who it is and does not relay yet: how long its elements may be, and how much
// it may say, is no matter of a negotiation any more.
struct TrustInput {};
// This leg relays from here on: as soon as the far leg does, too, its bytes go through the guards
// and no longer through the stream reader. It is authenticated, except in observe mode. The
// deadline is disarmed.
struct StartRelay {
  xmpp::StreamHeader peer_header;  // this end's last header; the guard needs its prefixes
  // What this end said after the header and what was already read as an element. It goes through
  // the guard before everything else.
  std::string first = {};
  // c2s: stream management is in force from the login on (XEP-0198 with SASL2).
  bool managed = false;
  // Observe mode: nobody is authenticated on this leg, neither now nor later.
  bool observed = false;
};
// This stream was refused and leads nowhere, but its stanzas are to be answered: those that waited,
// and those that come within `time`. From here on its bytes go through the guard, too, and what
// passes goes no further. It comes once, behind Refused and in place of StartRelay. The deadline is
// replaced.
struct HearStanzas {
  xmpp::StreamHeader peer_header;  // as for StartRelay
  policy::Refusal told;            // what the answers say
  std::chrono::milliseconds time;
  std::string first = {};  // as for StartRelay
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

using Action =
    std::variant<Send, BeginTls, RestartStream, JudgePeer, ProveBackend, OpenFarLeg, DropFarLeg,
                 ReturnUndelivered, StopPassing, ToFar, ArmDeadline, HoldInput, ReleaseInput,
                 TrustInput, StartRelay, HearStanzas, WouldRefuse, Remark, Refused, Close>;
using Actions = std::vector<Action>;

}  // namespace portcullis::session
