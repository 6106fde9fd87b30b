#include "proxy/relay/tags_under_way.h"
#include "tests/scenario/bridge/bounce_scene.h"

// What was under way when a connection was lost is told to its sender: on c2s on the sender's own
// stream, between servers on another one; and it is counted.
namespace portcullis::relay::scene {
namespace {

using bounce::answer_to_backend;
using bounce::answer_to_client;
using bounce::at_once;
using bounce::ClientScene;
using bounce::expect_counted;
using bounce::from_backend;
using bounce::from_client;
using bounce::kBackendLost;
using bounce::kEnd;
using bounce::kOtherServerGone;
using bounce::leave;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(BouncingBridge, TellsAClientWhatItsServerDidNotTake) {
  for (const bool reset : {true, false}) {
    ClientScene scene;
    scene.near.says(from_client("1"));
    scene.far().connection.stop_acknowledging();
    scene.near.says(from_client("2") + "<iq type='result' id='r'/><presence/>" + from_client("3"));
    scene.far().heard();
    if (reset)
      scene.far().connection.reset();
    else
      scene.far().connection.leave();
    scene.near.hears(at_once(answer_to_client("2") + answer_to_client("3")) + kBackendLost +
                     "[close]");
    leave(scene);
    EXPECT_EQ(scene.notices.said, "");
    EXPECT_THAT(scene.log_text, HasSubstr(" undelivered=4 bounced=2 "));
    expect_counted(scene, "bounced", 2);
    expect_counted(scene, "not_answered", 2);
    expect_counted(scene, "not_bounced", 0);
  }
}

TEST(BouncingBridge, TellsAServerWhatItsClientDidNotTake) {
  for (const bool reset : {true, false}) {
    ClientScene scene;
    scene.far().says(from_backend("1"));
    scene.near.connection.stop_acknowledging();
    scene.far().says(from_backend("2") + "<presence from='c@legacy.example/r'/>");
    scene.near.heard();
    if (reset)
      scene.near.connection.reset();
    else
      scene.near.connection.leave();
    scene.far().hears(at_once(answer_to_backend("2")) + "[close]");
    leave(scene);
    EXPECT_THAT(scene.log_text, HasSubstr(" undelivered=2 bounced=1 "));
    expect_counted(scene, "not_answered", 1);
  }
}

TEST(BouncingBridge, TellsNothingOfWhatWasAcknowledged) {
  ClientScene scene;
  scene.far().connection.stop_acknowledging();
  scene.near.says(from_client("1") + from_client("2"));
  scene.far().heard();
  scene.far().connection.acknowledge(from_client("1").size());
  scene.far().connection.reset();
  scene.near.hears(at_once(answer_to_client("2")) + kBackendLost + "[close]");
}

TEST(BouncingBridge, TellsNothingIfAllArrived) {
  ClientScene scene;
  scene.near.says(from_client("1"));
  scene.far().heard();
  scene.far().connection.reset();
  scene.near.hears(kBackendLost + "[close]");
  leave(scene);
  EXPECT_THAT(scene.log_text, HasSubstr(" undelivered=0 bounced=0 "));
  EXPECT_EQ(scene.metric("stanzas_undelivered_total"), 0);
}

// Both ends send again what the other one has not acknowledged.
TEST(BouncingBridge, LeavesItToStreamManagement) {
  for (const std::string element : {"<enabled xmlns='urn:xmpp:sm:3' id='s' resume='true'/>",
                                    "<resumed xmlns='urn:xmpp:sm:2' h='1' previd='s'/>"})
    for (const bool backend_is_lost : {true, false}) {
      ClientScene scene;
      scene.far().says(element);
      scene.near.hears(element);
      auto& lost = backend_is_lost ? scene.far() : scene.near;
      auto& other = backend_is_lost ? scene.near : scene.far();
      lost.connection.stop_acknowledging();
      other.says(backend_is_lost ? from_client("1") : from_backend("1"));
      lost.heard();
      lost.connection.reset();
      other.hears("[close]");
      leave(scene);
      EXPECT_THAT(scene.log_text, HasSubstr(" undelivered=1 bounced=0 "));
      expect_counted(scene, "stream_management", 1);
      expect_counted(scene, "not_bounced", 0);
    }
}

TEST(BouncingBridge, IsNotMisledByWhatAClientSaysOfStreamManagement) {
  ClientScene scene;
  scene.near.says("<enable xmlns='urn:xmpp:sm:3'/><enabled xmlns='urn:xmpp:sm:3'/>");
  scene.far().says("<failed xmlns='urn:xmpp:sm:3'/>");
  forget(scene);
  scene.far().connection.stop_acknowledging();
  scene.near.says(from_client("1"));
  scene.far().heard();
  scene.far().connection.reset();
  scene.near.hears(at_once(answer_to_client("1")) + kBackendLost + "[close]");
}

TEST(BouncingBridge, KnowsStreamManagementThatBeganWithTheLogin) {
  Scene scene(std::string::npos, StreamKind::kC2s, world().plain, TlsEntry::kDirectTls);
  client_reaches_the_backend(scene);
  scene.near.says("<authenticate xmlns='urn:xmpp:sasl:2' mechanism='PLAIN'/>");
  scene.far().says(
      "<success xmlns='urn:xmpp:sasl:2'><bound xmlns='urn:xmpp:bind:0'><enabled "
      "xmlns='urn:xmpp:sm:3' id='s'/></bound></success>" +
      kBind);
  ASSERT_TRUE(scene.established()) << scene.log_text << scene.near.heard();
  forget(scene);
  scene.far().connection.stop_acknowledging();
  scene.near.says(from_client("1"));
  scene.far().heard();
  scene.far().connection.reset();
  scene.near.hears("[close]");
  leave(scene);
  expect_counted(scene, "stream_management", 1);
}

TEST(BouncingBridge, TellsAClientThatHasClosedItsHalf) {
  ClientScene scene;
  scene.far().connection.stop_acknowledging();
  scene.near.says(from_client("1") + kEnd);
  scene.far().heard();
  scene.far().connection.reset();
  const auto heard = scene.near.heard();
  EXPECT_THAT(heard, StartsWith(at_once(answer_to_client("1")) + "<stream:error>"));
}

TEST(BouncingBridge, SaysNothingBehindItsLastWords) {
  ClientScene scene;
  scene.far().connection.stop_acknowledging();
  scene.near.says(from_client("1"));
  scene.far().says(kEnd);
  scene.far().heard();
  scene.near.hears(kEnd);
  scene.far().connection.reset();
  EXPECT_THAT(scene.near.heard(), Not(HasSubstr("message")));
  leave(scene);
  EXPECT_THAT(scene.log_text, HasSubstr(" undelivered=1 bounced=0 "));
  expect_counted(scene, "not_bounced", 1);
}

TEST(BouncingBridge, TellsNoMoreThanItKeeps) {
  ClientScene scene;
  scene.far().connection.stop_acknowledging();
  const auto more = 50;
  for (std::size_t i = 0; i < TagsUnderWay::kMostStanzas + more; ++i)
    scene.near.says("<iq type='get' id='1'/>");
  scene.far().heard();
  EXPECT_GT(scene.held.total(), 10'000U);
  scene.far().connection.reset();
  scene.near.heard();
  leave(scene);
  expect_counted(scene, "bounced", static_cast<double>(TagsUnderWay::kMostStanzas));
  expect_counted(scene, "not_bounced", more);
}

TEST(BouncingBridge, HoldsNothingForAnIdleStream) {
  ClientScene scene;
  for (int i = 0; i < 100; ++i) scene.near.says(from_client("1"));
  scene.time.advance(31s);
  EXPECT_LT(scene.held.total(), 1'024U);
  leave(scene);
}

TEST(BouncingBridge, TellsAPeerOnAnotherStream) {
  Scene scene(std::string::npos, StreamKind::kS2sInbound);
  relay_inbound(scene);
  scene.far().connection.stop_acknowledging();
  scene.near.says(
      "<message from='a@peer.example/r' to='b@legacy.example' id='1'/>"
      "<message from='a@peer.example/r' to='b@legacy.example' id='2' type='error'/>");
  scene.far().heard();
  scene.far().connection.reset();
  EXPECT_THAT(scene.near.heard(), StartsWith("<stream:error><remote-connection-failed "));
  leave(scene);
  EXPECT_EQ(scene.notices.said,
            "[legacy.example peer.example wan]<message type='error' id='1' "
            "from='b@legacy.example' to='a@peer.example/r'>" +
                kOtherServerGone + "</message>");
  EXPECT_THAT(scene.log_text, HasSubstr(" undelivered=2 bounced=1 "));
  EXPECT_EQ(scene.metric("stanzas_undelivered_total{", "direction=\"to_backend\""), 2);
}

TEST(BouncingBridge, TellsTheBackendOnAnotherStream) {
  Scene scene(std::string::npos, StreamKind::kS2sOutbound);
  relay_outbound(scene);
  scene.far().connection.stop_acknowledging();
  scene.near.says("<iq from='legacy.example' to='peer.example' id='1' type='get'/>");
  scene.far().heard();
  scene.far().connection.reset();
  scene.near.heard();
  leave(scene);
  EXPECT_EQ(scene.notices.said,
            "[peer.example legacy.example backend]<iq type='error' id='1' "
            "from='peer.example' to='legacy.example'>" +
                kOtherServerGone + "</iq>");
  EXPECT_EQ(scene.metric("stanzas_undelivered_total{", "direction=\"from_backend\""), 1);
}

TEST(BouncingBridge, TellsAServerOnlyOnceTheConnectionIsGone) {
  Scene scene(std::string::npos, StreamKind::kS2sInbound);
  relay_inbound(scene);
  scene.far().connection.stop_reading();
  scene.near.says("<message from='peer.example' to='legacy.example' id='1'/>" + kEnd);
  scene.far().heard();
  scene.far().connection.leave();  // it may still read
  EXPECT_EQ(scene.notices.said, "");
  scene.far().connection.take(1'000'000);
  leave(scene);
  EXPECT_EQ(scene.notices.said, "");
  EXPECT_EQ(scene.metric("stanzas_undelivered_total"), 0);
}

}  // namespace
}  // namespace portcullis::relay::scene
