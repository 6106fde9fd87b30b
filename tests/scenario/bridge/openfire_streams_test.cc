#include "tests/scenario/bridge/openfire.h"

// Openfire by certificates, as the backend and as a server on the Internet.
namespace portcullis::relay::scene {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kRooms = "conference.legacy.example";
constexpr std::string_view kAuthRooms = "Y29uZmVyZW5jZS5sZWdhY3kuZXhhbXBsZQ==";

// legacy.example and its component behind one Openfire.
const SnapshotPtr& backend() {
  static const SnapshotPtr made = [] {
    world().certify("rooms", std::string(kRooms));
    return world().build("",
                         "[[host]]\ndomain = \"" + std::string(kRooms) +
                             "\"\ncertificates = [{ chain = \"rooms.pem\", key = \"rooms.key\" }]\n"
                             "[host.backend]\nkind = \"openfire\"\ns2s = \"127.0.0.1:15269\"\n"
                             "c2s = \"127.0.0.1:15222\"\ncertificate = \"backend.pem\"\n",
                         "kind = \"openfire\"\n");
  }();
  return made;
}

std::string message(std::string_view from, std::string_view to) {
  return "<message from=\"a@" + std::string(from) + "/pc\" to=\"b@" + std::string(to) +
         "\" id=\"Xq3-1\" type=\"chat\"><body>x</body></message>";
}

// ---- As the backend

TEST(OpenfireBackend, TakesAStreamForEachOfItsDomains) {
  for (const std::string_view domain : {std::string_view("legacy.example"), kRooms})
    play([domain](std::size_t piece) {
      const auto from_peer =
          wire::server("from='peer.example' to='" + std::string(domain) + "' version='1.0'");
      Scene scene(piece, kInbound, backend());
      near_authenticates(scene.near, from_peer, &world().peer, wire::kAuthPeer);
      scene.network.resolves(kBackendAddress);
      auto& far = scene.far();
      far.connection.open();
      far.hears(from_peer);
      far.says(openfire::answers(domain, "peer.example", openfire::kStartTlsDemand));
      far.hears(wire::kStartTls);
      far.says(openfire::kProceed);
      far.hears("[tls]");
      far.secures(&world().backend);
      far.hears(from_peer);
      far.says(openfire::answers("legacy.example", "peer.example", openfire::kExternalOffer,
                                 "2ndid", ""));
      far.hears(wire::auth(wire::kAuthPeer));
      scene.near.heard();
      far.says(openfire::kSuccess);
      scene.near.hears(wire::kSuccess);
      scene.near.says(from_peer);
      far.hears(from_peer);
      far.says(openfire::answers("legacy.example", "peer.example", "", "2ndid", ""));
      scene.near.hears(ours(domain, "peer.example") +
                       "<stream:features><limits xmlns='urn:xmpp:stream-limits:0'>"
                       "<max-bytes>524288</max-bytes><idle-seconds>1800</idle-seconds></limits>"
                       "</stream:features>");
      ASSERT_TRUE(scene.established()) << scene.log_text;
      scene.near.says(message("peer.example", domain));
      far.hears(message("peer.example", domain));
      far.says(wire::kEnd);
      scene.near.hears(wire::kEnd);
    });
}

TEST(OpenfireBackend, OpensAStreamForEachOfItsDomains) {
  const struct {
    std::string_view domain;
    std::string_view authzid;
  } cases[] = {{"legacy.example", wire::kAuthLegacy}, {kRooms, kAuthRooms}};
  for (const auto& each : cases)
    play([&each](std::size_t piece) {
      Scene scene(piece, kOutbound, backend());
      // At once, before anybody is looked for: old releases wait five seconds for it.
      scene.near.says(openfire::opens(each.domain, "peer.example"));
      scene.near.hears(ours("peer.example", each.domain) + std::string(wire::kStartTlsFeatures));
      EXPECT_EQ(scene.network.asked, "");
      scene.near.says(wire::kStartTls);
      scene.near.hears(std::string(wire::kProceed) + "[tls]");
      scene.near.secures(&world().backend);
      scene.near.says(openfire::opens(each.domain, "peer.example"));
      scene.near.hears(ours("peer.example", each.domain) + std::string(wire::kExternalFeatures));
      scene.near.says(openfire::auth(each.authzid));
      EXPECT_EQ(scene.network.asked, "[peer.example]");
      scene.network.finds(candidates({"198.51.100.1"}));
      far_accepts(scene.far(), &world().peer);
      scene.near.hears(wire::kSuccess);
      scene.far().heard();
      scene.near.says(openfire::opens(each.domain, "peer.example", "") +
                      message(each.domain, "peer.example"));
      scene.far().hears(
          wire::server("from='" + std::string(each.domain) + "' to='peer.example' version='1.0'"));
      scene.far().says(theirs(wire::kNoFeatures));
      scene.far().hears(message(each.domain, "peer.example"));
      EXPECT_TRUE(scene.established()) << scene.log_text;
      scene.near.says(wire::kEnd);
    });
}

// Each domain has a stream of its own since release 4.1 (OF-673). An older one says its component's
// stanzas on the stream of its main domain.
TEST(OpenfireBackend, SpeaksForOneDomainOnAStream) {
  for (const std::string_view from : {kRooms, std::string_view("pubsub.legacy.example")}) {
    Scene scene(1, kOutbound, backend());
    openfire::authenticates(scene.near, "legacy.example", "peer.example", &world().backend,
                            wire::kAuthLegacy);
    scene.network.finds(candidates({"198.51.100.1"}));
    far_accepts(scene.far(), &world().peer);
    scene.near.says(openfire::opens("legacy.example", "peer.example", ""));
    scene.far().says(theirs(wire::kNoFeatures));
    ASSERT_TRUE(scene.established());
    forget(scene);
    scene.near.says(message(from, "peer.example"));
    EXPECT_THAT(scene.near.heard(), HasSubstr("address_spoofed</reason>"));
    EXPECT_THAT(scene.far().heard(), Not(HasSubstr("<message")));
  }
}

// The second attempt of releases up to 4.7, by dialback and older than XMPP 1.0, where a gate with
// certificates cannot help; and one that names nobody.
TEST(OpenfireBackend, IsToldWhatItsHeaderLacks) {
  const struct {
    std::string attributes;
    std::string_view condition;
  } cases[] = {{"to=\"peer.example\" from=\"legacy.example\"", "<unsupported-version "},
               {"to=\"peer.example\" version=\"1.0\"", "<improper-addressing "}};
  for (const auto& each : cases) {
    Scene scene(1, kOutbound, backend());
    scene.near.says(openfire::header(each.attributes, openfire::kDb));
    EXPECT_THAT(scene.near.heard(), AllOf(HasSubstr("<stream:stream"), HasSubstr(each.condition)));
    EXPECT_EQ(scene.network.asked, "");
  }
}

// Without EXTERNAL in sasl.mechs, or without the local CA where cert.policy lets the handshake
// pass.
TEST(OpenfireBackend, WithoutExternalIsWronglySet) {
  Scene scene(1, kInbound, backend());
  peer_authenticates(scene);
  scene.network.resolves(kBackendAddress);
  auto& far = scene.far();
  far.connection.open();
  far.says(openfire::answers("legacy.example", "peer.example", openfire::kStartTlsDemand));
  far.says(openfire::kProceed);
  far.secures(&world().backend);
  scene.near.heard();
  far.says(openfire::answers(
      "legacy.example", "peer.example",
      std::string(openfire::kNothingOffer) + std::string(openfire::kDialbackOffer)));
  EXPECT_THAT(scene.near.heard(), HasSubstr("backend_misconfigured</reason>"));
  EXPECT_THAT(scene.log_text, AllOf(HasSubstr("event=backend"), HasSubstr("SASL EXTERNAL")));
}

TEST(OpenfireBackend, WithoutTlsIsWronglySet) {
  Scene scene(1, kInbound, backend());
  peer_authenticates(scene);
  scene.network.resolves(kBackendAddress);
  scene.far().connection.open();
  scene.near.heard();
  scene.far().says(openfire::answers("legacy.example", "peer.example", openfire::kDialbackOffer));
  EXPECT_THAT(scene.near.heard(), HasSubstr("backend_without_tls</reason>"));
  EXPECT_THAT(scene.log_text, HasSubstr("xmpp.server.tls.policy"));
}

// ---- As a server on the Internet

TEST(OpenfirePeer, ReachesTheBackend) {
  play([](std::size_t piece) {
    Scene scene(piece, kInbound);
    openfire::authenticates(scene.near, "peer.example", "legacy.example", &world().peer,
                            wire::kAuthPeer);
    scene.network.resolves(kBackendAddress);
    far_accepts(scene.far(), &world().backend);
    scene.far().heard();
    EXPECT_THAT(scene.near.heard(), HasSubstr(wire::kSuccess));
    scene.near.says(openfire::opens("peer.example", "legacy.example", "") +
                    message("peer.example", "legacy.example"));
    scene.far().hears(kFromPeer);
    scene.far().says(theirs(wire::kNoFeatures));
    scene.far().hears(message("peer.example", "legacy.example"));
    EXPECT_TRUE(scene.established());
    scene.near.says(wire::kEnd);
  });
}

// TLS is offered and not demanded, dialback is offered beside it, and what answers for a component
// has the main domain in its header.
TEST(OpenfirePeer, IsReached) {
  for (const std::string_view main : {"peer.example", "main.example"})
    play([main](std::size_t piece) {
      Scene scene(piece, kOutbound);
      backend_authenticates(scene);
      scene.network.finds(candidates({"198.51.100.1"}));
      openfire::accepts(
          scene.far(), main, "legacy.example", &world().peer,
          std::string(openfire::kStartTlsOffer) + std::string(openfire::kDialbackOffer));
      scene.far().hears(kFromLegacy + std::string(wire::kStartTls) + "[tls]" + kFromLegacy +
                        wire::auth(wire::kAuthLegacy));
      scene.near.says(kFromLegacy);
      scene.far().says(openfire::answers(main, "legacy.example", "", "2ndid", ""));
      EXPECT_TRUE(scene.established()) << scene.log_text;
      EXPECT_THAT(scene.near.heard(), HasSubstr("<max-bytes>524288</max-bytes>"));
      scene.near.says(wire::kEnd);
    });
}

// It does not trust our certificate, and offers only what the gate does not do.
TEST(OpenfirePeer, ThatOffersNoExternalIsNamed) {
  Scene scene(1, kOutbound);
  backend_authenticates(scene);
  scene.network.finds(candidates({"198.51.100.1"}));
  auto& far = scene.far();
  far.connection.open();
  far.says(openfire::answers("peer.example", "legacy.example", openfire::kStartTlsOffer));
  far.says(openfire::kProceed);
  far.secures(&world().peer);
  scene.near.heard();
  far.says(openfire::answers(
      "peer.example", "legacy.example",
      std::string(openfire::kNothingOffer) + std::string(openfire::kDialbackOffer)));
  EXPECT_THAT(scene.near.heard(), HasSubstr("external_not_offered</reason>"));
  EXPECT_THAT(far.heard(), Not(HasSubstr("db:result")));
}

TEST(OpenfirePeer, WithoutTlsIsNamed) {
  Scene scene(1, kOutbound);
  backend_authenticates(scene);
  scene.network.finds(candidates({"198.51.100.1"}));
  scene.far().connection.open();
  scene.near.heard();
  scene.far().says(openfire::answers("peer.example", "legacy.example", openfire::kDialbackOffer));
  EXPECT_THAT(scene.near.heard(), HasSubstr("tls_not_offered</reason>"));
}

// What it tries instead when EXTERNAL fails: on the same stream, or up to 4.7 on another one, older
// than XMPP 1.0.
TEST(OpenfirePeer, GetsNowhereByDialback) {
  Scene same(1, kInbound);
  same.near.says(openfire::opens("peer.example", "legacy.example"));
  same.near.says(wire::kStartTls);
  same.near.secures(&world().peer);
  same.near.says(openfire::opens("peer.example", "legacy.example"));
  same.near.heard();
  same.near.says(openfire::result("peer.example", "legacy.example", "4f2a"));
  EXPECT_THAT(same.near.heard(), HasSubstr("dialback_attempted</reason>"));
  EXPECT_TRUE(same.network.ends.empty());

  Scene another(1, kInbound);
  another.near.says(openfire::header("to=\"legacy.example\" from=\"peer.example\"", openfire::kDb));
  EXPECT_THAT(another.near.heard(),
              AllOf(HasSubstr("<stream:stream"), HasSubstr("<unsupported-version ")));
  EXPECT_TRUE(another.network.ends.empty());
}

}  // namespace
}  // namespace portcullis::relay::scene
