#include "tests/scenario/bridge/streams.h"

// A backend that shows its users no stream errors (kind "openfire"): when the peer is refused, its
// stream is accepted all the same, only so that its stanzas can be answered.
namespace portcullis::relay::scene {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kHello =
    "<message from='b@legacy.example' to='a@peer.example'><body>x</body></message>";

SnapshotPtr with_kind(const std::string& kind, const std::string& more = "") {
  return world().build("", more, "kind = \"" + kind + "\"\n");
}
const SnapshotPtr& openfire() {
  static const SnapshotPtr made = with_kind("openfire");
  return made;
}

// The peer shows a certificate of another domain.
void peer_is_refused(Scene& scene) {
  backend_authenticates(scene);
  scene.network.finds(candidates({"198.51.100.1"}));
  scene.near.heard();
  scene.far().connection.open();
  scene.far().says(theirs(wire::kStartTlsFeatures));
  scene.far().says(wire::kProceed);
  scene.far().secures(&world().other);
}

TEST(RefusedOpenfire, IsHeardAndThenToldWhy) {
  play([](std::size_t piece) {
    Scene scene(piece, kOutbound, openfire());
    peer_is_refused(scene);
    scene.near.hears(wire::kSuccess);
    scene.near.says(kFromLegacy + std::string(kHello));
    scene.near.hears(ours("peer.example", "legacy.example") + std::string(wire::kLimitsFeatures));
    scene.time.advance(500ms);
    scene.near.says(kHello);
    scene.near.hears("");
    scene.time.advance(500ms);
    scene.near.hears(wire::error("remote-connection-failed", "name_mismatch") + "[close]");
    // Each of its two messages is answered, once, in the name of the peer.
    const std::string_view said = scene.notices.said;
    const std::string_view answer =
        "<message type='error' from='a@peer.example' to='b@legacy.example'>";
    const auto first = said.find(answer);
    ASSERT_NE(first, said.npos) << said;
    const auto second = said.find(answer, first + 1);
    ASSERT_NE(second, said.npos) << said;
    EXPECT_EQ(said.find(answer, second + 1), said.npos) << said;
    EXPECT_THAT(scene.notices.said,
                HasSubstr("The certificate of peer.example is not for peer.example"));
    EXPECT_EQ(scene.metric("streams_rejected_total", "name_mismatch"), 1);
    EXPECT_THAT(scene.log_text, HasSubstr("verdict=rejected reason=name_mismatch"));
  });
}

// Whatever it says, nobody hears it.
TEST(RefusedOpenfire, ReachesNobody) {
  Scene scene(1, kOutbound, openfire());
  peer_is_refused(scene);
  scene.far().heard();
  scene.near.says(kFromLegacy + std::string(kHello));
  scene.far().hears("");
  EXPECT_FALSE(scene.established());
  EXPECT_EQ(scene.network.ends.size(), 1U);
  EXPECT_FALSE(scene.network.running());
  scene.time.advance(1s);
}

TEST(RefusedOpenfire, MaySpeakForItsOwnDomainOnly) {
  Scene scene(1, kOutbound, openfire());
  peer_is_refused(scene);
  scene.near.says(kFromLegacy);
  scene.near.heard();
  scene.near.says("<message from='b@other.example' to='a@peer.example'/>");
  EXPECT_THAT(scene.near.heard(), HasSubstr("address_spoofed"));
  EXPECT_TRUE(scene.near.connection.closing());
}

TEST(RefusedOpenfire, OpensNothingByDialback) {
  Scene scene(1, kOutbound, openfire());
  peer_is_refused(scene);
  scene.near.says(kFromLegacy);
  scene.near.heard();
  scene.near.says(
      "<db:result xmlns:db='jabber:server:dialback' from='legacy.example' to='peer.example'>k"
      "</db:result>");
  EXPECT_THAT(scene.near.heard(), AllOf(HasSubstr("dialback_attempted"), Not(HasSubstr("type="))));
  EXPECT_TRUE(scene.near.connection.closing());
}

TEST(RefusedOpenfire, MustStayTheSameBehindSuccess) {
  Scene scene(1, kOutbound, openfire());
  peer_is_refused(scene);
  scene.near.heard();
  scene.near.says(wire::server("from='legacy.example' to='other.example' version='1.0'"));
  EXPECT_THAT(scene.near.heard(), HasSubstr("identity_changed"));
  EXPECT_TRUE(scene.near.connection.closing());
}

TEST(RefusedOpenfire, IsNotWaitedForWithoutAHeader) {
  Scene scene(1, kOutbound, openfire());
  peer_is_refused(scene);
  scene.near.hears(wire::kSuccess);
  scene.time.advance(2s);
  EXPECT_TRUE(scene.near.connection.closing());
}

TEST(RefusedOpenfire, MayEndItsStreamFirst) {
  for (const std::string_view said :
       {wire::kEnd, std::string_view("<stream:error><reset "
                                     "xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>"
                                     "</stream:stream>")}) {
    Scene scene(1, kOutbound, openfire());
    peer_is_refused(scene);
    scene.near.says(kFromLegacy);
    scene.near.heard();
    scene.near.says(said);
    scene.near.hears(std::string(wire::kEnd) + "[close]");
  }
}

TEST(RefusedOpenfire, MayLeaveAtAnyTime) {
  for (const bool header : {false, true}) {
    Scene scene(1, kOutbound, openfire());
    peer_is_refused(scene);
    if (header) scene.near.says(kFromLegacy);
    scene.near.connection.leave();
  }
}

TEST(RefusedOpenfire, IsToldOfAShutdown) {
  Scene scene(1, kOutbound, openfire());
  peer_is_refused(scene);
  scene.near.says(kFromLegacy);
  scene.near.heard();
  scene.bridge->shut_down();
  scene.near.hears(wire::error("system-shutdown", "shutting_down") + "[close]");
}

TEST(RefusedOpenfire, IsHeardAboutADeniedDomain) {
  Scene scene(1, kOutbound, with_kind("openfire", "[federation]\ndeny = [\"peer.example\"]\n"));
  backend_authenticates(scene);
  EXPECT_EQ(scene.network.asked, "");
  EXPECT_THAT(scene.near.heard(), HasSubstr(wire::kSuccess));
  scene.near.says(kFromLegacy + std::string(kHello));
  scene.near.heard();
  scene.time.advance(1s);
  EXPECT_THAT(scene.near.heard(), HasSubstr("federation_denied"));
}

// Before it gives up by itself, which it does after ten seconds.
TEST(RefusedOpenfire, IsHeardAfterEightSecondsAtMost) {
  Scene scene(1, kOutbound, openfire());
  backend_authenticates(scene);
  scene.near.heard();
  scene.time.advance(7'999ms);
  scene.near.hears("");
  scene.time.advance(1ms);
  scene.near.hears(wire::kSuccess);
  scene.near.says(kFromLegacy);
  scene.time.advance(1s);
}

// Whoever is not the backend is not accepted, not even for this.
TEST(RefusedOpenfire, HasToBeTheBackend) {
  Scene scene(1, kOutbound, openfire());
  near_authenticates(scene.near, kFromLegacy, &world().other, wire::kAuthLegacy);
  EXPECT_THAT(scene.near.heard(),
              AllOf(HasSubstr("not_the_backend"), Not(HasSubstr(wire::kSuccess))));
  EXPECT_EQ(scene.network.asked, "");
}

// With others nothing changes: they show the stream error, and would tell their users twice.
TEST(RefusedOpenfire, IsTheOnlyOneThatIsHeard) {
  for (const auto* kind : {"prosody", "ejabberd", "other"}) {
    Scene scene(1, kOutbound, with_kind(kind));
    peer_is_refused(scene);
    scene.near.hears(wire::error("remote-connection-failed", "name_mismatch") + "[close]");
  }
}

TEST(RefusedOpenfire, IsRelayedAsEverWhenThePeerIsGood) {
  Scene scene(1, kOutbound, openfire());
  backend_authenticates(scene);
  scene.network.finds(candidates({"198.51.100.1"}));
  EXPECT_THAT(scene.near.heard(), Not(HasSubstr(wire::kSuccess)));
  far_accepts(scene.far(), &world().peer);
  scene.near.hears(wire::kSuccess);
  scene.near.says(kFromLegacy);
  scene.far().says(theirs(wire::kNoFeatures));
  EXPECT_TRUE(scene.established());
  scene.far().heard();
  scene.near.says(kHello);
  scene.far().hears(kHello);
  scene.near.says(wire::kEnd);
}

}  // namespace
}  // namespace portcullis::relay::scene
