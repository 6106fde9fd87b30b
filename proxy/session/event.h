#pragma once

#include <optional>
#include <string>
#include <variant>

#include "policy/reasons/reason.h"
#include "proxy/base/tls_version.h"
#include "proxy/xmpp/element.h"
#include "proxy/xmpp/stream_header.h"

namespace portcullis::session {

// ---- What one leg tells the other (ToFar), delivered there as an event -------------------------

// s2s: the initiating leg was authenticated by its receiving entity (SASL success). The receiving
// leg may now say <success/>.
struct FarAuthenticated {};
// The far end (re)started its stream. Carries what our own next header must repeat: declared
// prefixes, xml:lang, on c2s also from, and from the backend the stream id.
struct FarHeader {
  xmpp::StreamHeader header;
};
// Features of the far end: s2s after authentication (then both legs relay); c2s each time.
struct FarFeatures {
  xmpp::Element features;
};
// c2s before login: an element to be written again by us on this side.
struct FarElement {
  xmpp::Element element;
};
// The far leg is over, with a refusal before or during relay ...
struct FarFailed {
  policy::Refusal refusal;
  // The stream error condition to use instead of the reason's own, or empty.
  std::string condition;
};
// ... or ended properly with </stream:stream> ...
struct FarEnded {};
// ... or, on an established c2s stream, was lost without it. Then the other end has to see a loss
// too: </stream:stream> would end a session that the client may resume (XEP-0198 section 5).
struct FarLost {};

// Observe mode. The far end was reached and its stream stands as far as it can without anybody
// being authenticated; that leg now waits for FarReady.
struct FarOpen {
  xmpp::StreamHeader header;  // its last one: dialback keys belong to the id in it
  bool tls = false;
  bool external = false;  // its certificate is good and it offers SASL EXTERNAL
};
// The near end is ready: authenticate where FarOpen said `external`, else relay.
struct FarReady {};
// The far end offered SASL EXTERNAL and then declined it; it may still be content with dialback.
struct FarDeclined {
  std::string condition;
};

using FarEvent = std::variant<FarAuthenticated, FarHeader, FarFeatures, FarElement, FarFailed,
                              FarEnded, FarLost, FarOpen, FarReady, FarDeclined>;

// ---- What the driver tells a leg ---------------------------------------------------------------

struct TransportReady {};  // accepted, or connected; with direct TLS: not yet TLS
struct HeaderReceived {
  xmpp::StreamHeader header;
};
struct ElementReceived {
  xmpp::Element element;
};
struct StreamClosed {};  // </stream:stream> of this end
struct InputRefused {    // stream reader or guard found a fault
  policy::Refusal refusal;
  std::string condition;  // instead of the reason's own, or empty
};
struct PlaintextBehindTls {};  // bytes in the clear behind <starttls/> or <proceed/>
struct TlsEstablished {
  TlsVersion version = TlsVersion::kUnknown;
};
struct TlsFailed {
  policy::Refusal refusal;
};
struct TransportLost {  // reset, EOF without </stream:stream>, connect failed
  std::string detail;
};
// The answers to JudgePeer.
struct PeerAccepted {};
struct PeerRefused {
  policy::Refusal refusal;
};
struct PeerObserved {};  // it may go on, but unauthenticated
struct DeadlineExpired {};
struct ShutdownRequested {};

using Event =
    std::variant<TransportReady, HeaderReceived, ElementReceived, StreamClosed, InputRefused,
                 PlaintextBehindTls, TlsEstablished, TlsFailed, TransportLost, PeerAccepted,
                 PeerRefused, DeadlineExpired, ShutdownRequested, FarAuthenticated, FarHeader,
                 FarFeatures, FarElement, FarFailed, FarEnded, FarLost, PeerObserved, FarOpen,
                 FarReady, FarDeclined>;

}  // namespace portcullis::session
