#include "tests/scenario/bridge/streams.h"

// A connection on which nothing is ever said.
namespace portcullis::relay::scene {
namespace {

using ::testing::HasSubstr;

struct Way {
  StreamKind kind;
  TlsEntry entry;
};

const std::vector<Way> kWays{{StreamKind::kS2sInbound, TlsEntry::kStartTls},
                             {StreamKind::kS2sInbound, TlsEntry::kDirectTls},
                             {StreamKind::kS2sOutbound, TlsEntry::kStartTls},
                             {StreamKind::kC2s, TlsEntry::kStartTls},
                             {StreamKind::kC2s, TlsEntry::kDirectTls}};

void expect_silent(const std::function<void(Scene&)>& ends) {
  for (const auto& [kind, entry] : kWays) {
    SCOPED_TRACE(std::string(name(kind)) + " " + std::string(name(entry)));
    Scene scene(1, kind, world().plain, entry);
    ends(scene);
    scene.time.settle();
    if (scene.bridge != nullptr) scene.near.connection.leave();
    scene.time.settle();
    EXPECT_EQ(scene.metric("connections_silent_total"), 1);
    EXPECT_EQ(scene.metric("streams_rejected_total"), 0);
    EXPECT_EQ(scene.metric("verdicts_total"), 0);
    EXPECT_EQ(scene.log_text, "");
  }
}

TEST(Silent, WhoLooksWhetherWeAreThereIsNotRefused) {
  expect_silent([](Scene& scene) { scene.near.connection.leave(); });
  expect_silent([](Scene& scene) { scene.near.connection.reset(); });
}

TEST(Silent, NorWhoWaitsUntilItsTimeIsOver) {
  expect_silent([](Scene& scene) { scene.time.advance(10s); });
}

TEST(Silent, NorWhoWaitsWhenWeStop) {
  expect_silent([](Scene& scene) { scene.bridge->shut_down(); });
}

TEST(Silent, OneOctetIsEnoughToBeRefused) {
  Scene scene(1, StreamKind::kS2sInbound);
  scene.near.says(" ");
  scene.near.connection.leave();
  EXPECT_EQ(scene.metric("connections_silent_total"), 0);
  EXPECT_THAT(scene.log_text, HasSubstr("reason=peer_left"));
}

// It is refused for want of memory, which the operator has to know.
TEST(Silent, ALimitOfOursIsARefusal) {
  Scene scene(1, StreamKind::kC2s, world().plain, TlsEntry::kStartTls, false);
  scene.near.connection.leave();
  EXPECT_EQ(scene.metric("connections_silent_total"), 0);
  EXPECT_EQ(scene.metric("streams_rejected_total", "memory_short"), 1);
  scene.check_account = false;  // the limit tells it, so there is no decision line
}

}  // namespace
}  // namespace portcullis::relay::scene
