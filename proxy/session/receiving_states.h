#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>

#include "proxy/session/login.h"
#include "proxy/session/machine.h"
#include "proxy/session/receiving_context.h"
#include "proxy/session/receiving_dialback_states.h"
#include "proxy/session/receiving_header.h"
#include "proxy/session/relaying.h"

// The states of a stream of which we are the receiving entity. docs/state-machines.md draws them.
namespace portcullis::session::receiving {

struct AwaitingTransport;
struct AwaitingHeader;
struct ProbingFar;
struct AwaitingStartTls;
struct ObservedInTheClear;
struct SecuringTls;
struct AwaitingSecuredHeader;
struct Judging;
struct AwaitingAuth;
struct OpeningUnauthenticated;
struct OpeningFarLeg;
struct AwaitingAuthenticatedHeader;
struct AwaitingFarFeatures;
struct AwaitingRefusedHeader;
struct JudgingClient;
struct OpeningLogin;
struct LoggingIn;
struct AwaitingLoginFeatures;
struct AwaitingLoginHeader;
struct AwaitingSessionFeatures;

// ---- In the clear ------------------------------------------------------------------------------

struct AwaitingTransport {
  static constexpr std::string_view name = "awaiting-transport";
  using Otherwise = BeforeTls;
  OneOf<AwaitingHeader, SecuringTls> on(const TransportReady& event, Context& context) &&;
};

struct AwaitingHeader {
  static constexpr std::string_view name = "awaiting-header";
  using Otherwise = BeforeTls;
  OneOf<ProbingFar, AwaitingDialback, AwaitingStartTls, Closed> on(const HeaderReceived& event,
                                                                   Context& context) &&;
  OneOf<SecuringTls, Closed> on(const DirectTlsHeard& event, Context& context) &&;
};

// Observe mode: the far leg is opened first, because keys of server dialback are bound to the id of
// its stream (XEP-0220 section 2.1.1). This end must be given the same id.
struct ProbingFar {
  static constexpr std::string_view name = "probing-far";
  using Otherwise = AwaitingFar;
  OneOf<ObservedInTheClear, AwaitingStartTls, Relaying> on(const FarOpen& event,
                                                           Context& context) &&;
  Addresses claimed;
  xmpp::StreamHeader header;
};

// Observe mode: the peer may use STARTTLS or go on without it.
struct ObservedInTheClear {
  static constexpr std::string_view name = "observed-in-the-clear";
  using Otherwise = BeforeTls;
  OneOf<SecuringTls, Relaying, Closed> on(const ElementReceived& event, Context& context) &&;
  Addresses claimed;
  xmpp::StreamHeader header;
};

struct AwaitingStartTls {  // RFC 6120 section 5.4.2
  static constexpr std::string_view name = "awaiting-starttls";
  using Otherwise = BeforeTls;
  OneOf<SecuringTls, Closed> on(const ElementReceived& event, Context& context) &&;
  Addresses claimed;
};

struct SecuringTls {
  static constexpr std::string_view name = "securing-tls";
  using Otherwise = BeforeTls;
  AwaitingSecuredHeader on(const TlsEstablished& event, Context& context) &&;
  Closed on(const TlsFailed& event, Context& context) &&;
  Closed on(const PlaintextBehindTls& event, Context& context) &&;
  Addresses claimed;
};

struct AwaitingSecuredHeader {
  static constexpr std::string_view name = "awaiting-secured-header";
  using Otherwise = Negotiating;
  OneOf<Judging, JudgingClient, OpeningLogin, Closed> on(const HeaderReceived& event,
                                                         Context& context) &&;
  Addresses claimed;
};

// ---- Between servers ---------------------------------------------------------------------------

struct Judging {
  static constexpr std::string_view name = "judging";
  using Otherwise = Negotiating;
  OneOf<AwaitingAuth, Relaying> on(const PeerAccepted& event, Context& context) &&;
  OneOf<OpeningUnauthenticated, Closed> on(const PeerObserved& event, Context& context) &&;
  Closed on(const PeerRefused& event, Context& context) &&;
  Closed on(const ElementReceived& event, Context& context) &&;
  Pair pair;
  xmpp::StreamHeader header;
};

struct AwaitingAuth {  // RFC 6120 section 6.4.2, XEP-0178 section 3
  static constexpr std::string_view name = "awaiting-auth";
  using Otherwise = Negotiating;
  OneOf<AwaitingAuth, OpeningFarLeg, OpeningUnauthenticated, Closed> on(
      const ElementReceived& event, Context& context) &&;
  // Some servers only ask about a key of ours, and leave.
  Closed on(const StreamClosed& event, Context& context) &&;
  Closed on(const TransportLost& event, Context& context) &&;
  Closed on(const DeadlineExpired& event, Context& context) &&;
  Pair pair;
  xmpp::StreamHeader header;
  std::size_t asked = 0;  // how often
};

// Observe mode: nobody is authenticated; the backend's own rules decide.
struct OpeningUnauthenticated {
  static constexpr std::string_view name = "opening-unauthenticated";
  using Otherwise = AwaitingFar;
  Relaying on(const FarOpen& event, Context& context) &&;
  xmpp::StreamHeader header;
  std::string first;  // what this end said after our header; empty if that was not sent yet
};

enum class Proof : std::uint8_t { kExternal, kDialback };

struct OpeningFarLeg {
  static constexpr std::string_view name = "opening-far-leg";
  using Otherwise = AwaitingFar;
  OneOf<AwaitingAuthenticatedHeader, AwaitingFarFeatures> on(const FarAuthenticated& event,
                                                             Context& context) &&;
  Relaying on(const FarDeclined& event, Context& context) &&;
  OneOf<AwaitingRefusedHeader, Closed> on(const FarFailed& event, Context& context) &&;
  Pair pair;
  xmpp::StreamHeader header;
  Proof proof;
};

// The far leg has failed for good, and this end was told <success/>: before that happened, or in
// the case of a backend only to hear its stanzas (docs/decisions/0015). They are answered; there is
// nowhere else for them to go.
struct AwaitingRefusedHeader {
  static constexpr std::string_view name = "awaiting-refused-header";
  using Otherwise = Negotiating;
  OneOf<HearingRefused, Closed> on(const HeaderReceived& event, Context& context) &&;
  Closed on(const DeadlineExpired& event, Context& context) &&;
  Pair pair;
  FarFailed far;
};

struct HearingRefused {
  static constexpr std::string_view name = "hearing-refused";
  using Otherwise = Negotiating;
  OneOf<HearingRefused, Closed> on(const ElementReceived& event, Context& context) &&;
  Closed on(const DeadlineExpired& event, Context& context) &&;
  HearingRefused on(const FarClosed& event, Context& context) &&;  // which has failed
  HearingRefused on(const FarUndelivered& event, Context& context) &&;
  FarFailed far;
};

struct AwaitingAuthenticatedHeader {
  static constexpr std::string_view name = "awaiting-authenticated-header";
  using Otherwise = Negotiating;
  OneOf<AwaitingFarFeatures, Closed> on(const HeaderReceived& event, Context& context) &&;
  AwaitingRefusedHeader on(const FarFailed& event, Context& context) &&;
  AwaitingRefusedHeader on(const ShutdownRequested& event, Context& context) &&;
  Pair pair;
  xmpp::StreamLimits far_limits;
};

// From here on this end may say stanzas. They wait, and if the far leg fails they are answered.
struct AwaitingFarFeatures {
  static constexpr std::string_view name = "awaiting-far-features";
  using Otherwise = AwaitingFar;
  Relaying on(const FarFeatures& event, Context& context) &&;
  HearingRefused on(const FarFailed& event, Context& context) &&;
  HearingRefused on(const DeadlineExpired& event, Context& context) &&;
  HearingRefused on(const ShutdownRequested& event, Context& context) &&;
  xmpp::StreamHeader header;
  bool answered;  // this end has our header and features
};

// ---- Clients -----------------------------------------------------------------------------------

struct JudgingClient {
  static constexpr std::string_view name = "judging-client";
  using Otherwise = Negotiating;
  OpeningLogin on(const PeerAccepted& event, Context& context) &&;
  OpeningLogin on(const PeerObserved& event, Context& context) &&;
  Closed on(const PeerRefused& event, Context& context) &&;
  Closed on(const ElementReceived& event, Context& context) &&;
  DomainName local;
  xmpp::StreamHeader header;
};

// What the client says behind its header waits until the backend has offered its mechanisms.
struct OpeningLogin {
  static constexpr std::string_view name = "opening-login";
  using Otherwise = AwaitingFar;
  OpeningLogin on(const FarHeader& event, Context& context) &&;
  LoggingIn on(const FarFeatures& event, Context& context) &&;
  DomainName local;
  xmpp::StreamHeader header;
  std::shared_ptr<const xmpp::StreamHeader> far_header = {};
};

OpeningLogin begin_login(DomainName local, const xmpp::StreamHeader& header, Context& context);

// What the client says behind an element of SASL or a request waits for the backend's answer,
// because that decides what may follow. After a login without SASL (XEP-0078) nothing else does.
struct LoggingIn {
  static constexpr std::string_view name = "logging-in";
  using Otherwise = Negotiating;
  OneOf<LoggingIn, Closed> on(const ElementReceived& event, Context& context) &&;
  OneOf<LoggingIn, AwaitingLoginFeatures, AwaitingLoginHeader, Relaying> on(const FarElement& event,
                                                                            Context& context) &&;
  DomainName local;
  xmpp::StreamHeader header;
  std::size_t elements = 0;  // how many the client has sent
  OpenLogin open_login = {};
  IqRequest request = {};
};

// After SASL2 <success/> the stream goes on (XEP-0388 section 2.6): new features, no new header. As
// in every state that follows a login, the client may say stanzas, which wait.
struct AwaitingLoginFeatures {
  static constexpr std::string_view name = "awaiting-login-features";
  using Otherwise = AwaitingFar;
  AwaitingLoginFeatures on(const FarElement& event, Context& context) &&;
  Relaying on(const FarFeatures& event, Context& context) &&;
  OneOf<HearingRefused, Closed> on(const FarFailed& event, Context& context) &&;
  OneOf<HearingRefused, Closed> on(const DeadlineExpired& event, Context& context) &&;
  OneOf<HearingRefused, Closed> on(const ShutdownRequested& event, Context& context) &&;
  xmpp::StreamHeader header;
  bool managed;  // the server has said that stream management is in force
};

struct AwaitingLoginHeader {  // after SASL <success/>, RFC 6120 section 6.4.6
  static constexpr std::string_view name = "awaiting-login-header";
  using Otherwise = Negotiating;
  OneOf<AwaitingSessionFeatures, Closed> on(const HeaderReceived& event, Context& context) &&;
  DomainName local;
};

struct AwaitingSessionFeatures {
  static constexpr std::string_view name = "awaiting-session-features";
  using Otherwise = AwaitingFar;
  AwaitingSessionFeatures on(const FarHeader& event, Context& context) &&;
  Relaying on(const FarFeatures& event, Context& context) &&;
  HearingRefused on(const FarFailed& event, Context& context) &&;
  HearingRefused on(const DeadlineExpired& event, Context& context) &&;
  HearingRefused on(const ShutdownRequested& event, Context& context) &&;
  DomainName local;
  xmpp::StreamHeader header;
  std::shared_ptr<const xmpp::StreamHeader> far_header = {};
};

using State =
    std::variant<AwaitingTransport, AwaitingHeader, ProbingFar, AwaitingDialback, ProvingBackend,
                 AwaitingStanza, OpeningForStanzas, AwaitingStartTls, ObservedInTheClear,
                 SecuringTls, AwaitingSecuredHeader, Judging, AwaitingAuth, OpeningUnauthenticated,
                 OpeningFarLeg, AwaitingAuthenticatedHeader, AwaitingFarFeatures,
                 AwaitingRefusedHeader, HearingRefused, JudgingClient, OpeningLogin, LoggingIn,
                 AwaitingLoginFeatures, AwaitingLoginHeader, AwaitingSessionFeatures, Relaying,
                 AwaitingFarEnd, AwaitingEnd, AwaitingBothEnds, Closed>;

}  // namespace portcullis::session::receiving
