#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "policy/reasons/reason.h"
#include "proxy/base/tls_version.h"
#include "proxy/xmpp/element.h"
#include "proxy/xmpp/stream_header.h"

// What a leg is told. The names are those of docs/state-machines.md. "This end" is the entity at
// the other end of this leg's own connection; the "far end" is the one at the other leg.
namespace portcullis::session {

// ---- What one leg tells the other (the action ToFar), delivered there as an event --------------

// s2s: the far end has authenticated the initiating leg (SASL success). The receiving leg may now
// say <success/>.
struct FarAuthenticated {
  static constexpr std::string_view name = "FarAuthenticated";
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
};
// The far leg has ended properly, with </stream:stream>.
struct FarEnded {
  static constexpr std::string_view name = "FarEnded";
};
// The far leg of an established c2s stream was lost without </stream:stream>. This end must see a
// lost connection, too: </stream:stream> would end a session that the client could resume (XEP-0198
// section 5).
struct FarLost {
  static constexpr std::string_view name = "FarLost";
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

// ---- What the driver tells a leg ---------------------------------------------------------------

// The connection was accepted, or our connecting succeeded. With direct TLS, the handshake is still
// to come.
struct TransportReady {
  static constexpr std::string_view name = "TransportReady";
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
};
// The connection was reset or closed without </stream:stream>, or it could not be made. `detail`
// says which.
struct TransportLost {
  static constexpr std::string_view name = "TransportLost";
  std::string detail;
};
// The three answers to JudgePeer. PeerObserved means that this end may go on, but is not
// authenticated.
struct PeerAccepted {
  static constexpr std::string_view name = "PeerAccepted";
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
};

using Event =
    std::variant<TransportReady, HeaderReceived, ElementReceived, StreamClosed, InputRefused,
                 PlaintextBehindTls, TlsEstablished, TlsFailed, TransportLost, PeerAccepted,
                 PeerRefused, DeadlineExpired, ShutdownRequested, FarAuthenticated, FarHeader,
                 FarFeatures, FarElement, FarFailed, FarEnded, FarLost, PeerObserved, FarOpen,
                 FarReady, FarDeclined>;

}  // namespace portcullis::session
