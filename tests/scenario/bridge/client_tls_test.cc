#include "tests/scenario/bridge/streams.h"

// Clients whose backend is reached by TLS, with its key pinned.
namespace portcullis::relay::scene {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kClient =
    wire::client("from='juliet@legacy.example' to='legacy.example' version='1.0'");
const std::string kBare = wire::client("to='legacy.example' version='1.0'");
const std::string kServer = wire::client("from='legacy.example' id='theirs' version='1.0'");
const std::string kPlain =
    "<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
    "<mechanism>PLAIN</mechanism></mechanisms></stream:features>";
const std::string kBind =
    "<stream:features><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></stream:features>";
const std::string kTls = "c2s_tls = \"starttls\"\n";

SnapshotPtr secured() {
  static const SnapshotPtr made = world().build("", "", kTls);
  return made;
}

// As far as the connection to the backend.
void dials(Scene& scene) {
  scene.near.secures(nullptr);
  scene.near.says(kClient);
  scene.network.resolves(std::vector<net::SocketAddress>{address("127.0.0.1", 15222)});
  scene.far().connection.open();
}

// As far as the handshake with the backend.
void begins_tls(Scene& scene) {
  dials(scene);
  scene.far().hears(kBare);
  scene.far().says(kServer + std::string(wire::kStartTlsFeatures));
  scene.far().says(wire::kProceed);
  scene.far().hears(std::string(wire::kStartTls) + "[tls]");
}

void logs_in(Scene& scene) {
  begins_tls(scene);
  scene.far().secures(&world().backend);
  scene.far().hears(kClient);
  scene.far().says(kServer + kPlain);
  scene.near.says(wire::auth("AGEAYg==", "PLAIN"));
  scene.far().hears(wire::auth("AGEAYg==", "PLAIN"));
  scene.far().says(wire::kSuccess);
  scene.near.says(kClient);
  scene.far().says(kServer + kBind);
  ASSERT_TRUE(scene.established()) << scene.log_text;
  forget(scene);
}

TEST(ClientTlsBridge, LogsInToTheBackendWhoseKeyIsPinned) {
  play([](std::size_t piece) {
    Scene scene(piece, StreamKind::kC2s, secured(), TlsEntry::kDirectTls);
    logs_in(scene);
    scene.near.says("<presence/>");
    scene.far().hears("<presence/>");
    scene.far().says(wire::kEnd);
  });
}

TEST(ClientTlsBridge, TellsNothingToAProgramWithAnotherKey) {
  for (const test::Issued* shown :
       std::initializer_list<const test::Issued*>{&world().peer, nullptr}) {
    Scene scene(1, StreamKind::kC2s, secured(), TlsEntry::kDirectTls);
    begins_tls(scene);
    scene.far().secures(shown);
    const auto told = scene.far().heard();
    EXPECT_THAT(told, Not(HasSubstr("juliet")));
    EXPECT_THAT(told, HasSubstr("not_the_backend</reason>"));
    EXPECT_THAT(told, Not(HasSubstr(".pem"))) << "it need not know where our settings are";
    EXPECT_THAT(scene.near.heard(), HasSubstr("backend_misconfigured</reason>"));
    EXPECT_TRUE(scene.near.connection.closing());
    EXPECT_THAT(scene.log_text, HasSubstr("event=backend"));
    EXPECT_EQ(scene.metric("streams_rejected_total", "fault=\"local\""), 1);
  }
}

TEST(ClientTlsBridge, TellsNothingToAProgramWithoutTls) {
  Scene scene(1, StreamKind::kC2s, secured(), TlsEntry::kDirectTls);
  dials(scene);
  scene.far().says(kServer + kPlain);
  EXPECT_THAT(scene.far().heard(), Not(HasSubstr("juliet")));
  EXPECT_THAT(scene.near.heard(), HasSubstr("backend_without_tls</reason>"));
  EXPECT_THAT(scene.log_text, HasSubstr("reason=backend_without_tls"));
}

// The key has changed, and the streams with the old one are judged by it.
TEST(ClientTlsBridge, EndsWhereTheBackendHasAnotherKeyNow) {
  static const auto next = pki().leaf(test::leaf_spec("x.example"));
  Scene ended(1, StreamKind::kC2s, secured(), TlsEntry::kDirectTls);
  logs_in(ended);
  EXPECT_TRUE(ended.bridge->rejudge(world().with_backends({&next}, kTls), Bridge::Changed::kWaits));
  ended.bridge->rejudge(world().with_backends({&next}, kTls));
  EXPECT_THAT(ended.near.heard(),
              AllOf(HasSubstr("<reset "), HasSubstr("backend_changed</reason>")));
  EXPECT_TRUE(ended.near.connection.closing() && ended.far().connection.closing());

  Scene kept(1, StreamKind::kC2s, secured(), TlsEntry::kDirectTls);
  logs_in(kept);
  kept.bridge->rejudge(world().with_backends({&next, &world().backend}, kTls));
  EXPECT_FALSE(kept.near.connection.closing() || kept.far().connection.closing());
  kept.near.says(wire::kEnd);
}

}  // namespace
}  // namespace portcullis::relay::scene
