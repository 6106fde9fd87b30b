#include "tests/scenario/bridge/streams.h"

// legacy.example calls peer.example: how the peer is found and reached.
namespace portcullis::relay::scene {
namespace {

using policy::Reason;
using ::testing::HasSubstr;

TEST(OutboundBridge, TriesTheNextAddressWhenTheFirstConnectsAndIsSilent) {
  play([](std::size_t piece) {
    Scene scene(piece, kOutbound);
    backend_authenticates(scene);
    EXPECT_EQ(scene.network.asked, "[peer.example]");
    scene.network.finds(candidates({"198.51.100.1", "198.51.100.2"}));
    scene.far(0).connection.open();
    scene.time.advance(9'999ms);
    ASSERT_EQ(scene.network.ends.size(), 1U);
    scene.time.advance(1ms);
    ASSERT_EQ(scene.network.ends.size(), 2U);
    EXPECT_TRUE(scene.far(0).connection.closing());
    scene.near.heard();
    far_accepts(scene.far(1), &world().peer);
    scene.near.hears(wire::kSuccess);
    scene.near.says(kFromLegacy);
    scene.far(1).says(theirs(wire::kNoFeatures));
    EXPECT_TRUE(scene.established());
    // The echo of the attempt that was given up.
    scene.far(0).connection.leave();
    scene.time.settle();
    EXPECT_TRUE(scene.established());
    EXPECT_FALSE(scene.near.connection.closing());
    EXPECT_EQ(scene.metric("dial_attempts_total"), 2);
    scene.near.says(wire::kEnd);
  });
}

TEST(OutboundBridge, TriesTheNextAddressWhenTheFirstIsNotThePeer) {
  Scene scene(1, kOutbound);
  backend_authenticates(scene);
  scene.network.finds(candidates({"198.51.100.1", "198.51.100.2"}));
  scene.far(0).connection.open();
  scene.far(0).says(theirs(wire::kStartTlsFeatures));
  scene.far(0).says(wire::kProceed);
  scene.far(0).secures(&world().other);
  EXPECT_THAT(scene.far(0).heard(), HasSubstr("name_mismatch"));
  scene.near.heard();
  far_accepts(scene.far(1), &world().peer);
  scene.near.hears(wire::kSuccess);
  scene.near.connection.leave();
}

TEST(OutboundBridge, TellsTheBackendWhatThePeerShowed) {
  Scene scene(1, kOutbound);
  backend_authenticates(scene);
  scene.network.finds(candidates({"198.51.100.1"}));
  scene.near.heard();
  scene.far().connection.open();
  scene.far().says(theirs(wire::kStartTlsFeatures));
  scene.far().says(wire::kProceed);
  scene.far().secures(&world().other);
  scene.near.hears(wire::error("remote-connection-failed", "name_mismatch") + "[close]");
}

TEST(OutboundBridge, DoesNotWaitForeverForALookUp) {
  Scene scene(1, kOutbound);
  backend_authenticates(scene);
  scene.near.heard();
  scene.time.advance(19'999ms);
  scene.near.hears("");
  scene.time.advance(1ms);
  scene.near.hears(wire::error("remote-connection-failed", "dns_timeout") + "[close]");
  EXPECT_FALSE(scene.network.running());
}

TEST(OutboundBridge, TellsTheBackendThatThereIsNoSuchServer) {
  Scene scene(1, kOutbound);
  backend_authenticates(scene);
  scene.near.heard();
  scene.network.finds(net::NoCandidates{Reason::kNoSuchService, "no SRV record"});
  scene.near.hears(wire::error("remote-connection-failed", "no_such_service") + "[close]");
  EXPECT_TRUE(scene.network.ends.empty());
}

TEST(OutboundBridge, CountsTheTimeOfTheLookUpToo) {
  Scene scene(1, kOutbound);
  backend_authenticates(scene);
  scene.time.advance(15s);
  scene.network.finds(candidates({"198.51.100.1"}));
  scene.time.advance(4'999ms);
  EXPECT_FALSE(scene.near.connection.closing());
  scene.time.advance(1ms);
  EXPECT_TRUE(scene.near.connection.closing());
}

TEST(OutboundBridge, RefusesWhoeverElseCallsInTheNameOfTheBackend) {
  for (const test::Issued* const shown :
       std::initializer_list<const test::Issued*>{&world().peer, nullptr}) {
    Scene scene(1, kOutbound);
    near_authenticates(scene.near, kFromLegacy, shown, wire::kAuthLegacy);
    EXPECT_EQ(scene.network.asked, "");
    EXPECT_THAT(scene.near.heard(), HasSubstr("not_the_backend"));
  }
}

TEST(OutboundBridge, CallsNobodyWhomThePolicyDoesNotKnow) {
  Scene scene(1, kOutbound, world().build("", "[federation]\ndeny = [\"peer.example\"]\n"));
  backend_authenticates(scene);
  EXPECT_EQ(scene.network.asked, "");
  EXPECT_THAT(scene.near.heard(), HasSubstr("federation_denied"));
}

TEST(OutboundBridge, ForgetsTheSearchOfABackendThatLeft) {
  Scene scene(1, kOutbound);
  backend_authenticates(scene);
  scene.near.says(wire::kEnd);
  EXPECT_FALSE(scene.network.running());
}

TEST(OutboundBridge, GivesUpTheAttemptOfABackendThatLeft) {
  Scene scene(1, kOutbound);
  backend_authenticates(scene);
  scene.network.finds(candidates({"198.51.100.1", "198.51.100.2"}));
  scene.far().connection.open();
  scene.near.connection.leave();
  EXPECT_TRUE(scene.far().connection.closing());
  EXPECT_EQ(scene.network.ends.size(), 1U);
}

}  // namespace
}  // namespace portcullis::relay::scene
