#include "tests/scenario/bridge/streams.h"

// Observe mode in front of a backend that keeps its strict settings.
namespace portcullis::relay::scene {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

SnapshotPtr observing() {
  static const SnapshotPtr made = world().build("", "[policy]\nmode = \"observe\"\n");
  return made;
}

std::string says_error(std::string_view condition, std::string_view text) {
  return "<stream:error><" + std::string(condition) +
         " xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><text "
         "xmlns='urn:ietf:params:xml:ns:xmpp-streams'>" +
         std::string(text) + "</text></stream:error></stream:stream>";
}

// What Prosody says of a stream without encryption, and of a certificate that it does not trust.
const std::string kWantsTls = says_error(
    "policy-violation", "Encrypted server-to-server communication is required but was not used");
const std::string kWantsTrust =
    says_error("not-authorized", "Your server's certificate is not trusted");

void listen(End& end, std::string& heard) {
  end.connection.on_did = [&heard](test::MemoryConnection::Did did, std::string_view bytes) {
    if (did == test::MemoryConnection::Did::kSend) heard += bytes;
  };
}

void peer_tries_dialback_in_the_clear(Scene& scene) {
  scene.near.says(kFromPeer);
  scene.network.resolves(kBackendAddress);
  scene.far().connection.open();
  scene.far().says(theirs(wire::kNoFeatures));
  scene.near.says(wire::kDialback);
}

void expect_named(const Scene& scene) {
  EXPECT_THAT(scene.log_text,
              AllOf(HasSubstr("verdict=rejected reason=backend_too_strict"),
                    HasSubstr("event=backend"), HasSubstr("host=legacy.example"),
                    HasSubstr("s2s_secure_auth = false"), HasSubstr("s2s_use_starttls: optional")));
  EXPECT_EQ(scene.metric("verdicts_total", "backend_too_strict"), 1);
}

TEST(TooStrict, NamesABackendThatRefusesWhatWasObserved) {
  Scene scene(1, StreamKind::kS2sInbound, observing());
  scene.further_pairs = 1;  // the second decision is the backend's
  std::string told;
  peer_tries_dialback_in_the_clear(scene);
  listen(scene.near, told);
  scene.far().says(kWantsTls);
  expect_named(scene);
  EXPECT_THAT(scene.log_text, HasSubstr("verdict=would_reject reason=plaintext_refused"));
  // The peer reads the backend's own condition and words, and what he can do.
  EXPECT_THAT(told,
              AllOf(HasSubstr("<policy-violation "),
                    HasSubstr("Encrypted server-to-server communication is required"),
                    HasSubstr("show a certificate that is trusted."),
                    HasSubstr("backend_too_strict</reason>"), Not(HasSubstr("s2s_secure_auth"))));
  scene.near.says(wire::kEnd);  // nobody else does: what it hears goes to `told`
}

TEST(TooStrict, NamesABackendThatRefusesBeforeTheStreamStands) {
  Scene scene(1, StreamKind::kS2sInbound, observing());
  scene.near.says(kFromPeer);
  scene.network.resolves(kBackendAddress);
  scene.far().connection.open();
  scene.far().says(theirs(wire::kNoFeatures));
  scene.near.says(wire::kStartTls);
  scene.near.secures(&world().other);  // a certificate for somebody else
  std::string told;
  listen(scene.near, told);
  scene.near.says(kFromPeer);
  scene.network.resolves(kBackendAddress);
  auto& backend = scene.far(1);
  backend.connection.open();
  backend.says(theirs(wire::kStartTlsFeatures));
  backend.says(wire::kProceed);
  backend.secures(&world().backend);
  backend.says(wire::server("id='theirs' version='1.0'") + kWantsTrust);
  expect_named(scene);
  EXPECT_THAT(told,
              AllOf(HasSubstr("backend_too_strict</reason>"),
                    HasSubstr("the server itself refuses it."), Not(HasSubstr("s2s_secure_auth"))));
}

TEST(TooStrict, NamesItOnAnOutgoingStreamToo) {
  Scene scene(1, StreamKind::kS2sOutbound, observing());
  scene.further_pairs = 1;
  scene.near.says(kFromLegacy);
  scene.network.finds(candidates({"198.51.100.1"}));
  scene.far().connection.open();
  scene.far().says(theirs(wire::kNoFeatures));  // no STARTTLS
  EXPECT_THAT(scene.near.heard(), HasSubstr("urn:xmpp:features:dialback"));
  scene.near.says(kWantsTls);
  expect_named(scene);
  EXPECT_THAT(scene.log_text, HasSubstr("reason=starttls_not_offered"));
}

// Prosody, if it demands encryption.
TEST(TooStrict, NamesABackendThatBeginsTlsWhereNoneWasOffered) {
  Scene scene(1, StreamKind::kS2sOutbound, observing());
  scene.further_pairs = 1;
  scene.near.says(kFromLegacy);
  scene.network.finds(candidates({"198.51.100.1"}));
  scene.far().connection.open();
  scene.far().says(theirs(wire::kNoFeatures));
  std::string told;
  listen(scene.near, told);
  scene.near.says(wire::kStartTls);
  expect_named(scene);
  EXPECT_THAT(told, AllOf(HasSubstr("<unsupported-stanza-type "),
                          HasSubstr("backend_too_strict</reason>")));
}

TEST(TooStrict, IsNotWhatABackendSaysOfItself) {
  Scene scene(1, StreamKind::kS2sInbound, observing());
  peer_tries_dialback_in_the_clear(scene);
  scene.far().says(says_error("system-shutdown", "Bye"));
  EXPECT_THAT(scene.log_text, Not(HasSubstr("backend_too_strict")));
}

TEST(TooStrict, IsNotWhatAPeerSays) {
  Scene scene(1, StreamKind::kS2sInbound, observing());
  peer_tries_dialback_in_the_clear(scene);
  scene.near.says(kWantsTls);
  EXPECT_THAT(scene.log_text, Not(HasSubstr("backend_too_strict")));
}

TEST(TooStrict, IsNotSaidOfAStreamThatIsAuthenticated) {
  Scene scene(1, StreamKind::kS2sInbound, observing());
  scene.near.says(kFromPeer);
  scene.network.resolves(kBackendAddress);
  scene.far().connection.open();
  scene.far().says(theirs(wire::kNoFeatures));
  scene.near.says(wire::kStartTls);
  scene.near.secures(&world().peer);
  scene.near.says(kFromPeer);
  scene.near.says(wire::auth(wire::kAuthPeer));
  scene.network.resolves(kBackendAddress);
  far_accepts(scene.far(1), &world().backend);
  scene.near.says(kFromPeer);
  scene.far(1).says(theirs(wire::kNoFeatures));
  ASSERT_TRUE(scene.established());
  scene.far(1).says(kWantsTrust);
  EXPECT_THAT(scene.log_text, Not(HasSubstr("backend_too_strict")));
}

}  // namespace
}  // namespace portcullis::relay::scene
