#pragma once

#include <string_view>
#include <utility>
#include <variant>

#include "proxy/session/leg_context.h"
#include "proxy/session/machine.h"
#include "proxy/session/profile.h"
#include "proxy/session/relaying.h"

// The states of a stream of which we are the initiating entity. docs/state-machines.md draws them.
namespace portcullis::session::initiating {

struct Context : LegContext {
  explicit Context(InitiatingProfile p);

  // What the other end did wrong. On the backend side that is never counted as a peer's fault.
  Ending blame(policy::Reason reason, std::string_view backend_text) const;
  Ending blame(const policy::Refusal& found) const;
  // The end of the leg when the other end sent what the state cannot use.
  Closed refuse_reply(const xmpp::Element& element);
  // Content namespace and version of its header.
  std::optional<Ending> check(const xmpp::StreamHeader& header) const;
  bool authenticates() const { return profile.approach == Approach::kAuthenticate; }
  // Makes our next header repeat what the far end said on its own.
  void repeat(const xmpp::StreamHeader& far);

  InitiatingProfile profile;
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

using State =
    std::variant<AwaitingTransport, AwaitingHeader, AwaitingFeatures, AwaitingProceed, SecuringTls,
                 Judging, AwaitingSecuredHeader, AwaitingSecuredFeatures, AwaitingRelease,
                 AwaitingSuccess, AwaitingFarHeader, AwaitingAuthenticatedHeader,
                 AwaitingAuthenticatedFeatures, AwaitingLoginHeader, AwaitingMechanisms, LoggingIn,
                 AwaitingLoginFeatures, AwaitingFarRestart, AwaitingSessionHeader,
                 AwaitingSessionFeatures, Relaying, Closed>;

// ---- How any negotiation may end ---------------------------------------------------------------

struct Negotiating {
  Closed on(const StreamClosed& event, Context& context) &&;
  Closed on(const InputRefused& event, Context& context) &&;
  Closed on(const TransportLost& event, Context& context) &&;
  Closed on(const DeadlineExpired& event, Context& context) &&;
  Closed on(const ShutdownRequested& event, Context& context) &&;
  Closed on(const FarFailed& event, Context& context) &&;
  Closed on(const FarEnded& event, Context& context) &&;
  Closed on(const FarLost& event, Context& context) &&;
};

// Until TLS stands nothing says that a peer was reached at all.
struct BeforeTls : Negotiating {
  using Negotiating::on;
  Closed on(const TransportLost& event, Context& context) &&;
};

// Elements are read, but this state has no use for any.
struct Listening : Negotiating {
  using Negotiating::on;
  Closed on(const ElementReceived& event, Context& context) &&;
};

// ---- Between servers, in the clear -------------------------------------------------------------

struct AwaitingTransport : BeforeTls {
  static constexpr std::string_view name = "awaiting-transport";
  using BeforeTls::on;
  State on(const TransportReady& event, Context& context) &&;
};

struct AwaitingHeader : BeforeTls {
  static constexpr std::string_view name = "awaiting-header";
  using BeforeTls::on;
  State on(const HeaderReceived& event, Context& context) &&;
};

struct AwaitingFeatures : BeforeTls {
  static constexpr std::string_view name = "awaiting-features";
  explicit AwaitingFeatures(xmpp::StreamHeader theirs) : header(std::move(theirs)) {}
  using BeforeTls::on;
  State on(const ElementReceived& event, Context& context) &&;
  xmpp::StreamHeader header;
};

struct AwaitingProceed : BeforeTls {
  static constexpr std::string_view name = "awaiting-proceed";
  using BeforeTls::on;
  State on(const ElementReceived& event, Context& context) &&;
};

struct SecuringTls : BeforeTls {
  static constexpr std::string_view name = "securing-tls";
  using BeforeTls::on;
  State on(const TlsEstablished& event, Context& context) &&;
  Closed on(const TlsFailed& event, Context& context) &&;
  Closed on(const PlaintextBehindTls& event, Context& context) &&;
};

// ---- Between servers, under TLS ----------------------------------------------------------------

struct Judging : Negotiating {
  static constexpr std::string_view name = "judging";
  using Negotiating::on;
  State on(const PeerAccepted& event, Context& context) &&;
  State on(const PeerObserved& event, Context& context) &&;
  Closed on(const PeerRefused& event, Context& context) &&;
};

struct AwaitingSecuredHeader : Negotiating {
  static constexpr std::string_view name = "awaiting-secured-header";
  explicit AwaitingSecuredHeader(bool good) : certified(good) {}
  using Negotiating::on;
  State on(const HeaderReceived& event, Context& context) &&;
  bool certified;  // the certificate of this end is good
};

struct AwaitingSecuredFeatures : Negotiating {
  static constexpr std::string_view name = "awaiting-secured-features";
  AwaitingSecuredFeatures(bool good, xmpp::StreamHeader theirs)
      : certified(good), header(std::move(theirs)) {}
  using Negotiating::on;
  State on(const ElementReceived& event, Context& context) &&;
  bool certified;
  xmpp::StreamHeader header;
};

// Observe mode: this end can be used; the near one has the word.
struct AwaitingRelease : Listening {
  static constexpr std::string_view name = "awaiting-release";
  AwaitingRelease(xmpp::StreamHeader theirs, bool with_external)
      : header(std::move(theirs)), external(with_external) {}
  using Listening::on;
  State on(const FarReady& event, Context& context) &&;
  Closed on(const FarEnded& event, Context& context) &&;        // it was only looked at
  State on(const DeadlineExpired& event, Context& context) &&;  // it is not this end that is late
  xmpp::StreamHeader header;
  bool external;
};

struct AwaitingSuccess : Negotiating {
  static constexpr std::string_view name = "awaiting-success";
  explicit AwaitingSuccess(xmpp::StreamHeader theirs) : header(std::move(theirs)) {}
  using Negotiating::on;
  State on(const ElementReceived& event, Context& context) &&;
  xmpp::StreamHeader header;
};

struct AwaitingFarHeader : Listening {
  static constexpr std::string_view name = "awaiting-far-header";
  using Listening::on;
  State on(const FarHeader& event, Context& context) &&;
  State on(const DeadlineExpired& event, Context& context) &&;  // it is not this end that is late
};

struct AwaitingAuthenticatedHeader : Negotiating {
  static constexpr std::string_view name = "awaiting-authenticated-header";
  using Negotiating::on;
  State on(const HeaderReceived& event, Context& context) &&;
};

struct AwaitingAuthenticatedFeatures : Negotiating {
  static constexpr std::string_view name = "awaiting-authenticated-features";
  explicit AwaitingAuthenticatedFeatures(xmpp::StreamHeader theirs) : header(std::move(theirs)) {}
  using Negotiating::on;
  State on(const ElementReceived& event, Context& context) &&;
  xmpp::StreamHeader header;
};

// ---- A client's login at the backend -----------------------------------------------------------

struct AwaitingLoginHeader : Negotiating {
  static constexpr std::string_view name = "awaiting-login-header";
  using Negotiating::on;
  State on(const HeaderReceived& event, Context& context) &&;
};

struct AwaitingMechanisms : Negotiating {
  static constexpr std::string_view name = "awaiting-mechanisms";
  explicit AwaitingMechanisms(xmpp::StreamHeader theirs) : header(std::move(theirs)) {}
  using Negotiating::on;
  State on(const ElementReceived& event, Context& context) &&;
  xmpp::StreamHeader header;
};

struct LoggingIn : Negotiating {
  static constexpr std::string_view name = "logging-in";
  explicit LoggingIn(xmpp::StreamHeader theirs) : header(std::move(theirs)) {}
  using Negotiating::on;
  State on(const ElementReceived& event, Context& context) &&;
  State on(const FarElement& event, Context& context) &&;
  State on(const DeadlineExpired& event, Context& context) &&;  // people type slowly
  xmpp::StreamHeader header;
};

struct AwaitingLoginFeatures : Negotiating {  // after SASL2 <success/>
  static constexpr std::string_view name = "awaiting-login-features";
  explicit AwaitingLoginFeatures(xmpp::StreamHeader theirs) : header(std::move(theirs)) {}
  using Negotiating::on;
  State on(const ElementReceived& event, Context& context) &&;
  State on(const FarElement& event, Context& context) &&;
  xmpp::StreamHeader header;
};

struct AwaitingFarRestart : Listening {  // after SASL <success/>
  static constexpr std::string_view name = "awaiting-far-restart";
  using Listening::on;
  State on(const FarHeader& event, Context& context) &&;
  State on(const DeadlineExpired& event, Context& context) &&;
};

struct AwaitingSessionHeader : Negotiating {
  static constexpr std::string_view name = "awaiting-session-header";
  using Negotiating::on;
  State on(const HeaderReceived& event, Context& context) &&;
};

struct AwaitingSessionFeatures : Negotiating {
  static constexpr std::string_view name = "awaiting-session-features";
  explicit AwaitingSessionFeatures(xmpp::StreamHeader theirs) : header(std::move(theirs)) {}
  using Negotiating::on;
  State on(const ElementReceived& event, Context& context) &&;
  xmpp::StreamHeader header;
};

}  // namespace portcullis::session::initiating
