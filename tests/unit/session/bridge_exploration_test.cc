#include <gtest/gtest.h>

#include <iostream>
#include <set>

#include "tests/unit/session/bridge_model.h"
#include "tests/unit/session/edges.h"
#include "tests/unit/session/explorer.h"

// A bridge of two real legs, and every order in which its two ends, the certificate gate, the
// search for the far end and time can act, until no new state appears.
namespace portcullis::session {
namespace {

// A login has 100 steps at most; nothing else goes far.
constexpr std::size_t kDepth = 300;

constexpr const char* kPeer = "peer.example";
constexpr const char* kLegacy = "legacy.example";

ReceivingProfile near_profile(StreamKind kind, TlsEntry entry, RemoteStance stance) {
  auto profile = samples::receiving_profile(kind, entry);
  profile.stance = [stance](const DomainName&, const DomainName& remote) {
    return remote.a_label() == kPeer ? stance : RemoteStance{};
  };
  return profile;
}

BridgeSetup servers(std::string name, StreamKind kind, TlsEntry entry, RemoteStance stance) {
  const bool outbound = kind == StreamKind::kS2sOutbound;
  const auto* near = outbound ? kLegacy : kPeer;
  const auto* far = outbound ? kPeer : kLegacy;
  using TlsEntry::kDirectTls;
  using TlsEntry::kStartTls;
  return {.name = std::move(name),
          .near = near_profile(kind, entry, stance),
          .candidates = outbound ? std::vector{kDirectTls, kStartTls} : std::vector{kStartTls},
          .near_headers = alphabet::opening_headers(alphabet::kNearMark, kind, near, far),
          .near_elements = alphabet::initiating_server(alphabet::kNearMark, near, far),
          .far_headers = alphabet::answering_headers(alphabet::kFarMark, kind, far, near),
          .far_elements = alphabet::receiving_server(alphabet::kFarMark)};
}

// A backend that is reached by TLS.
BridgeSetup with_tls(BridgeSetup setup, TlsEntry entry) {
  setup.client_tls = true;
  setup.candidates = {entry};
  alphabet::append(setup.far_elements, alphabet::tls_host(alphabet::kFarMark));
  return setup;
}

// A backend that knows only dialback.
BridgeSetup by_dialback(BridgeSetup setup) {
  setup.dialback = true;
  setup.far_headers = alphabet::dialback_headers(alphabet::kFarMark);
  alphabet::append(setup.far_elements, alphabet::dialback_server(alphabet::kFarMark));
  return setup;
}

// A peer that may take keys of ours.
BridgeSetup originating(BridgeSetup setup) {
  setup.originates = true;
  alphabet::append(setup.far_elements, alphabet::dialback_peer_elements(alphabet::kFarMark));
  return setup;
}

// A peer that asks about keys of ours.
BridgeSetup asked(BridgeSetup setup) {
  setup.near.dialback.knows = samples::dialback_terms().knows;
  alphabet::append(setup.near_elements,
                   alphabet::dialback_server(alphabet::kNearMark, kPeer, kLegacy));
  return setup;
}

BridgeSetup clients(std::string name, TlsEntry entry, bool judged) {
  const auto kind = StreamKind::kC2s;
  BridgeSetup setup{
      .name = std::move(name),
      .near = near_profile(kind, entry, {}),
      .candidates = {TlsEntry::kStartTls},
      .near_headers = alphabet::opening_headers(alphabet::kNearMark, kind, kPeer, kLegacy),
      .near_elements = alphabet::client(alphabet::kNearMark),
      .far_headers = alphabet::answering_headers(alphabet::kFarMark, kind, kLegacy, kPeer),
      .far_elements = alphabet::host(alphabet::kFarMark)};
  setup.near.judges_clients = judged;
  return setup;
}

// A backend that shows its users no stream errors.
BridgeSetup answering(BridgeSetup setup) {
  setup.near.answers_refused = [](const DomainName& local) { return local.a_label() == kLegacy; };
  return setup;
}

// A backend that is authenticated by dialback.
BridgeSetup called_by_dialback(BridgeSetup setup) {
  setup.near.dialback = samples::dialback_terms();
  alphabet::append(setup.near_elements,
                   alphabet::dialback_server(alphabet::kNearMark, kLegacy, kPeer));
  return setup;
}

constexpr RemoteStance kEnforced{.observe = false, .certified_dialback = false};
constexpr RemoteStance kCertified{.observe = false, .certified_dialback = true};
constexpr RemoteStance kAsking{.answers_keys = true};
constexpr RemoteStance kObserved{.observe = true, .certified_dialback = false};
constexpr RemoteStance kBoth{.observe = true, .certified_dialback = true};

std::vector<BridgeSetup> all_setups() {
  const auto in = StreamKind::kS2sInbound;
  const auto out = StreamKind::kS2sOutbound;
  const auto starttls = TlsEntry::kStartTls;
  const auto direct = TlsEntry::kDirectTls;
  return {servers("inbound", in, starttls, kEnforced),
          servers("inbound, direct TLS", in, direct, kEnforced),
          servers("inbound, dialback certified", in, starttls, kCertified),
          servers("inbound, direct TLS, dialback certified", in, direct, kCertified),
          servers("inbound, observed", in, starttls, kObserved),
          servers("inbound, direct TLS, observed", in, direct, kObserved),
          servers("inbound, observed, dialback certified", in, starttls, kBoth),
          by_dialback(servers("inbound, to dialback", in, starttls, kEnforced)),
          by_dialback(servers("inbound, certified to dialback", in, starttls, kCertified)),
          by_dialback(servers("inbound, observed, to dialback", in, starttls, kObserved)),
          servers("outbound", out, starttls, kEnforced),
          servers("outbound, observed", out, starttls, kObserved),
          originating(servers("outbound, EXTERNAL or dialback", out, starttls, kEnforced)),
          asked(servers("inbound, asked", in, starttls, kAsking)),
          answering(servers("outbound, refusals answered", out, starttls, kEnforced)),
          answering(servers("outbound, observed, refusals answered", out, starttls, kObserved)),
          called_by_dialback(answering(servers("outbound, dialback", out, starttls, kEnforced))),
          clients("client", starttls, false),
          clients("client, direct TLS, judged", direct, true),
          with_tls(clients("client, backend with TLS", starttls, false), starttls),
          with_tls(clients("client, backend with direct TLS", starttls, false), direct)};
}

std::set<std::string> explore(const BridgeSetup& setup) {
  auto explored = Explorer<BridgeModel>().explore(BridgeModel(setup), kDepth);
  std::cout << setup.name << ": " << explored << std::endl;
  EXPECT_EQ(explored.broken, "") << setup.name;
  EXPECT_TRUE(explored.complete || !explored.broken.empty()) << setup.name;
  // What was explored is worth something only if the stream can be established.
  const bool observed =
      setup.near.stance(samples::domain("legacy.example"), samples::domain(kPeer)).observe;
  EXPECT_EQ(explored.sights.count("authenticated"), 1U) << setup.name;
  EXPECT_EQ(explored.sights.count("observed"), observed ? 1U : 0U) << setup.name;
  return std::move(explored.sights);
}

template <class State>
void add_states(std::string_view leg, std::set<std::string>& all) {
  for (const auto name : edges::names(static_cast<const State*>(nullptr)))
    all.insert(std::string(leg).append(" ").append(name));
}

TEST(BridgeExploration, BreaksNoPromiseAndReachesEveryState) {
  std::set<std::string> seen;
  for (const auto& setup : all_setups()) seen.merge(explore(setup));
  std::set<std::string> expected{"authenticated", "observed"};
  add_states<receiving::State>("near", expected);
  add_states<initiating::State>("far", expected);
  // The gate answers at once, and a far leg that is closed is gone.
  for (const auto* passing :
       {"near judging", "near judging-client", "near proving-backend", "far judging", "far closed"})
    expected.erase(passing);
  expected.erase("far awaiting-both-ends");  // it is the near end that is told first
  EXPECT_EQ(seen, expected);
}

}  // namespace
}  // namespace portcullis::session
