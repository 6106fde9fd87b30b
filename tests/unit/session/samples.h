#pragma once

#include <array>
#include <string>
#include <vector>

#include "proxy/session/event.h"
#include "proxy/session/header_basics.h"
#include "proxy/session/initiating_states.h"
#include "proxy/session/receiving_states.h"

// One of each state, and events of every kind in several shapes.
namespace portcullis::session::samples {

inline DomainName domain(std::string_view text) {
  return DomainName::parse(text).value();
}

inline xmpp::Element element(std::string_view ns, std::string_view name) {
  xmpp::Element made;
  made.ns = ns;
  made.name = name;
  return made;
}

inline xmpp::StreamHeader header(StreamKind kind, const char* from, const char* to) {
  auto made = bare_header(kind);
  made.from = from;
  made.to = to;
  return made;
}

inline xmpp::Element features(bool everything) {
  auto made = element(xmpp::ns::kStream, "features");
  if (!everything) return made;
  made.children = {element(xmpp::ns::kTls, "starttls"), element(xmpp::ns::kSasl, "mechanisms")};
  made.children[1].children = {element(xmpp::ns::kSasl, "mechanism")};
  made.children[1].children[0].trailing_text = "EXTERNAL";
  return made;
}

inline xmpp::Element dialback(std::string_view name) {
  auto request = element(xmpp::ns::kDialback, name);
  request.attributes = {{"", "from", "peer.example"}, {"", "to", "legacy.example"}};
  if (name == "verify") request.attributes.push_back({"", "id", "stream"});
  request.trailing_text = "key";
  return request;
}

inline xmpp::Element dialback_answer(std::string_view type) {
  auto answer = element(xmpp::ns::kDialback, "result");
  answer.attributes = {
      {"", "from", "legacy.example"}, {"", "to", "peer.example"}, {"", "type", std::string(type)}};
  return answer;
}

inline xmpp::Element dialback_features() {
  auto made = features(false);
  made.children = {element(xmpp::ns::kDialbackFeature, "dialback")};
  return made;
}

inline std::vector<xmpp::Element> elements() {
  auto auth = element(xmpp::ns::kSasl, "auth");
  auth.attributes = {{"", "mechanism", "EXTERNAL"}};
  return {features(true),
          features(false),
          auth,
          element(xmpp::ns::kStream, "error"),
          element(xmpp::ns::kTls, "starttls"),
          element(xmpp::ns::kTls, "proceed"),
          element(xmpp::ns::kTls, "failure"),
          element(xmpp::ns::kSasl, "auth"),
          element(xmpp::ns::kSasl, "success"),
          element(xmpp::ns::kSasl, "failure"),
          element(xmpp::ns::kSasl2, "success"),
          element(xmpp::ns::kDialback, "result"),
          dialback("result"),
          dialback("verify"),
          dialback_answer("valid"),
          dialback_answer("invalid"),
          dialback_features(),
          element(xmpp::ns::kServer, "message"),
          element(xmpp::ns::kClient, "iq"),
          element("", "")};
}

inline std::vector<Event> events() {
  const policy::Refusal refusal = policy::refuse(policy::Reason::kExpired);
  std::vector<Event> all{
      TransportReady{},
      StreamClosed{},
      InputRefused{refusal, {}},
      InputRefused{refusal, "restricted-xml"},
      PlaintextBehindTls{},
      DirectTlsHeard{},
      TlsEstablished{TlsVersion::kTls13},
      TlsFailed{refusal},
      TransportLost{"reset"},
      TransportLost{"reset", false, false},
      TransportLost{"it closed the connection", true, true},
      PeerAccepted{},
      PeerAccepted{.identified = true},
      PeerRefused{refusal},
      DeadlineExpired{},
      ShutdownRequested{},
      ShutdownRequested{.this_end_first = true},
      FarAuthenticated{},
      FarAuthenticated{{20'000, 60}},
      FarFailed{refusal, {}},
      FarFailed{policy::refuse(policy::Reason::kBackendUnavailable), "conflict"},
      FarEnded{},
      FarLost{},
      HeaderReceived{},
      FarHeader{},
      PeerObserved{},
      FarOpen{},
      FarOpen{header(StreamKind::kS2sInbound, "legacy.example", "peer.example"), true, true},
      FarReady{},
      FarDeclined{"not-authorized"},
      FarClosed{},
      FarUndelivered{"<message type='error'/>"},
      FarLost{false},
      TransportLost{"reset", false, false, false}};
  auto named = header(StreamKind::kS2sInbound, "legacy.example", "peer.example");
  named.id = "9f8e";
  all.emplace_back(HeaderReceived{std::move(named)});
  for (const auto kind : kStreamKinds) {
    for (const auto& one : {header(kind, "peer.example", "legacy.example"),
                            header(kind, "legacy.example", "peer.example")}) {
      all.emplace_back(HeaderReceived{one});
      all.emplace_back(FarHeader{one});
    }
  }
  for (const auto& one : elements()) {
    all.emplace_back(ElementReceived{one});
    all.emplace_back(FarElement{one});
    all.emplace_back(FarFeatures{one});
  }
  return all;
}

// Every backend is authenticated by dialback, and every second key is ours.
inline DialbackTerms dialback_terms() {
  return {[](const DomainName*) { return true; },
          [](const xmpp::DialbackRequest& request) { return request.key.size() % 2 == 1; }};
}

// `observe`: every remote domain is only observed.
inline ReceivingProfile receiving_profile(StreamKind kind, TlsEntry entry, bool observe = false) {
  ReceivingProfile profile;
  profile.kind = kind;
  profile.side = kind == StreamKind::kS2sOutbound ? Side::kBackend : Side::kWan;
  profile.entry = entry;
  profile.serves =
      [own = *DomainName::parse("legacy.example")](const DomainName& name) -> const DomainName* {
    return name == own ? &own : nullptr;
  };
  profile.new_stream_id = [] { return std::string("id"); };
  if (observe)
    profile.stance = [](const DomainName&, const DomainName&) { return RemoteStance{true, false}; };
  profile.judges_clients = observe;
  return profile;
}

inline std::shared_ptr<const xmpp::DialbackKeys> dialback_keys() {
  static const auto keys = std::make_shared<const xmpp::DialbackKeys>(
      "a secret of sixteen", xmpp::DialbackPlace::kBackend);
  return keys;
}

inline InitiatingProfile initiating_profile(StreamKind kind, TlsEntry entry,
                                            Approach approach = Approach::kAuthenticate) {
  const bool out = kind == StreamKind::kS2sOutbound;
  return InitiatingProfile{.kind = kind,
                           .side = out ? Side::kWan : Side::kBackend,
                           .entry = entry,
                           .from = domain(out ? "legacy.example" : "peer.example"),
                           .to = domain(out ? "peer.example" : "legacy.example"),
                           .negotiation = std::chrono::seconds(10),
                           .approach = approach,
                           .initial_header = nullptr,
                           .dialback_keys = dialback_keys()};
}

// Every peer takes keys of ours, and asks about them.
inline ReceivingProfile asked_profile(TlsEntry entry) {
  auto profile = receiving_profile(StreamKind::kS2sInbound, entry);
  profile.stance = [](const DomainName&, const DomainName&) {
    return RemoteStance{.answers_keys = true};
  };
  profile.dialback.knows = dialback_terms().knows;
  return profile;
}

inline std::vector<receiving::State> receiving_states() {
  using namespace receiving;
  const auto local = domain("legacy.example");
  const auto remote = domain("peer.example");
  const Addresses claimed{local, remote};
  const Pair pair{local, remote};
  const auto theirs = header(StreamKind::kS2sInbound, "peer.example", "legacy.example");
  std::vector<State> all;
  all.emplace_back(AwaitingTransport{});
  all.emplace_back(AwaitingHeader{});
  all.emplace_back(ProbingFar{claimed, theirs});
  all.emplace_back(AwaitingDialback{theirs});
  all.emplace_back(ProvingBackend{pair, theirs, "<db:result type='valid'/>"});
  all.emplace_back(AwaitingStanza{pair, theirs});
  all.emplace_back(OpeningForStanzas{theirs, {"<message/>"}});
  all.emplace_back(AwaitingStartTls{claimed});
  all.emplace_back(ObservedInTheClear{claimed, theirs});
  all.emplace_back(SecuringTls{claimed});
  all.emplace_back(AwaitingSecuredHeader{claimed});
  all.emplace_back(Judging{pair, theirs});
  all.emplace_back(AwaitingAuth{pair, theirs, 1});
  all.emplace_back(OpeningUnauthenticated{theirs, {}});
  all.emplace_back(OpeningFarLeg{pair, theirs, Proof::kExternal});
  all.emplace_back(AwaitingAuthenticatedHeader{pair, {20'000, std::nullopt}});
  all.emplace_back(AwaitingFarFeatures{theirs, false});
  const FarFailed failed{policy::refuse(policy::Reason::kSelfSigned), {}};
  all.emplace_back(AwaitingRefusedHeader{pair, failed});
  all.emplace_back(HearingRefused{failed});
  all.emplace_back(JudgingClient{local, theirs});
  all.emplace_back(OpeningLogin{local, theirs});
  all.emplace_back(LoggingIn{local, theirs});
  all.emplace_back(AwaitingLoginFeatures{theirs, false});
  all.emplace_back(AwaitingLoginHeader{local});
  all.emplace_back(AwaitingSessionFeatures{local, theirs});
  all.emplace_back(Relaying{});
  all.emplace_back(AwaitingFarEnd{});
  all.emplace_back(AwaitingEnd{});
  all.emplace_back(AwaitingBothEnds{});
  all.emplace_back(Closed{});
  return all;
}

inline std::shared_ptr<const xmpp::Element> with_dialback() {
  return std::make_shared<const xmpp::Element>(features(true));
}

inline std::vector<initiating::State> initiating_states() {
  using namespace initiating;
  const auto theirs = header(StreamKind::kS2sInbound, "peer.example", "legacy.example");
  std::vector<State> all;
  all.emplace_back(AwaitingTransport{});
  all.emplace_back(AwaitingHeader{});
  all.emplace_back(AwaitingFeatures{theirs});
  all.emplace_back(AwaitingProceed{});
  all.emplace_back(SecuringTls{});
  all.emplace_back(Judging{});
  all.emplace_back(AwaitingSecuredHeader{true});
  all.emplace_back(AwaitingSecuredFeatures{true, theirs});
  all.emplace_back(AwaitingRelease{theirs, true});
  all.emplace_back(AwaitingSuccess{theirs, {20'000, 60}, with_dialback()});
  all.emplace_back(AwaitingKeyAnswer{theirs, features(false)});
  all.emplace_back(AwaitingFarStart{theirs, {}});
  all.emplace_back(AwaitingFarHeader{});
  all.emplace_back(AwaitingAuthenticatedHeader{});
  all.emplace_back(AwaitingAuthenticatedFeatures{theirs});
  all.emplace_back(AwaitingLoginHeader{});
  all.emplace_back(AwaitingMechanisms{theirs});
  all.emplace_back(LoggingIn{theirs});
  all.emplace_back(AwaitingLoginFeatures{theirs, false});
  all.emplace_back(AwaitingFarRestart{});
  all.emplace_back(AwaitingSessionHeader{});
  all.emplace_back(AwaitingSessionFeatures{theirs});
  all.emplace_back(Relaying{});
  all.emplace_back(AwaitingFarEnd{});
  all.emplace_back(AwaitingEnd{});
  all.emplace_back(AwaitingBothEnds{});
  all.emplace_back(Closed{});
  return all;
}

}  // namespace portcullis::session::samples
