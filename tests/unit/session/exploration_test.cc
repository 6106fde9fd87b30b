#include <gtest/gtest.h>

#include <array>
#include <iostream>
#include <span>

#include "tests/unit/session/edges.h"
#include "tests/unit/session/explorer.h"
#include "tests/unit/session/machine_world.h"

// Both machines, told every sequence of events of a small alphabet, until no new state appears. The
// promises of docs/state-machines.md hold on every path, and every edge that a type names is taken.
namespace portcullis::session {
namespace {

// A login has 100 steps at most; nothing else goes far.
constexpr std::size_t kDepth = 200;

constexpr const char* kPeer = "peer.example";
constexpr const char* kLegacy = "legacy.example";

const alphabet::Mark& kMark = alphabet::kNearMark;

alphabet::Words from_far(StreamKind kind) {
  using alphabet::marked;
  using samples::element;
  const auto& mark = alphabet::kFarMark;
  const auto refusal = policy::refuse(policy::Reason::kExpired, {{"date", "x"}});
  const auto header = alphabet::header(mark, kind, kLegacy, kPeer);
  const auto features = marked(alphabet::features({"PLAIN"}), mark, true);
  auto resumed = element(xmpp::ns::kSasl2, "success");
  resumed.children = {element("urn:xmpp:sm:3", "resumed")};
  return {{"FarAuthenticated", FarAuthenticated{}},
          {"FarHeader", FarHeader{header}},
          {"FarFeatures", FarFeatures{features}},
          {"FarElement", FarElement{marked(element(xmpp::ns::kClient, "iq"), mark, true)}},
          {"FarElement <iq/> login", FarElement{marked(alphabet::iq_login(), mark, true)}},
          {"FarElement <iq/> result", FarElement{marked(alphabet::iq_result(), mark)}},
          {"FarElement success", FarElement{marked(element(xmpp::ns::kSasl, "success"), mark)}},
          {"FarElement SASL2", FarElement{marked(element(xmpp::ns::kSasl2, "success"), mark)}},
          {"FarElement SASL2, resumed", FarElement{marked(std::move(resumed), mark)}},
          {"FarFailed", FarFailed{refusal, {}}},
          {"FarFailed with a condition", FarFailed{refusal, "conflict"}},
          {"FarEnded", FarEnded{}},
          {"FarLost", FarLost{}},
          {"FarClosed", FarClosed{}},
          {"FarUndelivered", FarUndelivered{"<message type='error'/>"}},
          {"FarLost, not managed", FarLost{false}},
          {"FarOpen", FarOpen{header, false, false}},
          {"FarOpen tls", FarOpen{header, true, false}},
          {"FarOpen external", FarOpen{header, true, true}},
          {"FarReady", FarReady{}},
          {"FarDeclined", FarDeclined{"not-authorized"}}};
}

alphabet::Words from_driver() {
  const auto refusal = policy::refuse(policy::Reason::kExpired, {{"date", "x"}});
  return {{"TransportReady", TransportReady{}},
          {"StreamClosed", StreamClosed{}},
          {"InputRefused", InputRefused{refusal, {}}},
          {"PlaintextBehindTls", PlaintextBehindTls{}},
          {"DirectTlsHeard", DirectTlsHeard{}},
          {"TlsEstablished", TlsEstablished{TlsVersion::kTls13}},
          {"TlsFailed", TlsFailed{refusal}},
          {"TransportLost", TransportLost{"reset"}},
          {"TransportLost, undelivered", TransportLost{"reset", false, false}},
          {"TransportLost, not managed", TransportLost{"reset", false, false, false}},
          {"TransportLost, writable", TransportLost{"it closed the connection", true, true}},
          {"PeerAccepted", PeerAccepted{}},
          {"PeerAccepted, identified", PeerAccepted{.identified = true}},
          {"PeerRefused", PeerRefused{refusal}},
          {"PeerObserved", PeerObserved{}},
          {"DeadlineExpired", DeadlineExpired{}},
          {"ShutdownRequested", ShutdownRequested{}},
          {"ShutdownRequested, this end first", ShutdownRequested{.this_end_first = true}}};
}

// What was seen of a machine in all explorations.
struct Seen {
  Taken edges;
  std::set<std::string> states;
};

template <class MachineType, class Profile>
void explore(const std::string& name, const Profile& profile, alphabet::Words words, bool observes,
             Seen& seen) {
  using World = MachineWorld<MachineType>;
  alphabet::append(words, from_driver());
  alphabet::append(words, from_far(profile.kind));
  typename World::Setup setup{.is_client = profile.kind == StreamKind::kC2s,
                              .observes = observes,
                              .words = std::move(words),
                              .taken = &seen.edges};
  if constexpr (requires { profile.approach; })
    setup.dialback = profile.approach == Approach::kDialback;
  if constexpr (requires { profile.approach; })
    setup.or_dialback = profile.approach == Approach::kExternalOrDialback;
  if constexpr (requires { profile.answers_refused; })
    setup.answers_refused = static_cast<bool>(profile.answers_refused);
  if constexpr (requires { profile.dialback; })
    setup.backend_asks = static_cast<bool>(profile.dialback.spoken);
  auto explored = Explorer<World>().explore(World(profile, setup), kDepth);
  std::cout << name << ": " << explored << std::endl;
  EXPECT_EQ(explored.broken, "") << name;
  EXPECT_TRUE(explored.complete || !explored.broken.empty()) << name;
  seen.states.merge(explored.sights);
}

// Every state was reached, every edge that a type names was taken, and no other.
template <class MachineType>
void expect_everything(const Seen& seen) {
  const auto states = edges::names(static_cast<const typename MachineType::State*>(nullptr));
  EXPECT_EQ(seen.states, std::set<std::string>(states.begin(), states.end()));
  Taken named;
  for (const auto& edge :
       edges::of_machine<typename MachineType::State, Event, typename MachineType::Context>())
    for (const auto next : edge.next) named.emplace(edge.state, edge.event, next);
  // Only a backend that has called us asks about keys while it relays.
  constexpr bool kReceives = std::is_same_v<MachineType, ReceivingMachine>;
  for (const auto from : {Relaying::name, AwaitingEnd::name, AwaitingBothEnds::name})
    if (!kReceives) named.erase({from, ElementReceived::name, from});
  for (const auto& [from, event, to] : named)
    EXPECT_EQ(seen.edges.count({from, event, to}), 1U) << from << " " << event << " -> " << to;
  // An event that a state does not accept leads to the end, too.
  for (const auto& [from, event, to] : seen.edges)
    EXPECT_TRUE(named.count({from, event, to}) == 1 || to == Closed::name)
        << from << " " << event << " -> " << to;
}

std::string title(std::string_view machine, StreamKind kind, TlsEntry entry,
                  std::string_view more) {
  return std::string(machine)
      .append(" ")
      .append(name(kind))
      .append(" ")
      .append(name(entry))
      .append(more);
}

constexpr std::array kEntries{TlsEntry::kStartTls, TlsEntry::kDirectTls};

TEST(Exploration, OfTheReceivingLegBreaksNoPromise) {
  Seen seen;
  for (const auto kind : kStreamKinds) {
    const bool outbound = kind == StreamKind::kS2sOutbound;
    const auto* from = outbound ? kLegacy : kPeer;
    const auto* to = outbound ? kPeer : kLegacy;
    auto words = kind == StreamKind::kC2s ? alphabet::client(kMark)
                                          : alphabet::initiating_server(kMark, from, to);
    alphabet::append(words, alphabet::opening_headers(kMark, kind, from, to));
    for (const auto entry : kEntries)
      for (const bool observe : {false, true})
        explore<ReceivingMachine>(title("receiving", kind, entry, observe ? ", observed" : ""),
                                  samples::receiving_profile(kind, entry, observe), words, observe,
                                  seen);
    if (outbound) {
      auto answered = samples::receiving_profile(kind, TlsEntry::kStartTls);
      answered.answers_refused = [](const DomainName&) { return true; };
      explore<ReceivingMachine>(title("receiving", kind, TlsEntry::kStartTls, ", answered"),
                                answered, words, false, seen);
      auto dialback = answered;
      dialback.dialback = samples::dialback_terms();
      auto asked = words;
      alphabet::append(asked, alphabet::dialback_server(kMark, from, to));
      explore<ReceivingMachine>(title("receiving", kind, TlsEntry::kStartTls, ", dialback"),
                                dialback, asked, false, seen);
    }
    if (kind != StreamKind::kS2sInbound) continue;
    auto certified = samples::receiving_profile(kind, TlsEntry::kStartTls);
    certified.stance = [](const DomainName&, const DomainName&) {
      return RemoteStance{false, true};
    };
    explore<ReceivingMachine>(title("receiving", kind, TlsEntry::kStartTls, ", certified"),
                              certified, words, false, seen);
    auto asked = words;
    alphabet::append(asked, alphabet::dialback_server(kMark, from, to));
    explore<ReceivingMachine>(title("receiving", kind, TlsEntry::kStartTls, ", asked"),
                              samples::asked_profile(TlsEntry::kStartTls), asked, false, seen);
  }
  expect_everything<ReceivingMachine>(seen);
}

struct NamedApproach {
  Approach approach;
  std::string_view name;
};
constexpr std::array<NamedApproach, 4> kApproaches{
    {{Approach::kAuthenticate, ""},
     {Approach::kAnonymousClear, ", anonymous in the clear"},
     {Approach::kAnonymousTls, ", anonymous under TLS"},
     {Approach::kObserve, ", observed"}}};

TEST(Exploration, OfTheInitiatingLegBreaksNoPromise) {
  Seen seen;
  for (const auto kind : {StreamKind::kS2sInbound, StreamKind::kS2sOutbound}) {
    const bool outbound = kind == StreamKind::kS2sOutbound;
    auto words = alphabet::receiving_server(kMark);
    alphabet::append(words, alphabet::answering_headers(kMark, kind, outbound ? kPeer : kLegacy,
                                                        outbound ? kLegacy : kPeer));
    for (const auto entry : kEntries)
      for (const auto& [approach, name] : kApproaches)
        explore<InitiatingMachine>(title("initiating", kind, entry, name),
                                   samples::initiating_profile(kind, entry, approach), words,
                                   is_observed(approach), seen);
  }
  auto words = alphabet::host(kMark);
  alphabet::append(words, alphabet::answering_headers(kMark, StreamKind::kC2s, kLegacy, kPeer));
  explore<InitiatingMachine>("initiating c2s",
                             samples::initiating_profile(StreamKind::kC2s, TlsEntry::kStartTls),
                             words, false, seen);
  for (const auto entry : kEntries) {
    auto secured = samples::initiating_profile(StreamKind::kC2s, entry);
    secured.client_tls = true;
    secured.initial_header = std::make_shared<const xmpp::StreamHeader>(
        samples::header(StreamKind::kC2s, kPeer, kLegacy));
    auto with_tls = words;
    alphabet::append(with_tls, alphabet::tls_host(kMark));
    explore<InitiatingMachine>(title("initiating", StreamKind::kC2s, entry, ", TLS"), secured,
                               with_tls, false, seen);
  }
  auto dialback = samples::initiating_profile(StreamKind::kS2sInbound, TlsEntry::kStartTls,
                                              Approach::kDialback);
  dialback.initial_header = std::make_shared<const xmpp::StreamHeader>(
      alphabet::header(alphabet::kFarMark, StreamKind::kS2sInbound, kPeer, kLegacy));
  words = alphabet::receiving_server(kMark);
  alphabet::append(words, alphabet::dialback_server(kMark));
  alphabet::append(words, alphabet::dialback_headers(kMark));
  words.push_back({"FarHeader with another prefix",
                   FarHeader{alphabet::header(kMark, StreamKind::kS2sInbound, kPeer, kLegacy)}});
  explore<InitiatingMachine>("initiating, dialback", dialback, words, false, seen);
  auto either = samples::initiating_profile(StreamKind::kS2sOutbound, TlsEntry::kStartTls,
                                            Approach::kExternalOrDialback);
  words = alphabet::receiving_server(kMark);
  alphabet::append(words, alphabet::dialback_peer(kMark));
  alphabet::append(words,
                   alphabet::answering_headers(kMark, StreamKind::kS2sOutbound, kPeer, kLegacy));
  explore<InitiatingMachine>("initiating, EXTERNAL or dialback", either, words, false, seen);
  auto nobody = samples::initiating_profile(StreamKind::kS2sInbound, TlsEntry::kStartTls);
  nobody.from.reset();
  explore<InitiatingMachine>("initiating for nobody", nobody, {}, false, seen);
  expect_everything<InitiatingMachine>(seen);
}

}  // namespace
}  // namespace portcullis::session
