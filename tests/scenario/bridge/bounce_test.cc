#include "proxy/relay/tags_under_way.h"
#include "tests/scenario/bridge/streams.h"

// What cannot be delivered is told to its sender: on c2s on the sender's own stream, between
// servers on another one; and it is counted.
namespace portcullis::relay::scene {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const std::string kEnd{wire::kEnd};
const std::string kShutdown =
    "<stream:error><system-shutdown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
    "</stream:error></stream:stream>";

std::string text(const std::string& condition, const std::string& words) {
  return "<" + condition +
         " xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text "
         "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>" +
         words + "</text></error>";
}

const std::string kOwnServerGone =
    "<error type='wait'>" + text("remote-server-timeout",
                                 "The connection to your server was lost before that server had "
                                 "confirmed this stanza, so it was probably not delivered.");
const std::string kOtherServerGone =
    "<error type='wait'>" + text("remote-server-timeout",
                                 "The connection to the other server was lost before that server "
                                 "had confirmed this stanza, so it was probably not delivered.");
const std::string kClientGone =
    "<error type='cancel'>" +
    text("service-unavailable",
         "The recipient had not confirmed this stanza when its connection "
         "was lost, so it was probably not delivered.");
const std::string kBackendLost =
    "<stream:error><remote-connection-failed xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
    "<reason xmlns='urn:xmpp:portcullis:0'>backend_unavailable</reason></stream:error>" +
    kEnd;

// A scene leaves out the first <text/> of what is written at once.
std::string at_once(std::string written) {
  const auto begin = written.find("<text ");
  const std::string end = "</text>";
  return written.erase(begin, written.find(end) + end.size() - begin);
}

std::string from_client(const std::string& id) {
  return "<message to='b@legacy.example' id='" + id + "'><body>x</body></message>";
}
std::string answer_to_client(const std::string& id) {
  return "<message type='error' id='" + id + "' from='b@legacy.example'>" + kOwnServerGone +
         "</message>";
}
std::string from_backend(const std::string& id) {
  return "<message from='b@legacy.example/r' to='a@legacy.example/x' id='" + id +
         "'><body>x</body></message>";
}
std::string answer_to_backend(const std::string& id) {
  return "<message type='error' id='" + id + "' to='b@legacy.example/r'>" + kClientGone +
         "</message>";
}

// A client that is logged in.
struct ClientScene : Scene {
  explicit ClientScene(std::size_t piece = std::string::npos)
      : Scene(piece, StreamKind::kC2s, world().plain, TlsEntry::kDirectTls) {
    relay_client(*this);
  }
};

// The end line is written when both connections are gone.
void leave(Scene& scene) {
  for (auto* const end : {&scene.near, &scene.far()}) {
    end->connection.take(end->connection.queued());
    end->connection.leave();
  }
  scene.time.settle();
}

void expect_counted(const Scene& scene, const std::string& outcome, double stanzas) {
  EXPECT_EQ(scene.metric("stanzas_undelivered_total{", "outcome=\"" + outcome + "\""), stanzas)
      << outcome;
}

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

// A stream error is the last that an end processes: what is sent to it afterwards is lost.
TEST(BouncingBridge, AnswersWhatAServerSaysToOneThatHasFailed) {
  play([](std::size_t piece) {
    Scene scene(piece, StreamKind::kS2sInbound);
    relay_inbound(scene);
    scene.far().says(kShutdown);
    EXPECT_THAT(scene.near.heard(), HasSubstr("<system-shutdown "));
    scene.near.says("<message from='a@peer.example/r' to='b@legacy.example' id='1'/>" + kEnd);
    scene.far().hears(kEnd + "[close]");
    EXPECT_EQ(scene.notices.said,
              "[legacy.example peer.example wan]<message type='error' id='1' "
              "from='b@legacy.example' to='a@peer.example/r'>" +
                  kOtherServerGone + "</message>");
    leave(scene);
    EXPECT_THAT(scene.log_text, HasSubstr(" undelivered=1 bounced=1 "));
  });
}

TEST(BouncingBridge, CountsWhatAClientSaysToAServerThatHasFailed) {
  ClientScene scene;
  scene.far().says(kShutdown);
  scene.near.heard();
  scene.near.says(from_client("1") + kEnd);
  scene.near.hears("[close]");
  scene.far().hears(kEnd + "[close]");
  leave(scene);
  EXPECT_THAT(scene.log_text, HasSubstr(" undelivered=1 bounced=0 "));
  expect_counted(scene, "not_bounced", 1);
}

// What an end says before it has read our last word was taken by our kernel.
TEST(BouncingBridge, CountsWhatAClientSaysBeforeItReadsThatItsServerIsLost) {
  play([](std::size_t piece) {
    ClientScene scene(piece);
    scene.far().connection.reset();
    scene.near.hears(kBackendLost + "[close]");
    scene.near.says(from_client("1") + from_client("2") + kEnd + from_client("3"));
    leave(scene);
    EXPECT_EQ(scene.near.heard(), "");
    EXPECT_THAT(scene.log_text, HasSubstr(" undelivered=2 bounced=0 "));
    expect_counted(scene, "not_bounced", 2);
    EXPECT_EQ(scene.held.total(), 0U);
  });
}

TEST(BouncingBridge, AnswersWhatAServerSaysBeforeItReadsThatOursIsLost) {
  Scene scene(std::string::npos, StreamKind::kS2sInbound);
  relay_inbound(scene);
  scene.far().connection.reset();
  EXPECT_THAT(scene.near.heard(), EndsWith("[close]"));
  scene.near.says("<message from='a@peer.example/r' to='b@legacy.example' id='1'/><mess");
  leave(scene);
  EXPECT_EQ(scene.notices.said,
            "[legacy.example peer.example wan]<message type='error' id='1' "
            "from='b@legacy.example' to='a@peer.example/r'>" +
                kOtherServerGone + "</message>");
  EXPECT_THAT(scene.log_text, HasSubstr(" undelivered=1 bounced=1 "));
  EXPECT_EQ(scene.held.total(), 0U);
}

TEST(BouncingBridge, GivesBackWhatAnEndHasNotFinishedWhenItIsClosed) {
  ClientScene scene;
  scene.near.says("<message to='b@legacy.example'><body>" + std::string(20'000, 'x'));
  scene.far().connection.reset();
  scene.near.hears(kBackendLost + "[close]");
  EXPECT_EQ(scene.held.total(), 0U);
  scene.near.says("</body></message>" + from_client("2"));
  leave(scene);
  EXPECT_THAT(scene.log_text, HasSubstr(" undelivered=0 "));
}

// It was refused for what it said, and is not heard any more.
TEST(BouncingBridge, CountsNothingOfAnEndThatWasRefused) {
  ClientScene scene;
  scene.near.says("<!-- no comments --><message id='1'/>");
  scene.near.heard();
  scene.near.says(from_client("2"));
  leave(scene);
  EXPECT_THAT(scene.log_text, HasSubstr(" undelivered=0 "));
}

TEST(BouncingBridge, LeavesWhatAClientSaysBehindTheEndToStreamManagement) {
  ClientScene scene;
  scene.far().says("<enabled xmlns='urn:xmpp:sm:3' id='s' resume='true'/>");
  scene.near.heard();
  scene.far().connection.reset();
  scene.near.heard();
  scene.near.says(from_client("1"));
  leave(scene);
  expect_counted(scene, "stream_management", 1);
}

// The client is told first, and reads nothing behind that; what it has said by then arrives.
TEST(BouncingBridge, AnswersWhatAServerSaysToAClientThatWasToldOfTheShutdown) {
  play([](std::size_t piece) {
    ClientScene scene(piece);
    scene.bridge->shut_down();
    EXPECT_THAT(scene.near.heard(), HasSubstr("<system-shutdown "));
    scene.far().says(from_backend("1"));
    scene.far().hears(at_once(answer_to_backend("1")));
    scene.near.says(from_client("2") + kEnd);
    scene.far().hears(from_client("2") + kEnd);
    scene.far().says(kEnd);
    scene.near.hears("[close]");
    scene.far().hears("[close]");
    leave(scene);
    EXPECT_THAT(scene.log_text, HasSubstr(" undelivered=1 bounced=1 "));
    EXPECT_THAT(scene.log_text, HasSubstr("end=drain"));
  });
}

TEST(BouncingBridge, EndsTheServersStreamProperlyWhenAClientTakesTooLong) {
  ClientScene scene;
  scene.near.says(from_client("1"));
  scene.bridge->shut_down();
  scene.near.heard();
  scene.far().hears(from_client("1"));
  scene.bridge->shut_down();
  scene.near.hears("[close]");
  scene.far().hears(kEnd + "[close]");
}

TEST(BouncingBridge, EndsBothAtOnceWhereAClientCanResume) {
  ClientScene scene;
  scene.far().says("<enabled xmlns='urn:xmpp:sm:3' id='s' resume='true'/>");
  scene.near.heard();
  scene.bridge->shut_down();
  EXPECT_THAT(scene.near.heard(), HasSubstr("<system-shutdown "));
  scene.far().hears("[close]");
}

}  // namespace
}  // namespace portcullis::relay::scene
