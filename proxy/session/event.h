#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "policy/reasons/reason.h"
#include "proxy/base/tls_version.h"
#include "proxy/xmpp/element.h"
#include "proxy/xmpp/stream_header.h"

// What a leg is told. The names are those of docs/state-machines.md.
namespace portcullis::session {

// ---- What one leg tells the other (the action ToFar), delivered there as an event --------------

// s2s: the initiating leg was authenticated by its receiving entity (SASL success). The receiving
// leg may now say <success/>.
struct FarAuthenticated {
  static constexpr std::string_view name = "FarAuthenticated";
};
// The far end (re)started its stream. Carries what our own next header must repeat: declared
// prefixes, xml:lang, on c2s also from, and from the backend the stream id.
struct FarHeader {
  static constexpr std::string_view name = "FarHeader";
  xmpp::StreamHeader header;
};
// Features of the far end: s2s after authentication (then both legs relay); c2s each time.
struct FarFeatures {
  static constexpr std::string_view name = "FarFeatures";
  xmpp::Element features;
};
// c2s before login: an element to be written again by us on this side.
struct FarElement {
  static constexpr std::string_view name = "FarElement";
  xmpp::Element element;
};
// The far leg is over, with a refusal before or during relay.
struct FarFailed {
  static constexpr std::string_view name = "FarFailed";
  policy::Refusal refusal;
  // The stream error condition to use instead of the reason's own, or empty.
  std::string condition;
};
// The far leg is over; it ended properly with </stream:stream>.
struct FarEnded {
  static constexpr std::string_view name = "FarEnded";
};
// The far leg of an established c2s stream was lost without </stream:stream>. The end on this side
// has to see a loss too: </stream:stream> would end a session that the client may resume (XEP-0198
// section 5).
struct FarLost {
  static constexpr std::string_view name = "FarLost";
};

// Observe mode. The far end was reached and its stream stands as far as it can without anybody
// being authenticated; that leg now waits for FarReady.
struct FarOpen {
  static constexpr std::string_view name = "FarOpen";
  xmpp::StreamHeader header;  // its last one: dialback keys belong to the id in it
  bool tls = false;
  bool external = false;  // its certificate is good and it offers SASL EXTERNAL
};
// Observe mode. The near end is ready: authenticate where FarOpen said `external`, else relay.
struct FarReady {
  static constexpr std::string_view name = "FarReady";
};
// Observe mode. The far end offered SASL EXTERNAL and then declined it; it may still accept
// dialback.
struct FarDeclined {
  static constexpr std::string_view name = "FarDeclined";
  std::string condition;
};

using FarEvent = std::variant<FarAuthenticated, FarHeader, FarFeatures, FarElement, FarFailed,
                              FarEnded, FarLost, FarOpen, FarReady, FarDeclined>;

// ---- What the driver tells a leg ---------------------------------------------------------------

// The connection was accepted, or is connected. With direct TLS it has no TLS yet.
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
// </stream:stream> of this end.
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
// There are bytes in the clear behind <starttls/> or <proceed/>.
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
// Reset, end of file without </stream:stream>, or the connection could not be made.
struct TransportLost {
  static constexpr std::string_view name = "TransportLost";
  std::string detail;
};
// The three answers to JudgePeer. Observed: this end may go on, but it is not authenticated.
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
// The time of the last ArmDeadline is over, or an established stream was idle for too long.
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
