#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>

#include "proxy/session/leg_context.h"
#include "proxy/session/machine.h"
#include "proxy/session/profile.h"
#include "proxy/session/receiving_header.h"
#include "proxy/session/relaying.h"

// The states of a stream of which we are the receiving entity. docs/state-machines.md draws them.
namespace portcullis::session::receiving {

struct Context : LegContext {
  explicit Context(ReceivingProfile p);
  RemoteStance stance_of(const DomainName& remote) const;

  ReceivingProfile profile;
  // Observe mode, toward the backend: what is known of the peer, who was asked first.
  std::optional<FarOpen> far;
};

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
struct JudgingClient;
struct OpeningLogin;
struct LoggingIn;
struct AwaitingLoginFeatures;
struct AwaitingLoginHeader;
struct AwaitingSessionFeatures;

using State =
    std::variant<AwaitingTransport, AwaitingHeader, ProbingFar, AwaitingStartTls,
                 ObservedInTheClear, SecuringTls, AwaitingSecuredHeader, Judging, AwaitingAuth,
                 OpeningUnauthenticated, OpeningFarLeg, AwaitingAuthenticatedHeader,
                 AwaitingFarFeatures, JudgingClient, OpeningLogin, LoggingIn, AwaitingLoginFeatures,
                 AwaitingLoginHeader, AwaitingSessionFeatures, Relaying, Closed>;

// ---- How any negotiation may end ---------------------------------------------------------------

struct Negotiating {
  Closed on(const StreamClosed& event, Context& context) &&;
  Closed on(const InputRefused& event, Context& context) &&;
  Closed on(const TransportLost& event, Context& context) &&;
  Closed on(const DeadlineExpired& event, Context& context) &&;
  Closed on(const ShutdownRequested& event, Context& context) &&;
  // Where there is a far leg already.
  Closed on(const FarFailed& event, Context& context) &&;
  Closed on(const FarEnded& event, Context& context) &&;
  Closed on(const FarLost& event, Context& context) &&;
};

struct BeforeTls : Negotiating {
  using Negotiating::on;
  Closed on(const DeadlineExpired& event, Context& context) &&;  // the shorter one
};

// It is the far leg's turn: what this end says now comes too early, and it is not to blame if
// time runs out.
struct AwaitingFar : Negotiating {
  using Negotiating::on;
  Closed on(const ElementReceived& event, Context& context) &&;
  Closed on(const DeadlineExpired& event, Context& context) &&;
};

// ---- In the clear ------------------------------------------------------------------------------

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

// Observe mode: the far leg goes first, because keys of server dialback are bound to the id of its
// stream (XEP-0220 section 2.1.1), which this end has to be given.
struct ProbingFar : AwaitingFar {
  static constexpr std::string_view name = "probing-far";
  ProbingFar(Addresses addresses, xmpp::StreamHeader theirs)
      : claimed(std::move(addresses)), header(std::move(theirs)) {}
  using AwaitingFar::on;
  State on(const FarOpen& event, Context& context) &&;
  Addresses claimed;
  xmpp::StreamHeader header;
};

// Observe mode: a peer that may take STARTTLS or leave it.
struct ObservedInTheClear : BeforeTls {
  static constexpr std::string_view name = "observed-in-the-clear";
  ObservedInTheClear(Addresses addresses, xmpp::StreamHeader theirs)
      : claimed(std::move(addresses)), header(std::move(theirs)) {}
  using BeforeTls::on;
  State on(const ElementReceived& event, Context& context) &&;
  Addresses claimed;
  xmpp::StreamHeader header;
};

struct AwaitingStartTls : BeforeTls {  // RFC 6120 section 5.4.2
  static constexpr std::string_view name = "awaiting-starttls";
  explicit AwaitingStartTls(Addresses addresses) : claimed(std::move(addresses)) {}
  using BeforeTls::on;
  State on(const ElementReceived& event, Context& context) &&;
  Addresses claimed;
};

struct SecuringTls : BeforeTls {
  static constexpr std::string_view name = "securing-tls";
  explicit SecuringTls(Addresses addresses) : claimed(std::move(addresses)) {}
  using BeforeTls::on;
  State on(const TlsEstablished& event, Context& context) &&;
  Closed on(const TlsFailed& event, Context& context) &&;
  Closed on(const PlaintextBehindTls& event, Context& context) &&;
  Addresses claimed;
};

struct AwaitingSecuredHeader : Negotiating {
  static constexpr std::string_view name = "awaiting-secured-header";
  explicit AwaitingSecuredHeader(Addresses addresses) : claimed(std::move(addresses)) {}
  using Negotiating::on;
  State on(const HeaderReceived& event, Context& context) &&;
  Addresses claimed;
};

// ---- Between servers ---------------------------------------------------------------------------

struct Pair {
  DomainName local;
  DomainName remote;
};

struct Judging : Negotiating {
  static constexpr std::string_view name = "judging";
  Judging(Pair domains, xmpp::StreamHeader theirs)
      : pair(std::move(domains)), header(std::move(theirs)) {}
  using Negotiating::on;
  State on(const PeerAccepted& event, Context& context) &&;
  State on(const PeerObserved& event, Context& context) &&;
  Closed on(const PeerRefused& event, Context& context) &&;
  Closed on(const ElementReceived& event, Context& context) &&;
  Pair pair;
  xmpp::StreamHeader header;
};

struct AwaitingAuth : Negotiating {  // RFC 6120 section 6.4.2, XEP-0178 section 3
  static constexpr std::string_view name = "awaiting-auth";
  AwaitingAuth(Pair domains, xmpp::StreamHeader theirs)
      : pair(std::move(domains)), header(std::move(theirs)) {}
  using Negotiating::on;
  State on(const ElementReceived& event, Context& context) &&;
  Pair pair;
  xmpp::StreamHeader header;
};

// Observe mode: nobody is authenticated; the backend's own rules decide.
struct OpeningUnauthenticated : AwaitingFar {
  static constexpr std::string_view name = "opening-unauthenticated";
  OpeningUnauthenticated(xmpp::StreamHeader theirs, std::string already)
      : header(std::move(theirs)), first(std::move(already)) {}
  using AwaitingFar::on;
  State on(const FarOpen& event, Context& context) &&;
  xmpp::StreamHeader header;
  std::string first;  // what this end said behind our header; empty: the header is still to come
};

enum class Proof : std::uint8_t { kExternal, kDialback };

struct OpeningFarLeg : AwaitingFar {
  static constexpr std::string_view name = "opening-far-leg";
  OpeningFarLeg(Pair domains, xmpp::StreamHeader theirs, Proof offered)
      : pair(std::move(domains)), header(std::move(theirs)), proof(offered) {}
  using AwaitingFar::on;
  State on(const FarAuthenticated& event, Context& context) &&;
  State on(const FarDeclined& event, Context& context) &&;
  Pair pair;
  xmpp::StreamHeader header;
  Proof proof;
};

struct AwaitingAuthenticatedHeader : Negotiating {
  static constexpr std::string_view name = "awaiting-authenticated-header";
  explicit AwaitingAuthenticatedHeader(Pair domains) : pair(std::move(domains)) {}
  using Negotiating::on;
  State on(const HeaderReceived& event, Context& context) &&;
  Pair pair;
};

struct AwaitingFarFeatures : AwaitingFar {
  static constexpr std::string_view name = "awaiting-far-features";
  AwaitingFarFeatures(xmpp::StreamHeader theirs, Proof given)
      : header(std::move(theirs)), proof(given) {}
  using AwaitingFar::on;
  State on(const FarFeatures& event, Context& context) &&;
  xmpp::StreamHeader header;
  Proof proof;  // after dialback the stream goes on as it is
};

// ---- Clients -----------------------------------------------------------------------------------

struct JudgingClient : Negotiating {
  static constexpr std::string_view name = "judging-client";
  JudgingClient(DomainName domain, xmpp::StreamHeader theirs)
      : local(std::move(domain)), header(std::move(theirs)) {}
  using Negotiating::on;
  State on(const PeerAccepted& event, Context& context) &&;
  State on(const PeerObserved& event, Context& context) &&;
  Closed on(const PeerRefused& event, Context& context) &&;
  Closed on(const ElementReceived& event, Context& context) &&;
  DomainName local;
  xmpp::StreamHeader header;
};

struct OpeningLogin : AwaitingFar {
  static constexpr std::string_view name = "opening-login";
  OpeningLogin(DomainName domain, xmpp::StreamHeader theirs)
      : local(std::move(domain)), header(std::move(theirs)) {}
  using AwaitingFar::on;
  State on(const FarHeader& event, Context& context) &&;
  State on(const FarFeatures& event, Context& context) &&;
  DomainName local;
  xmpp::StreamHeader header;
  std::optional<xmpp::StreamHeader> far_header;
};

struct LoggingIn : Negotiating {
  static constexpr std::string_view name = "logging-in";
  LoggingIn(DomainName domain, xmpp::StreamHeader theirs)
      : local(std::move(domain)), header(std::move(theirs)) {}
  using Negotiating::on;
  State on(const ElementReceived& event, Context& context) &&;
  State on(const FarElement& event, Context& context) &&;
  DomainName local;
  xmpp::StreamHeader header;
  std::size_t elements = 0;  // of the client
};

// After SASL2 <success/> the stream goes on (XEP-0388 section 2.6): new features, no new header.
struct AwaitingLoginFeatures : Negotiating {
  static constexpr std::string_view name = "awaiting-login-features";
  AwaitingLoginFeatures(xmpp::StreamHeader theirs, std::size_t already)
      : header(std::move(theirs)), elements(already) {}
  using Negotiating::on;
  State on(const ElementReceived& event, Context& context) &&;
  State on(const FarElement& event, Context& context) &&;
  State on(const FarFeatures& event, Context& context) &&;
  xmpp::StreamHeader header;
  std::size_t elements;
};

struct AwaitingLoginHeader : Negotiating {  // after SASL <success/>, RFC 6120 section 6.4.6
  static constexpr std::string_view name = "awaiting-login-header";
  explicit AwaitingLoginHeader(DomainName domain) : local(std::move(domain)) {}
  using Negotiating::on;
  State on(const HeaderReceived& event, Context& context) &&;
  DomainName local;
};

struct AwaitingSessionFeatures : AwaitingFar {
  static constexpr std::string_view name = "awaiting-session-features";
  AwaitingSessionFeatures(DomainName domain, xmpp::StreamHeader theirs)
      : local(std::move(domain)), header(std::move(theirs)) {}
  using AwaitingFar::on;
  State on(const FarHeader& event, Context& context) &&;
  State on(const FarFeatures& event, Context& context) &&;
  DomainName local;
  xmpp::StreamHeader header;
  std::optional<xmpp::StreamHeader> far_header;
};

}  // namespace portcullis::session::receiving
