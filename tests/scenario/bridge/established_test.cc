#include "tests/scenario/bridge/streams.h"

// How an established stream is held back, watched, judged again and ended.
namespace portcullis::relay::scene {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string message(std::size_t octets) {
  return "<message from='a@peer.example' to='b@legacy.example'><body>" + std::string(octets, 'x') +
         "</body></message>";
}

TEST(EstablishedBridge, HoldsBackAnEndWhoseOtherEndDoesNotKeepUp) {
  Scene scene(std::string::npos, kInbound);
  relay_inbound(scene);
  scene.far().connection.stop_reading();
  scene.near.says(message(200'000));
  scene.near.hears("");
  scene.near.says(message(100'000));
  scene.near.hears("[pause]");
  scene.far().connection.take(100'000);
  scene.near.hears("");
  scene.far().connection.take(100'000);
  scene.near.hears("[resume]");
  scene.near.says(wire::kEnd);
}

TEST(EstablishedBridge, EndsWhatIsIdle) {
  play([](std::size_t piece) {
    Scene scene(piece, kInbound);
    relay_inbound(scene);
    scene.time.advance(3h);
    scene.near.says(wire::kMessage);
    scene.time.advance(3h);
    EXPECT_FALSE(scene.near.connection.closing());
    scene.time.advance(2h);
    EXPECT_TRUE(scene.near.connection.closing() && scene.far().connection.closing());
    EXPECT_THAT(scene.near.heard(), HasSubstr("<connection-timeout"));
    EXPECT_EQ(scene.metric("streams_closed_total"), 0);  // the ends have not said good-bye yet
    scene.near.connection.leave();
    scene.far().connection.leave();
    scene.time.settle();
    EXPECT_EQ(scene.metric("streams_closed_total", "idle"), 1);
  });
}

// ---- Progress is what the kernel of the other side has acknowledged

TEST(EstablishedBridge, ResetsAnEndThatTakesNothingForTheTimeOfAStall) {
  for (const bool written : {true, false}) {
    Scene scene(1, kInbound);
    relay_inbound(scene);
    if (written)
      scene.far().connection.stop_acknowledging();
    else
      scene.far().connection.stop_reading();
    scene.near.says(wire::kMessage);
    scene.time.advance(5min - 1s);
    EXPECT_FALSE(scene.near.connection.closing());
    scene.time.advance(32s);
    EXPECT_TRUE(scene.near.connection.closing() && scene.far().connection.gone());
    scene.near.connection.leave();
    scene.time.settle();
    EXPECT_THAT(scene.log_text, HasSubstr("why=\"what was sent is not taken (backend)\""));
    EXPECT_EQ(scene.metric("streams_closed_total", "idle"), 1);
  }
}

TEST(EstablishedBridge, LetsASlowReaderLive) {
  Scene scene(std::string::npos, kInbound);
  relay_inbound(scene);
  scene.far().connection.stop_acknowledging();
  scene.near.says(message(400'000));
  for (int i = 0; i < 50; ++i) {  // a kernel tells only now and then that there is room again
    scene.time.advance(4min);
    scene.far().connection.acknowledge(1);
  }
  EXPECT_FALSE(scene.near.connection.closing());
  scene.far().connection.acknowledge(400'000);
  scene.near.says(wire::kEnd);
}

TEST(EstablishedBridge, WaitsForAFrozenEndAndLosesNothing) {
  Scene scene(std::string::npos, kInbound);
  relay_inbound(scene);
  scene.far().connection.stop_reading();
  const std::string many = message(200'000) + message(100'000);
  scene.near.says(many);
  scene.near.hears("[pause]");
  scene.time.advance(4min);
  scene.far().connection.take(scene.far().connection.queued());
  scene.near.hears("[resume]");
  scene.far().hears(many);
  scene.time.advance(30min);
  EXPECT_FALSE(scene.near.connection.closing());
  scene.near.says(wire::kEnd);
}

TEST(EstablishedBridge, IsPatientWithWhatIsEstablishedOnly) {
  Scene scene(1, kInbound);
  peer_authenticates(scene);
  EXPECT_EQ(scene.near.connection.patience.linger, 2s);
  scene.network.resolves(kBackendAddress);
  far_accepts(scene.far(), &world().backend);
  scene.near.says(kFromPeer);
  scene.far().says(theirs(wire::kNoFeatures));
  for (auto* const end : {&scene.near, &scene.far()}) {
    EXPECT_EQ(end->connection.patience.linger, policy::Limits().linger);
    EXPECT_EQ(end->connection.patience.stall, policy::Limits().stall);
  }
  scene.near.says(wire::kEnd);
}

// ---- What a peer may leave unfinished

std::string unfinished(std::size_t octets) {
  return message(octets).substr(0, octets);
}

TEST(EstablishedBridge, EndsAPeerThatDoesNotFinishAStanza) {
  play([](std::size_t piece) {
    Scene scene(piece, kInbound);
    relay_inbound(scene);
    scene.near.says(unfinished(50'000));
    scene.time.advance(29s);
    EXPECT_FALSE(scene.near.connection.closing());
    scene.time.advance(62s);
    EXPECT_TRUE(scene.near.connection.closing() && scene.far().connection.closing());
    EXPECT_THAT(scene.near.heard(), HasSubstr("stanza_too_slow</reason>"));
    EXPECT_EQ(scene.metric("stanzas_rejected_total", "stanza_too_slow"), 1);
    EXPECT_EQ(scene.metric("limit_hits_total", "stanza_rate"), 1);
    EXPECT_THAT(scene.log_text, HasSubstr("event=limit limit=stanza_rate"));
  });
}

TEST(EstablishedBridge, EndsAClientThatDoesNotFinishAStanza) {
  Scene scene(1, StreamKind::kC2s, world().plain, TlsEntry::kDirectTls);
  relay_client(scene);
  scene.near.says("<message to='b@legacy.example'><body>");
  scene.time.advance(95s);
  EXPECT_THAT(scene.near.heard(), HasSubstr("stanza_too_slow</reason>"));
  EXPECT_TRUE(scene.near.connection.closing());
}

TEST(EstablishedBridge, LetsASlowPeerFinishIfItKeepsTheRate) {
  Scene scene(std::string::npos, kInbound);
  relay_inbound(scene);
  const std::string whole = message(200'000);
  for (std::size_t sent = 0; sent < whole.size(); sent += 1100, scene.time.advance(1s))
    scene.near.says(whole.substr(sent, 1100));
  scene.near.hears("");
  scene.far().hears(whole);
  scene.near.says(wire::kEnd);
}

TEST(EstablishedBridge, DoesNotCountTheTimeInWhichItDoesNotRead) {
  Scene scene(std::string::npos, kInbound);
  relay_inbound(scene);
  scene.far().connection.stop_reading();
  scene.near.says(message(300'000) + unfinished(100));
  scene.near.hears("[pause]");
  for (int i = 0; i < 10; ++i) {  // the backend reads so slowly that the peer has to wait
    scene.far().connection.take(1000);
    scene.time.advance(30s);
  }
  EXPECT_FALSE(scene.near.connection.closing());
  scene.far().connection.take(290'000);
  scene.near.hears("[resume]");
  scene.far().connection.take(1000);
  scene.time.advance(95s);
  EXPECT_TRUE(scene.near.connection.closing()) << "now it is the peer's turn";
}

TEST(EstablishedBridge, TheBackendMayBeAsSlowAsItLikes) {
  Scene scene(1, StreamKind::kC2s, world().plain, TlsEntry::kDirectTls);
  relay_client(scene);
  scene.far().says("<message to='a@legacy.example'><body>");
  scene.time.advance(10min);
  EXPECT_FALSE(scene.near.connection.closing());
  scene.near.connection.leave();
}

TEST(EstablishedBridge, EndsWhoeverHoldsMostWhenTooMuchIsHeld) {
  Scene scene(std::string::npos, kInbound);
  relay_inbound(scene);
  scene.held.change(1'000'000);
  HeldShare others(scene.held);
  others.trust();
  others.set(800'000);
  scene.near.says(unfinished(100'000));
  scene.near.hears("");
  others.set(100'000);
  scene.near.says(std::string(400'000, 'x'));
  scene.near.hears("");
  others.set(510'000);
  scene.bridge->mind_memory();
  EXPECT_THAT(scene.near.heard(),
              AllOf(HasSubstr("<resource-constraint"), HasSubstr("too_much_held</reason>")));
  EXPECT_TRUE(scene.near.connection.closing() && scene.far().connection.closing());
  EXPECT_EQ(scene.metric("limit_hits_total", "held_bytes"), 1);
}

TEST(EstablishedBridge, SparesWhoeverHoldsLittleWhenTooMuchIsHeld) {
  Scene scene(std::string::npos, kInbound);
  relay_inbound(scene);
  scene.held.change(1'000'000);
  HeldShare others(scene.held);
  others.trust();
  others.set(2'000'000);
  scene.near.says(unfinished(100'000));
  scene.bridge->mind_memory();
  scene.near.hears("");
  EXPECT_FALSE(scene.near.connection.closing());
  scene.near.connection.leave();
}

// Nobody else has to end for what is free in a moment.
TEST(EstablishedBridge, CountsNothingOfAStreamThatEndsForWhatItHolds) {
  Scene scene(std::string::npos, kInbound);
  relay_inbound(scene);
  HeldShare others(scene.held);
  others.trust();
  others.set(150'000);
  scene.far().connection.stop_reading();
  scene.near.says(message(250'000));
  ASSERT_GE(scene.held.total(), 400'000U);
  scene.held.change(300'000);
  scene.bridge->mind_memory();
  ASSERT_TRUE(scene.near.connection.closing());
  EXPECT_FALSE(scene.far().connection.gone()) << "what is queued there was not read";
  EXPECT_EQ(scene.held.total(), 150'000U);
  EXPECT_FALSE(others.must_end());
}

TEST(EstablishedBridge, CountsWhatWaitsForASlowReader) {
  Scene scene(std::string::npos, kInbound);
  relay_inbound(scene);
  scene.far().connection.stop_reading();
  scene.near.says(message(200'000));
  EXPECT_GE(scene.held.total(), 200'000U);
  scene.far().connection.take(150'000);
  EXPECT_LE(scene.held.total(), 51'000U);
  scene.far().connection.take(scene.far().connection.queued());
  EXPECT_LT(scene.held.total(), 1'024U);  // a start tag, until the next look
  scene.near.says(wire::kEnd);
}

TEST(EstablishedBridge, EndsWithTheCertificateOfThePeer) {
  Scene scene(1, kInbound);
  relay_inbound(scene);
  scene.time.set_wall_clock(test::kNow + std::chrono::days(60) - 2min);
  scene.time.advance(1min);
  EXPECT_FALSE(scene.near.connection.closing());
  scene.time.advance(2min);
  EXPECT_TRUE(scene.near.connection.closing() && scene.far().connection.closing());
  EXPECT_THAT(scene.near.heard(), HasSubstr("expired</reason>"));
}

TEST(EstablishedBridge, GoesOnWhenTheNewRulesLetItGoOn) {
  Scene scene(1, kInbound);
  relay_inbound(scene);
  scene.bridge->rejudge(world().build("min_rsa_bits = 4096\n"));
  scene.near.says(wire::kMessage);
  scene.far().hears(wire::kMessage);
  scene.near.hears("");
  scene.near.says(wire::kEnd);
}

TEST(EstablishedBridge, EndsWhenTheNewRulesForbidIt) {
  Scene scene(1, kInbound);
  relay_inbound(scene);
  scene.bridge->rejudge(world().build("", "[federation]\ndeny = [\"peer.example\"]\n"));
  EXPECT_THAT(scene.near.heard(), HasSubstr("federation_denied</reason>"));
  EXPECT_TRUE(scene.near.connection.closing() && scene.far().connection.closing());
  EXPECT_THAT(scene.log_text, Not(HasSubstr("verdict=rejected")));
}

TEST(EstablishedBridge, EndsBothWhenOneIsLost) {
  for (const bool near : {true, false}) {
    Scene scene(1, kInbound);
    relay_inbound(scene);
    (near ? scene.near : scene.far()).connection.reset();
    auto& other = near ? scene.far() : scene.near;
    other.hears(std::string(wire::kEnd) + "[close]");
  }
}

TEST(EstablishedBridge, EndsThePeerThatSpoofsAnAddress) {
  play([](std::size_t piece) {
    Scene scene(piece, kInbound);
    relay_inbound(scene);
    scene.near.says("<message from='a@other.example' to='b@legacy.example'/>");
    EXPECT_THAT(scene.near.heard(), HasSubstr("address_spoofed</reason>"));
    EXPECT_THAT(scene.far().heard(), Not(HasSubstr("<message")));
    EXPECT_EQ(scene.metric("stanzas_rejected_total"), 1);
  });
}

// ---- The end of the program, in each phase

enum class Phase { kAccepted, kStartTls, kHandshake, kSecured, kLookUp, kDialing, kRelaying };
constexpr Phase kPhases[] = {Phase::kAccepted, Phase::kStartTls, Phase::kHandshake, Phase::kSecured,
                             Phase::kLookUp,   Phase::kDialing,  Phase::kRelaying};

void reach(Scene& scene, Phase phase) {
  if (phase == Phase::kRelaying) return relay_inbound(scene);
  if (phase >= Phase::kStartTls) scene.near.says(kFromPeer);
  if (phase >= Phase::kHandshake) scene.near.says(wire::kStartTls);
  if (phase >= Phase::kSecured) scene.near.secures(&world().peer);
  if (phase >= Phase::kSecured) scene.near.says(kFromPeer);
  if (phase >= Phase::kLookUp) scene.near.says(wire::auth(wire::kAuthPeer));
  if (phase >= Phase::kDialing) scene.network.resolves(kBackendAddress);
  if (phase >= Phase::kDialing) scene.far().connection.open();
}

TEST(BridgeShutdown, TellsEveryEndInItsPhase) {
  for (const auto phase : kPhases) {
    SCOPED_TRACE(static_cast<int>(phase));
    Scene scene(1, kInbound);
    reach(scene, phase);
    scene.bridge->shut_down();
    // The end that sends stanzas is told first, and may still speak until it ends.
    if (phase == Phase::kRelaying) {
      scene.near.says("</stream:stream>");
      EXPECT_FALSE(scene.near.connection.closing());
      scene.far().says("</stream:stream>");
    }
    EXPECT_TRUE(scene.near.connection.closing());
    const auto last = scene.near.heard();
    EXPECT_EQ(last.find("<system-shutdown") != last.npos, phase != Phase::kHandshake) << last;
    for (const auto& end : scene.network.ends) EXPECT_TRUE(end->connection.closing());
    EXPECT_FALSE(scene.network.running());
  }
}

TEST(BridgeShutdown, LeavesNothingAfterAnAbort) {
  for (const auto phase : kPhases) {
    SCOPED_TRACE(static_cast<int>(phase));
    Scene scene(1, kInbound);
    reach(scene, phase);
    scene.near.heard();
    scene.bridge->abort();
    scene.near.hears("[abort]");
    EXPECT_TRUE(scene.near.connection.gone());
    for (const auto& end : scene.network.ends) EXPECT_TRUE(end->connection.gone());
  }
}

TEST(BridgeShutdown, AbortsWhatWasToldAndStillLingers) {
  Scene scene(1, kInbound);
  relay_inbound(scene);
  scene.bridge->shut_down();
  EXPECT_FALSE(scene.near.connection.gone() || scene.far().connection.gone());
  scene.bridge->abort();
  EXPECT_TRUE(scene.near.connection.gone() && scene.far().connection.gone());
}

}  // namespace
}  // namespace portcullis::relay::scene
