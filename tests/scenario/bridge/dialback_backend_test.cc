#include "tests/scenario/bridge/error_scene.h"

// A backend that knows only dialback, behind whole bridges: with the gate, the account and the
// review of what a stream rests on.
namespace portcullis::relay::scene {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kDb = " xmlns:db='jabber:server:dialback'";
const std::string kOurs =
    wire::server("from='peer.example' to='legacy.example' version='1.0'", kDb);
const std::string kFeatures =
    "<stream:features><dialback xmlns='urn:xmpp:features:dialback'/></stream:features>";

SnapshotPtr by_dialback() {
  static const auto made = world().build("", "", "s2s_auth = \"dialback\"\n");
  return made;
}

std::string request(const SnapshotPtr& snapshot, std::string_view id) {
  const auto& keys = *snapshot->dialback().keys(xmpp::DialbackPlace::kBackend);
  return "<db:result from='peer.example' to='legacy.example'>" +
         keys.key(domain("legacy.example"), domain("peer.example"), id) + "</db:result>";
}
const std::string kValid =
    "<db:result" + kDb + " from='legacy.example' to='peer.example' type='valid'/>";

void reaches_backend(Scene& scene) {
  peer_authenticates(scene);
  scene.network.resolves(kBackendAddress);
  scene.far().connection.open();
}
void relay_by_dialback(Scene& scene) {
  reaches_backend(scene);
  scene.far().says(theirs(kFeatures));
  scene.far().says(kValid);
  scene.near.says(kFromPeer);
  ASSERT_TRUE(scene.established()) << scene.log_text << scene.near.heard();
  forget(scene);
}

TEST(DialbackBackend, CarriesAStreamOfAPeerToIt) {
  play([](std::size_t piece) {
    Scene scene(piece, kInbound, by_dialback());
    reaches_backend(scene);
    scene.near.heard();
    scene.far().hears(kOurs);
    scene.far().says(theirs(kFeatures));
    scene.far().hears(request(by_dialback(), "theirs"));
    scene.near.hears("");
    scene.far().says(kValid);
    scene.near.hears(wire::kSuccess);
    scene.near.says(kFromPeer);
    scene.near.hears(ours("legacy.example", "peer.example") + std::string(wire::kLimitsFeatures));
    scene.far().hears("");
    EXPECT_TRUE(scene.established());
    scene.near.says(wire::kMessage);
    scene.far().hears(wire::kMessage);
    scene.near.says(wire::kEnd);
    scene.far().hears(wire::kEnd);
    scene.far().says(wire::kEnd);
    scene.near.hears(std::string(wire::kEnd) + "[close]");
    EXPECT_THAT(scene.log_text, HasSubstr("verdict=accepted"));
  });
}

TEST(DialbackBackend, ThatDemandsTlsShowsWhatItLikes) {
  for (const auto* const shown : std::vector<const test::Issued*>{&world().other, nullptr}) {
    Scene scene(1, kInbound, by_dialback());
    reaches_backend(scene);
    scene.far().says(theirs(wire::kStartTlsFeatures));
    scene.far().says(wire::kProceed);
    scene.far().secures(shown);
    scene.far().says(theirs(kFeatures));
    scene.near.heard();
    scene.far().says(kValid);
    scene.near.hears(wire::kSuccess);
    scene.near.says(kFromPeer);
    EXPECT_TRUE(scene.established());
    scene.near.says(wire::kEnd);
  }
}

// ---- Nothing passes that could not pass before

void refuses_another_name(const SnapshotPtr& snapshot) {
  Scene scene(1, kInbound, snapshot);
  scene.near.says(kFromPeer);
  scene.near.says(wire::kStartTls);
  scene.near.secures(&world().other);
  scene.near.says(kFromPeer);
  EXPECT_THAT(scene.near.heard(), HasSubstr("name_mismatch</reason>"));
  EXPECT_TRUE(scene.network.ends.empty());
}

TEST(DialbackBackend, IsNotReachedByWhoHasNoGoodCertificate) {
  refuses_another_name(by_dialback());
}

// Where others are observed: the keys of both servers would have to pass, and they end here.
TEST(DialbackBackend, IsNotReachedByWhoIsOnlyObserved) {
  static const auto observing =
      world().build("", "[policy]\nmode = \"observe\"\n", "s2s_auth = \"dialback\"\n");
  refuses_another_name(observing);
  Scene scene(1, kInbound, observing);
  scene.near.says(kFromPeer);
  EXPECT_THAT(scene.near.heard(), HasSubstr("<required/>"));
  scene.near.says(wire::kDialback);
  EXPECT_THAT(scene.near.heard(), HasSubstr("not-authorized"));
  EXPECT_TRUE(scene.network.ends.empty());
  EXPECT_THAT(scene.log_text, HasSubstr("verdict=rejected reason=dialback_attempted"));
}

TEST(DialbackBackend, HearsNoDialbackOfAPeer) {
  for (const std::string_view said :
       {wire::kDialback,
        std::string_view("<db:verify xmlns:db='jabber:server:dialback' from='peer.example' "
                         "to='legacy.example' id='x'>key</db:verify>"),
        std::string_view("<db:result xmlns:db='jabber:server:dialback' from='other.example' "
                         "to='legacy.example'>key</db:result>")}) {
    Scene scene(1, kInbound, by_dialback());
    relay_by_dialback(scene);
    scene.near.says(said);
    EXPECT_THAT(scene.near.heard(), HasSubstr("dialback_attempted</reason>"));
    EXPECT_THAT(scene.far().heard(), Not(HasSubstr("key")));
  }
}

// Our header declares the prefix, the peer's does not.
TEST(DialbackBackend, APrefixOfOursIsNoneOfThePeer) {
  Scene scene(1, kInbound, by_dialback());
  relay_by_dialback(scene);
  scene.near.says("<db:result from='peer.example' to='legacy.example'>key</db:result>");
  EXPECT_THAT(scene.near.heard(), HasSubstr("<stream:error>"));
  EXPECT_THAT(scene.far().heard(), Not(HasSubstr("key")));
}

TEST(DialbackBackend, AnswersOnceOnly) {
  Scene scene(1, kInbound, by_dialback());
  relay_by_dialback(scene);
  scene.far().says(kValid);
  EXPECT_TRUE(scene.far().connection.closing() || scene.far().was_told_of_the_end());
  EXPECT_THAT(scene.near.heard(), HasSubstr("backend_misconfigured</reason>"));
}

TEST(DialbackBackend, SaysNoStanzasOnAStreamOfOurs) {
  Scene scene(1, kInbound, by_dialback());
  relay_by_dialback(scene);
  scene.far().says("<message from='b@legacy.example' to='a@peer.example'/>");
  EXPECT_THAT(scene.near.heard(), AllOf(HasSubstr("<stream:error>"), Not(HasSubstr("<message"))));
}

TEST(DialbackBackend, ThatNeverAnswersIsToBlameAndNotThePeer) {
  Scene scene(1, kInbound, by_dialback());
  reaches_backend(scene);
  scene.far().says(theirs(kFeatures));
  scene.near.heard();
  scene.time.advance(40s);
  EXPECT_THAT(scene.near.heard(), HasSubstr("backend_unavailable</reason>"));
  EXPECT_EQ(scene.metric("streams_rejected_total", "backend_unavailable"), 1);
}

// ---- What the stream rests on

TEST(DialbackBackend, StreamsGoOnWhenOnlyOtherThingsChange) {
  Scene scene(1, kInbound, by_dialback());
  relay_by_dialback(scene);
  scene.bridge->rejudge(by_dialback());
  scene.near.says(wire::kMessage);
  scene.far().hears(wire::kMessage);
  scene.near.says(wire::kEnd);
}

TEST(DialbackBackend, StreamsEndWhenCertificatesAreDemandedInstead) {
  Scene scene(1, kInbound, by_dialback());
  relay_by_dialback(scene);
  scene.bridge->rejudge(world().plain);
  EXPECT_THAT(scene.near.heard(), HasSubstr("<reset "));
  EXPECT_TRUE(scene.near.connection.closing());
  scene.near.connection.leave();
  scene.far().connection.leave();
  scene.time.settle();
  EXPECT_THAT(scene.log_text, HasSubstr("backend_changed"));
}

TEST(DialbackBackend, StreamsByCertificatesGoOnWhenDialbackIsAllowed) {
  Scene scene(1, kInbound);
  relay_inbound(scene);
  scene.bridge->rejudge(by_dialback());
  EXPECT_FALSE(scene.near.connection.closing());
  scene.near.says(wire::kMessage);
  scene.far().hears(wire::kMessage);
  scene.near.says(wire::kEnd);
}

// ---- Streams of the gate's own

TEST(DialbackBackend, IsToldErrorsAfterItHasFoundTheKeyValid) {
  ErrorScene scene(1, by_dialback());
  scene.tell_backend();
  scene.network.resolves(kBackendAddress);
  scene.far().connection.open();
  scene.far().hears(kOurs);
  scene.far().says(theirs(kFeatures));
  scene.far().hears(request(by_dialback(), "theirs"));
  scene.far().says(kValid);
  scene.far().hears(kBounce);
  scene.time.advance(50ms);
  scene.far().hears(wire::kEnd);
  scene.says_good_bye();
  EXPECT_EQ(scene.told(), 1);
}

TEST(DialbackBackend, IsToldNoErrorsBefore) {
  for (const auto* const type : {"invalid", "error"}) {
    ErrorScene scene(1, by_dialback());
    scene.tell_backend();
    scene.network.resolves(kBackendAddress);
    scene.far().connection.open();
    scene.far().says(theirs(kFeatures) + "<db:result" + kDb +
                     " from='legacy.example' to='peer.example' type='" + type + "'/>");
    EXPECT_THAT(scene.far().heard(), Not(HasSubstr("<message")));
    scene.far().connection.leave();
    scene.time.settle();
    EXPECT_EQ(scene.untold(), 1);
    EXPECT_THAT(scene.log_text, HasSubstr("backend_misconfigured"));
  }
}

TEST(DialbackBackend, ErrorsTakeTlsThatIsDemanded) {
  ErrorScene scene(1, by_dialback());
  scene.tell_backend();
  scene.network.resolves(kBackendAddress);
  scene.far().connection.open();
  scene.far().says(theirs(wire::kStartTlsFeatures));
  scene.far().says(wire::kProceed);
  scene.far().secures(&world().other);
  scene.far().says(theirs(kFeatures));
  scene.far().says(kValid);
  EXPECT_THAT(scene.far().heard(), HasSubstr(kBounce));
  scene.time.advance(50ms);
  scene.says_good_bye();
  EXPECT_EQ(scene.told(), 1);
}

}  // namespace
}  // namespace portcullis::relay::scene
