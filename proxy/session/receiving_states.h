#pragma once

#include <cstddef>
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
  ReceivingProfile profile;
};

struct AwaitingTransport;
struct AwaitingHeader;
struct AwaitingStartTls;
struct SecuringTls;
struct AwaitingSecuredHeader;
struct Judging;
struct AwaitingAuth;
struct OpeningFarLeg;
struct AwaitingAuthenticatedHeader;
struct AwaitingFarFeatures;
struct OpeningLogin;
struct LoggingIn;
struct AwaitingLoginFeatures;
struct AwaitingLoginHeader;
struct AwaitingSessionFeatures;

using State = std::variant<AwaitingTransport, AwaitingHeader, AwaitingStartTls, SecuringTls,
                           AwaitingSecuredHeader, Judging, AwaitingAuth, OpeningFarLeg,
                           AwaitingAuthenticatedHeader, AwaitingFarFeatures, OpeningLogin,
                           LoggingIn, AwaitingLoginFeatures, AwaitingLoginHeader,
                           AwaitingSessionFeatures, Relaying, Closed>;

// ---- How any negotiation may end ---------------------------------------------------------------

struct Negotiating {
  Closed on(const StreamClosed& event, Context& context) &&;
  Closed on(const InputRefused& event, Context& context) &&;
  Closed on(const TransportLost& event, Context& context) &&;
  Closed on(const DeadlineExpired& event, Context& context) &&;
  Closed on(const ShutdownRequested& event, Context& context) &&;
};

struct BeforeTls : Negotiating {
  using Negotiating::on;
  Closed on(const DeadlineExpired& event, Context& context) &&;  // the shorter one
};

// From here on there is a far leg.
struct Bridging : Negotiating {
  using Negotiating::on;
  Closed on(const FarFailed& event, Context& context) &&;
  Closed on(const FarEnded& event, Context& context) &&;
  Closed on(const FarLost& event, Context& context) &&;
};

// It is the far leg's turn: what this end says now comes too early, and it is not to blame if
// time runs out.
struct AwaitingFar : Bridging {
  using Bridging::on;
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

struct OpeningFarLeg : AwaitingFar {
  static constexpr std::string_view name = "opening-far-leg";
  explicit OpeningFarLeg(Pair domains) : pair(std::move(domains)) {}
  using AwaitingFar::on;
  State on(const FarAuthenticated& event, Context& context) &&;
  Pair pair;
};

struct AwaitingAuthenticatedHeader : Bridging {
  static constexpr std::string_view name = "awaiting-authenticated-header";
  explicit AwaitingAuthenticatedHeader(Pair domains) : pair(std::move(domains)) {}
  using Bridging::on;
  State on(const HeaderReceived& event, Context& context) &&;
  Pair pair;
};

struct AwaitingFarFeatures : AwaitingFar {
  static constexpr std::string_view name = "awaiting-far-features";
  explicit AwaitingFarFeatures(xmpp::StreamHeader theirs) : header(std::move(theirs)) {}
  using AwaitingFar::on;
  State on(const FarFeatures& event, Context& context) &&;
  xmpp::StreamHeader header;
};

// ---- Clients -----------------------------------------------------------------------------------

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

struct LoggingIn : Bridging {
  static constexpr std::string_view name = "logging-in";
  LoggingIn(DomainName domain, xmpp::StreamHeader theirs)
      : local(std::move(domain)), header(std::move(theirs)) {}
  using Bridging::on;
  State on(const ElementReceived& event, Context& context) &&;
  State on(const FarElement& event, Context& context) &&;
  DomainName local;
  xmpp::StreamHeader header;
  std::size_t elements = 0;  // of the client
};

// After SASL2 <success/> the stream goes on (XEP-0388 section 2.6): new features, no new header.
struct AwaitingLoginFeatures : Bridging {
  static constexpr std::string_view name = "awaiting-login-features";
  AwaitingLoginFeatures(xmpp::StreamHeader theirs, std::size_t already)
      : header(std::move(theirs)), elements(already) {}
  using Bridging::on;
  State on(const ElementReceived& event, Context& context) &&;
  State on(const FarElement& event, Context& context) &&;
  State on(const FarFeatures& event, Context& context) &&;
  xmpp::StreamHeader header;
  std::size_t elements;
};

struct AwaitingLoginHeader : Bridging {  // after SASL <success/>, RFC 6120 section 6.4.6
  static constexpr std::string_view name = "awaiting-login-header";
  explicit AwaitingLoginHeader(DomainName domain) : local(std::move(domain)) {}
  using Bridging::on;
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
