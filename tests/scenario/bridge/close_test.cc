#include "tests/scenario/bridge/streams.h"

// A close delivers: what one side has said is handed on, then its end, and the side that ended is
// told so only when the other side has ended, too.
namespace portcullis::relay::scene {
namespace {

using ::testing::HasSubstr;

const std::string kEnd{wire::kEnd};
const std::string kShutdown =
    "<stream:error><system-shutdown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
    "</stream:error></stream:stream>";

std::string toward_client(int number) {
  return "<message to='a@legacy.example/x' id='" + std::to_string(number) + "'/>";
}

// The end line is written when both connections are gone.
void leave(Scene& scene) {
  for (auto* const end : {&scene.near, &scene.far()}) {
    end->connection.take(end->connection.queued());
    end->connection.leave();
  }
  scene.time.settle();
}

TEST(ClosingBridge, WhatIsOnItsWayToAClientThatClosesArrives) {
  play([](std::size_t piece) {
    Scene scene(piece, StreamKind::kC2s, world().plain, TlsEntry::kDirectTls);
    relay_client(scene);
    const std::string ping = "<iq id='1' to='legacy.example' type='get'/>";
    scene.near.says(ping + kEnd);
    scene.near.hears("");
    scene.far().hears(ping + kEnd);
    std::string all = "<iq id='1' type='result'/>";
    for (int i = 0; i < 300; ++i) all += toward_client(i);
    scene.far().says(all + kEnd);
    scene.near.hears(all + kEnd + "[close]");
    scene.far().hears("[close]");
    leave(scene);
    EXPECT_THAT(scene.log_text, HasSubstr(" out_bytes=" + std::to_string(all.size()) +
                                          " undelivered=0 bounced=0 undelivered_bytes=0"));
    EXPECT_THAT(scene.log_text, HasSubstr("end=peer"));
  });
}

TEST(ClosingBridge, TheOtherDirectionIsTheSame) {
  play([](std::size_t piece) {
    Scene scene(piece, StreamKind::kC2s, world().plain, TlsEntry::kDirectTls);
    relay_client(scene);
    scene.far().says(kEnd);
    scene.near.hears(kEnd);
    scene.near.says("<presence type='unavailable'/>" + kEnd);
    scene.far().hears("<presence type='unavailable'/>" + kEnd + "[close]");
    scene.near.hears("[close]");
  });
}

TEST(ClosingBridge, AServerThatClosesIsAnsweredWhenTheBackendHasReadAll) {
  Scene scene(std::string::npos, StreamKind::kS2sInbound);
  relay_inbound(scene);
  scene.far().connection.stop_acknowledging();
  scene.near.says(std::string(wire::kMessage) + kEnd);
  scene.near.connection.leave();
  scene.far().hears(std::string(wire::kMessage) + kEnd);
  scene.time.advance(4min);  // the backend is frozen
  scene.near.hears("");
  EXPECT_FALSE(scene.near.connection.closing() || scene.far().connection.closing());
  scene.far().connection.acknowledge(1'000'000);
  scene.far().says(kEnd);
  scene.near.hears(kEnd + "[close]");
}

TEST(ClosingBridge, WhatTheBackendSaidBeforeItsShutdownReachesASlowClient) {
  Scene scene(std::string::npos, StreamKind::kC2s, world().plain, TlsEntry::kDirectTls);
  relay_client(scene);
  scene.near.connection.stop_reading();
  scene.far().says(toward_client(1) + kShutdown);
  scene.far().connection.leave();
  const auto heard = scene.near.heard();
  EXPECT_TRUE(heard.starts_with(toward_client(1) + "<stream:error><system-shutdown ")) << heard;
  EXPECT_TRUE(heard.ends_with(kEnd)) << heard;
  for (int i = 0; i < 20; ++i) {
    scene.far().hears("");
    scene.near.connection.take(10);
    scene.time.advance(20s);
  }
  scene.near.connection.take(1'000'000);
  scene.near.says(kEnd);
  scene.far().hears(kEnd + "[close]");
  leave(scene);
  EXPECT_THAT(scene.log_text, HasSubstr("undelivered=0"));
}

TEST(ClosingBridge, CountsWhatHasNotArrivedWhenAConnectionIsLost) {
  for (const bool written : {true, false}) {
    Scene scene(std::string::npos, StreamKind::kC2s, world().plain, TlsEntry::kDirectTls);
    relay_client(scene);
    scene.far().says(toward_client(1));
    if (written)
      scene.near.connection.stop_acknowledging();
    else
      scene.near.connection.stop_reading();
    scene.far().says(toward_client(2) + toward_client(3));
    scene.near.connection.reset();
    leave(scene);
    const auto octets = toward_client(1).size();
    EXPECT_THAT(scene.log_text, HasSubstr("out_bytes=" + std::to_string(octets) +
                                          " undelivered=2 bounced=2 undelivered_bytes=" +
                                          std::to_string(2 * octets)));
  }
}

TEST(ClosingBridge, AServerIsToldThatNotAllHasArrived) {
  Scene scene(std::string::npos, StreamKind::kS2sInbound);
  relay_inbound(scene);
  scene.far().connection.stop_acknowledging();
  scene.near.says(std::string(wire::kMessage) + kEnd);
  scene.far().connection.reset();
  EXPECT_THAT(scene.near.heard(), HasSubstr("<stream:error><remote-connection-failed "));
  leave(scene);
  EXPECT_THAT(scene.log_text, HasSubstr("undelivered=1 "));
}

TEST(ClosingBridge, WaitsForTheOtherSideNoLongerThanTheTimeToLinger) {
  for (const bool near_ends : {true, false}) {
    Scene scene(std::string::npos, StreamKind::kC2s, world().plain, TlsEntry::kDirectTls);
    relay_client(scene);
    auto& one = near_ends ? scene.near : scene.far();
    auto& other = near_ends ? scene.far() : scene.near;
    one.says(kEnd);
    scene.time.advance(10min - 1s);
    one.hears("");
    other.hears(kEnd);
    scene.time.advance(1s);
    EXPECT_THAT(one.heard(), HasSubstr("<connection-timeout"));
    other.hears("[close]");
  }
}

TEST(ClosingBridge, EndsAHalfClosedStreamWhoseOtherSideTakesNothing) {
  Scene scene(std::string::npos, StreamKind::kS2sInbound);
  relay_inbound(scene);
  scene.far().connection.stop_reading();
  scene.near.says(std::string(wire::kMessage) + kEnd);
  scene.time.advance(6min);
  EXPECT_TRUE(scene.far().connection.gone());
  EXPECT_THAT(scene.near.heard(), HasSubstr("<stream:error><remote-connection-failed "));
}

TEST(ClosingBridge, IsToldOfAShutdown) {
  Scene scene(1, StreamKind::kS2sInbound);
  relay_inbound(scene);
  scene.near.says(kEnd);
  scene.far().hears(kEnd);
  scene.bridge->shut_down();
  EXPECT_THAT(scene.near.heard(), HasSubstr("<system-shutdown"));
  scene.far().hears("[close]");
}

TEST(ClosingBridge, GivesBackTheMemoryOfAnEndedStreamWhenAllHoldTooMuch) {
  Scene scene(std::string::npos, StreamKind::kS2sInbound);
  relay_inbound(scene);
  scene.far().connection.stop_reading();
  scene.near.says("<message from='a@peer.example' to='b@legacy.example'><body>" +
                  std::string(200'000, 'x') + "</body></message>" + kEnd);
  scene.near.connection.reset();
  EXPECT_TRUE(scene.far().connection.closing());
  EXPECT_FALSE(scene.far().connection.gone());
  scene.bridge->mind_memory();
  EXPECT_FALSE(scene.far().connection.gone()) << "there is room";
  scene.held.change(100'000);
  scene.bridge->mind_memory();
  EXPECT_TRUE(scene.far().connection.gone());
}

}  // namespace
}  // namespace portcullis::relay::scene
