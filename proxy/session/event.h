#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "policy/reasons/reason.h"
#include "proxy/base/tls_version.h"
#include "proxy/xmpp/element.h"
#include "proxy/xmpp/stream_header.h"
#include "proxy/xmpp/stream_limits.h"
#include "proxy/xmpp/writer.h"

// What a leg is told. The names are those of docs/state-machines.md. "This end" is the entity at
// the other end of this leg's own connection; the "far end" is the one at the other leg.
namespace portcullis::session {

// ---- What one leg tells the other (the action ToFar), delivered there as an event --------------

// s2s: the far end has authenticated the initiating leg (SASL success). The receiving leg may now
// say <success/>.
struct FarAuthenticated {
  static constexpr std::string_view name = "FarAuthenticated";
  xmpp::StreamLimits limits = {};  // that the far end announced under TLS
  bool by_dialback = false;        // by a key of ours, and not by SASL
};
// The far end started or restarted its stream. `header` holds what our own next header must repeat:
// declared prefixes and xml:lang, on c2s also `from`, and the stream id if it is the backend's.
struct FarHeader {
  static constexpr std::string_view name = "FarHeader";
  xmpp::StreamHeader header;
};
// Features of the far end. On s2s only those after authentication; then both legs relay. On c2s
// each time.
struct FarFeatures {
  static constexpr std::string_view name = "FarFeatures";
  xmpp::Element features;
};
// c2s before login: an element of the far end, which we write anew to this end.
struct FarElement {
  static constexpr std::string_view name = "FarElement";
  xmpp::Element element;
};
// The far leg has ended with a refusal, before or during the relay.
struct FarFailed {
  static constexpr std::string_view name = "FarFailed";
  policy::Refusal refusal;
  // The stream error condition to use instead of the reason's own, or empty.
  std::string condition;
  // What this end is told, if that is not `refusal`, which the log gets.
  std::optional<policy::Refusal> told = {};
  // What the far end's own stream error said beside that. Shared, because few have it and all would
  // have its size.
  std::shared_ptr<const xmpp::ErrorDetail> detail = {};
};
// The far leg has ended properly, with </stream:stream>.
struct FarEnded {
  static constexpr std::string_view name = "FarEnded";
};
// The far leg of an established c2s stream was lost without </stream:stream>. A backend must see a
// lost connection, too, and so must a client that could resume its session (XEP-0198 section 5):
// </stream:stream> would end that session. Without stream management, a client is told in words.
struct FarLost {
  static constexpr std::string_view name = "FarLost";
  bool managed = true;  // stream management is in force
};

// Observe mode. The far end was reached, and its stream is as far as it can get without
// authentication. That leg now waits for FarReady.
struct FarOpen {
  static constexpr std::string_view name = "FarOpen";
  xmpp::StreamHeader header;  // its last one: dialback keys are made for the id in it
  bool tls = false;
  bool external = false;  // its certificate is good and it offers SASL EXTERNAL
};
// Observe mode. The end at the other leg is ready: if our FarOpen said `external`, authenticate
// now, else relay.
struct FarReady {
  static constexpr std::string_view name = "FarReady";
};
// Observe mode. The far end offered SASL EXTERNAL but then declined it. It may still accept
// dialback.
struct FarDeclined {
  static constexpr std::string_view name = "FarDeclined";
  std::string condition;
};

using FarEvent = std::variant<FarAuthenticated, FarHeader, FarFeatures, FarElement, FarFailed,
                              FarEnded, FarLost, FarOpen, FarReady, FarDeclined>;

// Whether it says how an established stream has ended.
inline bool is_an_end(const FarEvent& event) {
  return std::holds_alternative<FarFailed>(event) || std::holds_alternative<FarEnded>(event) ||
         std::holds_alternative<FarLost>(event);
}

// ---- What the driver tells a leg ---------------------------------------------------------------

// The connection was accepted, or our connecting succeeded. With direct TLS, the handshake is still
// to come.
struct TransportReady {
  static constexpr std::string_view name = "TransportReady";
};
// The first octets of this end are a TLS record and no stream header: it begins with direct TLS,
// where the profile says STARTTLS. Told of the backend only, which begins as its look-ups say.
struct DirectTlsHeard {
  static constexpr std::string_view name = "DirectTlsHeard";
};
struct HeaderReceived {
  static constexpr std::string_view name = "HeaderReceived";
  xmpp::StreamHeader header;
};
struct ElementReceived {
  static constexpr std::string_view name = "ElementReceived";
  xmpp::Element element;
};
// This end sent </stream:stream>.
struct StreamClosed {
  static constexpr std::string_view name = "StreamClosed";
};
// The stream reader or the guard found a fault.
struct InputRefused {
  static constexpr std::string_view name = "InputRefused";
  policy::Refusal refusal;
  // The stream error condition to use instead of the reason's own, or empty.
  std::string condition;
};
// There are bytes in the clear after <starttls/> or <proceed/>.
struct PlaintextBehindTls {
  static constexpr std::string_view name = "PlaintextBehindTls";
};
struct TlsEstablished {
  static constexpr std::string_view name = "TlsEstablished";
  TlsVersion version = TlsVersion::kUnknown;
};
struct TlsFailed {
  static constexpr std::string_view name = "TlsFailed";
  policy::Refusal refusal;
  // False: the announcement of BeginTls was not sent, and the stream goes on in the clear.
  bool begun = true;
};
// The connection was reset or closed without </stream:stream>, or it could not be made. `detail`
// says which.
struct TransportLost {
  static constexpr std::string_view name = "TransportLost";
  std::string detail;
  bool writable = false;  // it closed only its own half, and may still read what is sent
  bool delivered = true;  // its kernel has acknowledged all that was sent
  bool managed = true;    // c2s: stream management is in force (XEP-0198)
};
// The three answers to JudgePeer. PeerObserved means that this end may go on, but is not
// authenticated.
struct PeerAccepted {
  static constexpr std::string_view name = "PeerAccepted";
  // c2s, about the backend: it showed the very certificate that the client was served, so that a
  // login may be bound to it.
  bool binds = false;
  // s2s, about a peer: its certificate or its pinned key says who it is. False where an exception
  // has waived something and has no pin of its key.
  bool identified = false;
};
struct PeerRefused {
  static constexpr std::string_view name = "PeerRefused";
  policy::Refusal refusal;
};
struct PeerObserved {
  static constexpr std::string_view name = "PeerObserved";
};
// The time of the last ArmDeadline has passed, or an established stream was idle for too long.
struct DeadlineExpired {
  static constexpr std::string_view name = "DeadlineExpired";
};
struct ShutdownRequested {
  static constexpr std::string_view name = "ShutdownRequested";
  // Of an established stream: only this end is told now, and what it still says is passed on. When
  // it has ended, too, the far end is told that it has.
  bool this_end_first = false;
};
// The far leg is closed: nothing more comes of it, and it takes nothing more. Told only to a leg
// that relays or has relayed. Why it was closed is told by another event, before or right behind.
struct FarClosed {
  static constexpr std::string_view name = "FarClosed";
};
// c2s: stanzas of this end have not arrived at the far end and never will. `errors` answers them:
// whole error stanzas for this end (RFC 6120 section 8.3).
struct FarUndelivered {
  static constexpr std::string_view name = "FarUndelivered";
  std::string errors;
};

using Event =
    std::variant<TransportReady, HeaderReceived, ElementReceived, StreamClosed, InputRefused,
                 PlaintextBehindTls, TlsEstablished, TlsFailed, TransportLost, PeerAccepted,
                 PeerRefused, DeadlineExpired, ShutdownRequested, FarAuthenticated, FarHeader,
                 FarFeatures, FarElement, FarFailed, FarEnded, FarLost, PeerObserved, FarOpen,
                 FarReady, FarDeclined, FarClosed, FarUndelivered, DirectTlsHeard>;

}  // namespace portcullis::session
