#include "tests/scenario/bridge/bounce_scene.h"

// What an end still says when the other one has failed, is lost or was told to end.
namespace portcullis::relay::scene {
namespace {

using bounce::answer_to_backend;
using bounce::at_once;
using bounce::ClientScene;
using bounce::expect_counted;
using bounce::from_backend;
using bounce::from_client;
using bounce::kBackendLost;
using bounce::kEnd;
using bounce::kOtherServerGone;
using bounce::kShutdown;
using bounce::leave;
using ::testing::EndsWith;
using ::testing::HasSubstr;

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
