#include "tests/scenario/bridge/streams.h"

// legacy.example calls peer.example: direct TLS, and the end of the program in each phase.
namespace portcullis::relay::scene {
namespace {

using ::testing::HasSubstr;

// XEP-0368: the peer speaks TLS from the first octet on.
net::Candidates direct() {
  return std::vector<net::Candidate>{{address("198.51.100.1", 5270), TlsEntry::kDirectTls}};
}

TEST(OutboundDirectTls, ReachesThePeerWithoutAWordInTheClear) {
  play([](std::size_t piece) {
    Scene scene(piece, kOutbound);
    backend_authenticates(scene);
    scene.network.finds(direct());
    scene.near.heard();
    scene.far().connection.open();
    scene.far().hears("[tls]");
    scene.far().secures(&world().peer);
    scene.far().hears(wire::server("from='legacy.example' to='peer.example' version='1.0'"));
    scene.far().says(theirs(wire::kExternalFeatures));
    scene.far().says(wire::kSuccess);
    scene.near.hears(wire::kSuccess);
    scene.near.says(kFromLegacy);
    scene.far().says(theirs(wire::kNoFeatures));
    EXPECT_TRUE(scene.established());
    scene.near.says(wire::kEnd);
  });
}

TEST(OutboundDirectTls, RefusesACertificateForAnotherName) {
  Scene scene(1, kOutbound);
  backend_authenticates(scene);
  scene.network.finds(direct());
  scene.near.heard();
  scene.far().connection.open();
  scene.far().connection.facts.alpn = "xmpp-server";  // else the backend would not be told
  scene.far().secures(&world().other);
  scene.near.hears(wire::error("remote-connection-failed", "name_mismatch") + "[close]");
}

TEST(OutboundDirectTls, EndsWhenAPeerOffersTlsOnceMore) {
  Scene scene(1, kOutbound);
  backend_authenticates(scene);
  scene.network.finds(direct());
  scene.near.heard();
  scene.far().connection.open();
  scene.far().secures(&world().peer);
  scene.far().says(theirs(wire::kStartTlsFeatures));
  scene.near.hears(wire::error("remote-connection-failed", "external_not_offered") + "[close]");
}

// ---- The end of the program, in each phase

enum class Phase { kAccepted, kSecured, kLookUp, kDialing, kFarHandshake, kFarSecured, kRelaying };
constexpr Phase kPhases[] = {Phase::kAccepted, Phase::kSecured,      Phase::kLookUp,
                             Phase::kDialing,  Phase::kFarHandshake, Phase::kFarSecured,
                             Phase::kRelaying};

void reach(Scene& scene, Phase phase) {
  if (phase == Phase::kRelaying) return relay_outbound(scene);
  if (phase >= Phase::kSecured) {
    scene.near.says(kFromLegacy);
    scene.near.says(wire::kStartTls);
    scene.near.secures(&world().backend);
    scene.near.says(kFromLegacy);
  }
  if (phase >= Phase::kLookUp) scene.near.says(wire::auth(wire::kAuthLegacy));
  if (phase >= Phase::kDialing) scene.network.finds(candidates({"198.51.100.1", "198.51.100.2"}));
  if (phase >= Phase::kFarHandshake) {
    scene.far().connection.open();
    scene.far().says(theirs(wire::kStartTlsFeatures));
    scene.far().says(wire::kProceed);
  }
  if (phase >= Phase::kFarSecured) scene.far().secures(&world().peer);
}

TEST(OutboundShutdown, TellsEveryEndInItsPhaseAndTriesNoOtherAddress) {
  for (const auto phase : kPhases) {
    SCOPED_TRACE(static_cast<int>(phase));
    Scene scene(1, kOutbound);
    reach(scene, phase);
    const auto attempts = scene.network.ends.size();
    scene.bridge->shut_down();
    // The end that sends stanzas is told first, and may still speak until it ends.
    if (phase == Phase::kRelaying) {
      scene.near.says("</stream:stream>");
      EXPECT_FALSE(scene.near.connection.closing());
      scene.far().says("</stream:stream>");
    }
    EXPECT_TRUE(scene.near.connection.closing());
    EXPECT_THAT(scene.near.heard(), HasSubstr("<system-shutdown"));
    EXPECT_EQ(scene.network.ends.size(), attempts);
    for (const auto& end : scene.network.ends) EXPECT_TRUE(end->connection.closing());
    EXPECT_FALSE(scene.network.running());
  }
}

TEST(OutboundShutdown, LeavesNothingAfterAnAbort) {
  for (const auto phase : kPhases) {
    SCOPED_TRACE(static_cast<int>(phase));
    Scene scene(1, kOutbound);
    reach(scene, phase);
    scene.bridge->abort();
    EXPECT_TRUE(scene.near.connection.gone());
    for (const auto& end : scene.network.ends) EXPECT_TRUE(end->connection.gone());
    EXPECT_FALSE(scene.network.running());
  }
}

}  // namespace
}  // namespace portcullis::relay::scene
