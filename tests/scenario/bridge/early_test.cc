#include "tests/scenario/bridge/streams.h"

// Servers that do not wait for our features: they say their stanzas right behind their last header.
// What they say is held until the far end is ready, and delivered in order, or answered if the far
// end fails.
namespace portcullis::relay::scene {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr int kStanzas = 20;

// The two directions: who speaks, and how.
struct Way {
  StreamKind kind;
  std::string near;  // the domains
  std::string far;

  std::string header() const {
    return wire::server("from='" + near + "' to='" + far + "' version='1.0'");
  }
  std::string stanza(int number) const {
    return "<message from='a@" + near + "' to='b@" + far + "' id='" + std::to_string(number) +
           "'/>";
  }
  std::string stanzas() const {
    std::string all;
    for (int i = 0; i < kStanzas; ++i) all += stanza(i);
    return all;
  }
  // In the gate's name, back to the one who said it.
  std::string answer(int number) const {
    return "<message type='error' id='" + std::to_string(number) + "' from='b@" + far + "' to='a@" +
           near + "'>";
  }
  std::string ended_by_near() const {
    return kind == StreamKind::kS2sInbound ? "end=peer" : "end=backend";
  }
};
const Way kInboundWay{StreamKind::kS2sInbound, "peer.example", "legacy.example"};
const Way kOutboundWay{StreamKind::kS2sOutbound, "legacy.example", "peer.example"};

// Until the near end has read <success/>.
void succeed(Scene& scene, const Way& way) {
  if (way.kind == StreamKind::kS2sInbound) {
    peer_authenticates(scene);
    scene.network.resolves(kBackendAddress);
    far_accepts(scene.far(), &world().backend);
  } else {
    backend_authenticates(scene);
    scene.network.finds(candidates({"198.51.100.1"}));
    far_accepts(scene.far(), &world().peer);
  }
  EXPECT_THAT(scene.near.heard(), HasSubstr(wire::kSuccess));
  scene.far().heard();
}

template <class Scenario>
void both_ways(Scenario scenario) {
  for (const auto& way : {kInboundWay, kOutboundWay}) {
    SCOPED_TRACE(way.near);
    play([&](std::size_t piece) { scenario(way, piece); });
  }
}

TEST(EarlyServer, IsDeliveredInOrderHoweverSlowTheFarEndIs) {
  for (const auto slow : {0ms, 100ms, 2'000ms})
    both_ways([slow](const Way& way, std::size_t piece) {
      Scene scene(piece, way.kind);
      succeed(scene, way);
      scene.near.says(way.header() + way.stanzas());
      scene.time.advance(slow);
      EXPECT_THAT(scene.near.heard(), Not(HasSubstr("error")));
      scene.far().hears(way.header());
      scene.far().says(theirs(wire::kNoFeatures));
      scene.far().hears(way.stanzas());
      EXPECT_TRUE(scene.established());
      scene.near.says(way.stanza(kStanzas));
      scene.far().hears(way.stanza(kStanzas));
      EXPECT_FALSE(scene.near.connection.paused());
      scene.near.says(wire::kEnd);
    });
}

TEST(EarlyServer, MayCutItsFlightAnywhere) {
  for (const auto& way : {kInboundWay, kOutboundWay}) {
    const auto flight = way.header() + way.stanzas();
    for (std::size_t cut = 1; cut < flight.size() && !::testing::Test::HasFailure(); ++cut) {
      SCOPED_TRACE(cut);
      Scene scene(std::string::npos, way.kind);
      scene.check_account = false;
      succeed(scene, way);
      scene.near.says(flight.substr(0, cut));
      scene.near.says(flight.substr(cut));
      scene.far().says(theirs(wire::kNoFeatures));
      scene.far().hears(way.header() + way.stanzas());
      scene.near.says(wire::kEnd);
    }
  }
}

// Nothing more is read of it while something waits.
TEST(EarlyServer, IsNotReadMeanwhile) {
  Scene scene(std::string::npos, kInboundWay.kind);
  succeed(scene, kInboundWay);
  scene.near.says(kInboundWay.header());
  EXPECT_FALSE(scene.near.connection.paused()) << "its leaving would not be seen";
  scene.near.says(kInboundWay.stanza(1));
  EXPECT_TRUE(scene.near.connection.paused());
  scene.far().says(theirs(wire::kNoFeatures));
  EXPECT_FALSE(scene.near.connection.paused());
  scene.near.says(wire::kEnd);
}

// ---- Its end comes behind its stanzas

TEST(EarlyServer, MayEndItsStreamAtOnce) {
  for (const bool says_something : {true, false})
    both_ways([&](const Way& way, std::size_t piece) {
      Scene scene(piece, way.kind);
      succeed(scene, way);
      const auto said = says_something ? way.stanzas() : std::string();
      scene.near.says(way.header() + said + std::string(wire::kEnd));
      scene.time.advance(100ms);
      scene.far().says(theirs(wire::kNoFeatures));
      scene.far().hears(way.header() + said + std::string(wire::kEnd));
      scene.far().says(wire::kEnd);
      scene.near.connection.leave();
      scene.far().connection.leave();
      scene.time.settle();
      EXPECT_THAT(scene.log_text,
                  AllOf(HasSubstr("verdict=accepted"), HasSubstr(way.ended_by_near() + " ")));
    });
}

// The far end does not answer </stream:stream>.
TEST(EarlyServer, IsWaitedForNoLongerThanEverWhenItHasEnded) {
  Scene scene(1, kInboundWay.kind);
  succeed(scene, kInboundWay);
  scene.near.says(kInboundWay.header() + std::string(wire::kEnd));
  scene.far().says(theirs(wire::kNoFeatures));
  scene.time.advance(policy::Limits().linger + 31s);
  EXPECT_TRUE(scene.near.connection.closing());
  EXPECT_TRUE(scene.far().connection.closing());
}

TEST(EarlyServer, MaySayAStreamErrorAtOnce) {
  both_ways([](const Way& way, std::size_t piece) {
    Scene scene(piece, way.kind);
    succeed(scene, way);
    scene.near.says(way.header() + way.stanzas() +
                    "<stream:error><conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
                    "</stream:error></stream:stream>");
    scene.far().says(theirs(wire::kNoFeatures));
    EXPECT_THAT(scene.far().heard(), AllOf(HasSubstr(way.stanzas()), HasSubstr("<conflict ")));
    scene.far().says(wire::kEnd);
  });
}

TEST(EarlyServer, MayLeaveAtOnce) {
  for (const bool reset : {true, false})
    for (const bool says_something : {true, false})
      both_ways([&](const Way& way, std::size_t piece) {
        Scene scene(piece, way.kind);
        succeed(scene, way);
        const auto said = says_something ? way.stanzas() : std::string();
        scene.near.says(way.header() + said);
        if (reset)
          scene.near.connection.reset();
        else
          scene.near.connection.leave();
        scene.time.advance(100ms);
        EXPECT_FALSE(scene.near.connection.closing());
        scene.far().says(theirs(wire::kNoFeatures));
        EXPECT_THAT(scene.far().heard(),
                    AllOf(HasSubstr(way.header() + said), HasSubstr(wire::kEnd)));
        scene.far().says(wire::kEnd);
        scene.far().connection.leave();
        scene.time.settle();
        EXPECT_THAT(scene.log_text,
                    AllOf(HasSubstr("verdict=accepted"), HasSubstr(way.ended_by_near() + " ")));
      });
}

TEST(EarlyServer, IsNoWayAroundTheRules) {
  Scene scene(1, kInboundWay.kind);
  succeed(scene, kInboundWay);
  scene.near.says(kInboundWay.header() + kInboundWay.stanza(1) +
                  "<message from='a@bank.example' to='b@legacy.example'/>" + kInboundWay.stanza(2));
  scene.far().says(theirs(wire::kNoFeatures));
  EXPECT_THAT(scene.far().heard(),
              AllOf(HasSubstr(kInboundWay.stanza(1)), Not(HasSubstr("bank.example")),
                    Not(HasSubstr(kInboundWay.stanza(2)))));
  EXPECT_THAT(scene.near.heard(), HasSubstr("address_spoofed"));
}

// ---- The far end fails

// Each stanza is answered once, in order, and the near end reads why.
void expect_answered(Scene& scene, const Way& way, std::string_view condition) {
  scene.time.advance(1s);
  EXPECT_THAT(scene.near.heard(), HasSubstr("<" + std::string(condition) + " "));
  EXPECT_TRUE(scene.near.connection.closing());
  std::size_t at = 0;
  for (int i = 0; i < kStanzas; ++i) {
    at = scene.notices.said.find(way.answer(i), at);
    ASSERT_NE(at, std::string::npos) << i << scene.notices.said;
  }
  EXPECT_EQ(scene.notices.said.find("<message", at + 1), std::string::npos);
  scene.near.connection.leave();
  scene.far().connection.leave();
  scene.time.settle();
  EXPECT_EQ(scene.metric("stanzas_undelivered_total", "\"bounced\""), kStanzas);
  EXPECT_THAT(scene.log_text, HasSubstr("verdict=rejected"));
}

constexpr std::string_view kFails =
    "<stream:error><resource-constraint xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
    "</stream:error></stream:stream>";
constexpr std::string_view kTold = "remote-connection-failed";

TEST(EarlyServer, IsAnsweredWhenTheFarEndFails) {
  for (const auto slow : {0ms, 100ms, 2'000ms})
    both_ways([slow](const Way& way, std::size_t piece) {
      Scene scene(piece, way.kind);
      succeed(scene, way);
      scene.near.says(way.header() + way.stanzas());
      scene.time.advance(slow);
      scene.far().says(theirs(kFails));
      EXPECT_THAT(scene.far().heard(), Not(HasSubstr("<message")));
      // The words of our own server cross, those of a peer do not.
      expect_answered(scene, way,
                      way.kind == kInboundWay.kind ? "resource-constraint" : std::string(kTold));
    });
}

TEST(EarlyServer, IsAnsweredWhenTheFarEndIsLost) {
  both_ways([](const Way& way, std::size_t piece) {
    Scene scene(piece, way.kind);
    succeed(scene, way);
    scene.near.says(way.header() + way.stanzas());
    scene.far().connection.reset();
    expect_answered(scene, way, kTold);
  });
}

TEST(EarlyServer, IsAnsweredWhenTheFarEndSaysNothing) {
  both_ways([](const Way& way, std::size_t piece) {
    Scene scene(piece, way.kind);
    succeed(scene, way);
    scene.near.says(way.header() + way.stanzas());
    scene.time.advance(30s);
    expect_answered(scene, way, kTold);
  });
}

// What was on its way when the far end failed.
TEST(EarlyServer, IsAnsweredForWhatComesALittleLater) {
  both_ways([](const Way& way, std::size_t piece) {
    Scene scene(piece, way.kind);
    succeed(scene, way);
    scene.near.says(way.header());
    scene.far().connection.reset();
    scene.near.says(way.stanzas());
    expect_answered(scene, way, kTold);
  });
}

TEST(EarlyServer, IsAnsweredWhenTheFarEndFailsBeforeItsHeader) {
  both_ways([](const Way& way, std::size_t piece) {
    Scene scene(piece, way.kind);
    succeed(scene, way);
    scene.far().connection.reset();
    scene.near.says(way.header() + way.stanzas());
    expect_answered(scene, way, kTold);
  });
}

TEST(EarlyServer, IsAnsweredWhenWeShutDown) {
  both_ways([](const Way& way, std::size_t piece) {
    Scene scene(piece, way.kind);
    succeed(scene, way);
    scene.near.says(way.header() + way.stanzas());
    scene.bridge->shut_down();
    expect_answered(scene, way, "system-shutdown");
  });
}

// It was told of nothing, so it may have left meanwhile.
TEST(EarlyServer, IsAnsweredEvenIfItHasLeft) {
  both_ways([](const Way& way, std::size_t piece) {
    Scene scene(piece, way.kind);
    succeed(scene, way);
    scene.near.says(way.header() + way.stanzas());
    scene.near.connection.reset();
    scene.far().connection.reset();
    scene.time.settle();
    EXPECT_EQ(scene.metric("stanzas_undelivered_total", "\"bounced\""), kStanzas);
    EXPECT_THAT(scene.log_text,
                AllOf(HasSubstr("verdict=rejected"), Not(HasSubstr("reason=peer_left"))));
  });
}

// ---- Nothing is legal before <success/>

TEST(EarlyServer, IsRefusedBeforeSuccess) {
  for (const auto& way : {kInboundWay, kOutboundWay}) {
    Scene scene(1, way.kind);
    if (way.kind == StreamKind::kS2sInbound)
      peer_authenticates(scene);
    else
      backend_authenticates(scene);
    scene.near.heard();
    scene.near.says(way.stanza(1));
    EXPECT_THAT(scene.near.heard(), HasSubstr("unauthenticated_stanza"));
    EXPECT_TRUE(scene.near.connection.closing());
  }
}

}  // namespace
}  // namespace portcullis::relay::scene
