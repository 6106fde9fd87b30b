#pragma once

#include <memory>
#include <string_view>
#include <utility>
#include <variant>

#include "proxy/session/leg_context.h"
#include "proxy/session/login.h"
#include "proxy/session/machine.h"
#include "proxy/session/profile.h"
#include "proxy/session/relaying.h"

// The states of a stream that we initiate. docs/state-machines.md draws them.
namespace portcullis::session::initiating {

struct Context : LegContext {
  explicit Context(InitiatingProfile p);

  // The ending for something that the other end did wrong. On the backend side it never counts as a
  // peer's fault.
  Ending blame(policy::Reason reason, std::string_view backend_text) const;
  Ending blame(const policy::Refusal& found) const;
  // Ends the leg because the other end sent an element that the state cannot use.
  Closed refuse_reply(const xmpp::Element& element);
  // What is wrong with the content namespace or the version of the other end's header.
  std::optional<Ending> check(const xmpp::StreamHeader& header) const;
  bool authenticates() const { return is_certified(profile.approach); }
  bool does_dialback() const { return profile.approach == Approach::kDialback; }
  // Toward a peer: it has proved who it is, and may be given a key of ours.
  bool may_send_key() const { return authenticates() && out.speaks_dialback(); }
  // Makes our next header repeat the values of the far end's header.
  void repeat(const xmpp::StreamHeader& far);
  // c2s with client_tls: nothing of the client's may be said yet, because the backend's certificate
  // was not accepted yet.
  bool holds_client_back() const { return profile.client_tls && held_back_ != nullptr; }
  // This end was accepted: our next header repeats the one that was held back, if any was.
  void release_header();

  InitiatingProfile profile;
  // c2s: what becomes of the channel-binding types that the backend offers.
  struct Binding {
    bool passes = false;       // the client was served the certificate that the backend shows
    bool hides_types = false;  // the client sees fewer types than the backend has offered
  };
  Binding binding;
  std::string declined;  // why a peer that was sent a key had declined EXTERNAL; printable

 private:
  std::shared_ptr<const xmpp::StreamHeader> held_back_;  // of the end at the other leg
};

struct AwaitingTransport;
struct AwaitingHeader;
struct AwaitingFeatures;
struct AwaitingProceed;
struct SecuringTls;
struct Judging;
struct AwaitingSecuredHeader;
struct AwaitingSecuredFeatures;
struct AwaitingRelease;
struct AwaitingSuccess;
struct AwaitingKeyAnswer;
struct AwaitingFarStart;
struct AwaitingFarHeader;
struct AwaitingAuthenticatedHeader;
struct AwaitingAuthenticatedFeatures;
struct AwaitingLoginHeader;
struct AwaitingMechanisms;
struct LoggingIn;
struct AwaitingLoginFeatures;
struct AwaitingFarRestart;
struct AwaitingSessionHeader;
struct AwaitingSessionFeatures;

// ---- How any negotiation may end ---------------------------------------------------------------

struct Negotiating {
  static Closed on(const StreamClosed& event, Context& context);
  static Closed on(const InputRefused& event, Context& context);
  static Closed on(const TransportLost& event, Context& context);
  static Closed on(const DeadlineExpired& event, Context& context);
  static Closed on(const ShutdownRequested& event, Context& context);
  static Closed on(const FarFailed& event, Context& context);
  static Closed on(const FarEnded& event, Context& context);
  static Closed on(const FarLost& event, Context& context);
};

struct BeforeTls {  // we do not know whether a peer was reached at all
  using Otherwise = Negotiating;
  static Closed on(const TransportLost& event, Context& context);
};

// Elements are read, but none is expected in this state.
struct Listening {
  using Otherwise = Negotiating;
  static Closed on(const ElementReceived& event, Context& context);
};

// A header of the other end is allowed only as an answer to ours (RFC 6120 section 4.2).
struct BeforeOurHeader {
  using Otherwise = Listening;
  static Closed on(const HeaderReceived& event, Context& context);
};

// ---- In the clear, up to TLS -------------------------------------------------------------------

struct AwaitingTransport {
  static constexpr std::string_view name = "awaiting-transport";
  using Otherwise = BeforeTls;
  OneOf<AwaitingHeader, SecuringTls, AwaitingLoginHeader, Closed> on(const TransportReady& event,
                                                                     Context& context) &&;
};

struct AwaitingHeader {
  static constexpr std::string_view name = "awaiting-header";
  using Otherwise = BeforeTls;
  OneOf<AwaitingFeatures, AwaitingRelease, AwaitingKeyAnswer, Closed> on(
      const HeaderReceived& event, Context& context) &&;
};

struct AwaitingFeatures {
  static constexpr std::string_view name = "awaiting-features";
  using Otherwise = BeforeTls;
  OneOf<AwaitingProceed, AwaitingRelease, AwaitingKeyAnswer, Closed> on(
      const ElementReceived& event, Context& context) &&;
  xmpp::StreamHeader header;
};

struct AwaitingProceed {
  static constexpr std::string_view name = "awaiting-proceed";
  using Otherwise = BeforeTls;
  OneOf<SecuringTls, Closed> on(const ElementReceived& event, Context& context) &&;
};

struct SecuringTls {
  static constexpr std::string_view name = "securing-tls";
  using Otherwise = BeforeTls;
  Judging on(const TlsEstablished& event, Context& context) &&;
  Closed on(const TlsFailed& event, Context& context) &&;
  Closed on(const PlaintextBehindTls& event, Context& context) &&;
};

// ---- Under TLS ---------------------------------------------------------------------------------

struct Judging {
  static constexpr std::string_view name = "judging";
  using Otherwise = Negotiating;
  OneOf<AwaitingSecuredHeader, AwaitingLoginHeader> on(const PeerAccepted& event,
                                                       Context& context) &&;
  OneOf<AwaitingSecuredHeader, Closed> on(const PeerObserved& event, Context& context) &&;
  Closed on(const PeerRefused& event, Context& context) &&;
};

struct AwaitingSecuredHeader {
  static constexpr std::string_view name = "awaiting-secured-header";
  using Otherwise = Negotiating;
  OneOf<AwaitingSecuredFeatures, AwaitingKeyAnswer, Closed> on(const HeaderReceived& event,
                                                               Context& context) &&;
  bool certified;  // the certificate of this end is good
};

struct AwaitingSecuredFeatures {
  static constexpr std::string_view name = "awaiting-secured-features";
  using Otherwise = Negotiating;
  OneOf<AwaitingRelease, AwaitingSuccess, AwaitingKeyAnswer, Closed> on(
      const ElementReceived& event, Context& context) &&;
  bool certified;
  xmpp::StreamHeader header;
};

// Observe mode: this end can be used. We wait until the other leg is ready.
struct AwaitingRelease {
  static constexpr std::string_view name = "awaiting-release";
  using Otherwise = Listening;
  OneOf<AwaitingSuccess, Relaying> on(const FarReady& event, Context& context) &&;
  Closed on(const FarEnded& event, Context& context) &&;  // no longer wanted
  // The other leg is late, not this end: the deadline has no effect.
  AwaitingRelease on(const DeadlineExpired& event, Context& context) &&;
  xmpp::StreamHeader header;
  bool external;
};

struct AwaitingSuccess {
  static constexpr std::string_view name = "awaiting-success";
  using Otherwise = Negotiating;
  OneOf<AwaitingFarHeader, AwaitingKeyAnswer, Relaying, Closed> on(const ElementReceived& event,
                                                                   Context& context) &&;
  xmpp::StreamHeader header;
  xmpp::StreamLimits limits;                           // that the other end announced under TLS
  std::shared_ptr<const xmpp::Element> dialback = {};  // the features, if they offer it, too
};

// Dialback: our key was sent, and the other end asks about it.
struct AwaitingKeyAnswer {
  static constexpr std::string_view name = "awaiting-key-answer";
  using Otherwise = Negotiating;
  OneOf<AwaitingFarStart, Closed> on(const ElementReceived& event, Context& context) &&;
  Closed on(const DeadlineExpired& event, Context& context) &&;
  xmpp::StreamHeader header;
  xmpp::Element features;  // empty if the other end is older than XMPP 1.0
};

// Dialback: the key is good, and no other stream begins. The deadline is that of the other leg.
struct AwaitingFarStart {
  static constexpr std::string_view name = "awaiting-far-start";
  using Otherwise = Listening;
  OneOf<Relaying, Closed> on(const FarHeader& event, Context& context) &&;
  AwaitingFarStart on(const DeadlineExpired& event, Context& context) &&;
  xmpp::StreamHeader header;
  xmpp::Element features;
};

struct AwaitingFarHeader {
  static constexpr std::string_view name = "awaiting-far-header";
  using Otherwise = BeforeOurHeader;
  AwaitingAuthenticatedHeader on(const FarHeader& event, Context& context) &&;
  // The other leg is late, not this end: the deadline has no effect.
  AwaitingFarHeader on(const DeadlineExpired& event, Context& context) &&;
};

struct AwaitingAuthenticatedHeader {
  static constexpr std::string_view name = "awaiting-authenticated-header";
  using Otherwise = Negotiating;
  OneOf<AwaitingAuthenticatedFeatures, Closed> on(const HeaderReceived& event, Context& context) &&;
};

struct AwaitingAuthenticatedFeatures {
  static constexpr std::string_view name = "awaiting-authenticated-features";
  using Otherwise = Negotiating;
  OneOf<Relaying, Closed> on(const ElementReceived& event, Context& context) &&;
  xmpp::StreamHeader header;
};

// ---- A client's login at the backend -----------------------------------------------------------

struct AwaitingLoginHeader {
  static constexpr std::string_view name = "awaiting-login-header";
  using Otherwise = Negotiating;
  OneOf<AwaitingMechanisms, Closed> on(const HeaderReceived& event, Context& context) &&;
};

struct AwaitingMechanisms {
  static constexpr std::string_view name = "awaiting-mechanisms";
  using Otherwise = Negotiating;
  OneOf<LoggingIn, Closed> on(const ElementReceived& event, Context& context) &&;
  xmpp::StreamHeader header;
};

struct LoggingIn {
  static constexpr std::string_view name = "logging-in";
  using Otherwise = Negotiating;
  OneOf<LoggingIn, AwaitingLoginFeatures, AwaitingFarRestart, Relaying, Closed> on(
      const ElementReceived& event, Context& context) &&;
  LoggingIn on(const FarElement& event, Context& context) &&;
  // No effect: people type slowly, and the other leg's deadline bounds the login.
  LoggingIn on(const DeadlineExpired& event, Context& context) &&;
  xmpp::StreamHeader header;
  IqRequest request = {};
};

struct AwaitingLoginFeatures {  // after SASL2 <success/>
  static constexpr std::string_view name = "awaiting-login-features";
  using Otherwise = Negotiating;
  OneOf<AwaitingLoginFeatures, Relaying, Closed> on(const ElementReceived& event,
                                                    Context& context) &&;
  xmpp::StreamHeader header;
  bool managed;  // the server has said that stream management is in force
};

struct AwaitingFarRestart {  // after SASL <success/>
  static constexpr std::string_view name = "awaiting-far-restart";
  using Otherwise = BeforeOurHeader;
  AwaitingSessionHeader on(const FarHeader& event, Context& context) &&;
  AwaitingFarRestart on(const DeadlineExpired& event, Context& context) &&;
};

struct AwaitingSessionHeader {
  static constexpr std::string_view name = "awaiting-session-header";
  using Otherwise = Negotiating;
  OneOf<AwaitingSessionFeatures, Closed> on(const HeaderReceived& event, Context& context) &&;
};

struct AwaitingSessionFeatures {
  static constexpr std::string_view name = "awaiting-session-features";
  using Otherwise = Negotiating;
  OneOf<Relaying, Closed> on(const ElementReceived& event, Context& context) &&;
  xmpp::StreamHeader header;
};

using State =
    std::variant<AwaitingTransport, AwaitingHeader, AwaitingFeatures, AwaitingProceed, SecuringTls,
                 Judging, AwaitingSecuredHeader, AwaitingSecuredFeatures, AwaitingRelease,
                 AwaitingSuccess, AwaitingKeyAnswer, AwaitingFarStart, AwaitingFarHeader,
                 AwaitingAuthenticatedHeader, AwaitingAuthenticatedFeatures, AwaitingLoginHeader,
                 AwaitingMechanisms, LoggingIn, AwaitingLoginFeatures, AwaitingFarRestart,
                 AwaitingSessionHeader, AwaitingSessionFeatures, Relaying, AwaitingFarEnd,
                 AwaitingEnd, AwaitingBothEnds, Closed>;

}  // namespace portcullis::session::initiating
