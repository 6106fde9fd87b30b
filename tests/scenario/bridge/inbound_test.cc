#include "certs/x509/fingerprint.h"
#include "certs/x509/spki_pin.h"
#include "tests/scenario/bridge/streams.h"

// peer.example calls legacy.example: to the relay, and all that ends it before.
namespace portcullis::relay::scene {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string message(std::string_view id) {
  return "<message id='" + std::string(id) + "' from='a@peer.example' to='b@legacy.example'/>";
}

void authenticate_inbound(Scene& scene) {
  peer_authenticates(scene);
  scene.network.resolves(kBackendAddress);
  far_accepts(scene.far(), &world().backend);
  forget(scene);
}

TEST(InboundBridge, CarriesAStreamOfAPeerToTheBackend) {
  play([](std::size_t piece) {
    Scene scene(piece, kInbound);
    scene.near.says(kFromPeer);
    scene.near.says(wire::kStartTls);
    const auto our_header = ours("legacy.example", "peer.example");
    scene.near.hears(our_header + std::string(wire::kStartTlsFeatures) +
                     std::string(wire::kProceed) + "[tls]");
    scene.near.secures(&world().peer);
    scene.near.says(kFromPeer);
    scene.near.hears(our_header + std::string(wire::kExternalFeatures));
    scene.near.says(wire::auth(wire::kAuthPeer));
    EXPECT_EQ(scene.network.asked, "[127.0.0.1:15269]");
    scene.network.resolves(kBackendAddress);
    scene.far().connection.open();
    scene.far().says(theirs(wire::kStartTlsFeatures));
    scene.far().says(wire::kProceed);
    scene.far().hears(kFromPeer + std::string(wire::kStartTls) + "[tls]");
    scene.far().secures(&world().backend);
    scene.far().says(theirs(wire::kExternalFeatures));
    scene.far().hears(kFromPeer + wire::auth(wire::kAuthPeer));
    scene.near.hears("");
    scene.far().says(wire::kSuccess);
    scene.near.hears(wire::kSuccess);
    scene.near.says(kFromPeer);
    scene.far().says(theirs(wire::kNoFeatures));
    scene.far().hears(kFromPeer);
    scene.near.hears(our_header + std::string(wire::kLimitsFeatures));
    EXPECT_TRUE(scene.established());
    scene.near.says(wire::kMessage);
    scene.far().hears(wire::kMessage);
    scene.far().says(" ");
    scene.near.hears(" ");
    scene.near.says(wire::kEnd);
    scene.near.hears("");
    scene.far().hears(wire::kEnd);
    scene.far().says(wire::kEnd);
    scene.far().hears("[close]");
    scene.near.hears(std::string(wire::kEnd) + "[close]");
    const auto* const leaf = world().peer.certificate.get();
    EXPECT_THAT(scene.log_text, HasSubstr(" peer_auth=external verdict=accepted cert_sha256=" +
                                          certs::fingerprint_text(leaf) + " pin=\"" +
                                          certs::spki_pin_text(leaf) + '"'));
  });
}

// Some servers write their stanzas right behind their last header. They are held until the backend
// is ready, and nothing more is read meanwhile; then they arrive in order, judged like all others.
TEST(InboundBridge, HoldsWhatComesBeforeOurFeatures) {
  const std::string early = message("1") + message("2");
  for (const std::string& bad : {std::string(), std::string("<message from='a@evil.example'/>")}) {
    play([&](std::size_t piece) {
      Scene scene(piece, kInbound);
      authenticate_inbound(scene);
      scene.near.says(std::string(kFromPeer).append(early).append(bad));
      scene.near.hears("[pause]");
      scene.far().heard();
      scene.far().says(theirs(wire::kNoFeatures));
      EXPECT_THAT(scene.far().heard(), HasSubstr(early));
      const auto told = scene.near.heard();
      EXPECT_EQ(told.find("address_spoofed") == std::string::npos, bad.empty()) << told;
      if (!bad.empty()) return;
      scene.near.says(message("3"));
      scene.far().hears(message("3"));
      scene.near.says(wire::kEnd);
    });
  }
}

TEST(InboundBridge, PassesNothingOnOfWhatItHoldsWhenTheBackendEnds) {
  play([](std::size_t piece) {
    Scene scene(piece, kInbound);
    authenticate_inbound(scene);
    scene.near.says(kFromPeer + message("1"));
    scene.far().heard();
    scene.far().connection.leave();
    scene.time.advance(1s);
    EXPECT_THAT(scene.far().heard(), Not(HasSubstr("<message")));
    EXPECT_THAT(scene.near.heard(), HasSubstr("<stream:error>"));
    EXPECT_FALSE(scene.established());
  });
}

TEST(InboundBridge, LetsNoStanzaPassTheOtherWay) {
  play([](std::size_t piece) {
    Scene scene(piece, kInbound);
    relay_inbound(scene);
    scene.far().says("<message from='b@legacy.example' to='a@peer.example'/>");
    EXPECT_THAT(scene.near.heard(), Not(HasSubstr("<message")));
    EXPECT_TRUE(scene.near.connection.closing() && scene.far().connection.closing());
  });
}

TEST(InboundBridge, RefusesACertificateForAnotherName) {
  play([](std::size_t piece) {
    Scene scene(piece, kInbound);
    near_authenticates(scene.near, kFromPeer, &world().other, wire::kAuthPeer);
    EXPECT_THAT(scene.near.heard(), HasSubstr(wire::error("not-authorized", "name_mismatch")));
    EXPECT_EQ(scene.network.asked, "");
    EXPECT_THAT(scene.log_text, HasSubstr("reason=name_mismatch"));
  });
}

TEST(InboundBridge, RefusesAPeerWithoutACertificate) {
  play([](std::size_t piece) {
    Scene scene(piece, kInbound);
    near_authenticates(scene.near, kFromPeer, nullptr, wire::kAuthPeer);
    EXPECT_THAT(scene.near.heard(), HasSubstr("cert_missing</reason>"));
    EXPECT_EQ(scene.network.asked, "");
  });
}

// ---- Streams of one domain

ConnectionLimits::Settings one_stream_of_a_domain() {
  policy::Limits limits;
  limits.streams_per_domain = 1;
  return ConnectionLimits::Settings::of(limits).value();
}
const DomainName& peer_domain() {
  static const DomainName domain = DomainName::parse("peer.example").value();
  return domain;
}

TEST(InboundBridge, RefusesAStreamMoreThanADomainMayHave) {
  Scene scene(1, kInbound);
  scene.limits->change(one_stream_of_a_domain());
  const auto other = scene.limits->join(peer_domain(), true);
  peer_authenticates(scene);
  EXPECT_THAT(scene.near.heard(),
              AllOf(HasSubstr("<resource-constraint"), HasSubstr("too_many_streams</reason>")));
  EXPECT_EQ(scene.network.asked, "") << "the backend is not called";
  EXPECT_EQ(scene.metric("limit_hits_total", "streams_per_domain"), 1);
  EXPECT_THAT(scene.log_text, HasSubstr("event=limit limit=streams_per_domain kind=s2s_in "
                                        "peer=192.0.2.7 from=peer.example repeated=1"));
}

TEST(InboundBridge, StreamsThatOnlyClaimADomainTakeNoPlaceOfItsOwner) {
  Scene scene(1, kInbound);
  scene.limits->change(one_stream_of_a_domain());
  const auto claimed = scene.limits->join(peer_domain(), false);
  relay_inbound(scene);
  EXPECT_FALSE(scene.limits->join(peer_domain(), true)) << "it has its place";
  scene.near.says(wire::kEnd);
}

TEST(InboundBridge, GivesUpWhenTheBackendIsNotReachable) {
  Scene scene(1, kInbound);
  peer_authenticates(scene);
  scene.network.resolves(kBackendAddress);
  scene.near.heard();
  scene.far().connection.leave("connection refused");
  scene.near.hears(wire::error("remote-connection-failed", "backend_unavailable") + "[close]");
  EXPECT_EQ(scene.metric("backend_connections_total"), 1);
}

TEST(InboundBridge, GivesUpWhenTheNameOfTheBackendHasNoAddress) {
  Scene scene(1, kInbound);
  peer_authenticates(scene);
  scene.near.heard();
  scene.network.resolves(tl::unexpected(net::EndpointError({"no such host"}, true)));
  scene.near.hears(wire::error("remote-connection-failed", "backend_unavailable") + "[close]");
  EXPECT_TRUE(scene.network.ends.empty());
}

TEST(InboundBridge, DoesNotWaitForeverForTheNameOfTheBackend) {
  Scene scene(1, kInbound);
  peer_authenticates(scene);
  scene.near.heard();
  scene.time.advance(7'499ms);
  scene.near.hears("");
  scene.time.advance(1ms);
  scene.near.hears(wire::error("remote-connection-failed", "backend_unavailable") + "[close]");
  EXPECT_FALSE(scene.network.running());
}

TEST(InboundBridge, SpeaksOnlyToTheBackendWhoseKeyIsPinned) {
  for (const test::Issued* const shown :
       std::initializer_list<const test::Issued*>{&world().peer, nullptr}) {
    play([&](std::size_t piece) {
      Scene scene(piece, kInbound);
      peer_authenticates(scene);
      scene.network.resolves(kBackendAddress);
      scene.far().connection.open();
      scene.far().says(theirs(wire::kStartTlsFeatures));
      scene.far().says(wire::kProceed);
      scene.far().secures(shown);
      EXPECT_THAT(scene.far().heard(), Not(HasSubstr("<auth")));
      EXPECT_THAT(scene.near.heard(), Not(HasSubstr("<success")));
      EXPECT_TRUE(scene.near.connection.closing());
      EXPECT_THAT(scene.log_text, HasSubstr("reason=not_the_backend"));
    });
  }
}

TEST(InboundBridge, ForgetsTheLookUpOfAPeerThatLeft) {
  Scene scene(1, kInbound);
  peer_authenticates(scene);
  EXPECT_TRUE(scene.network.running());
  scene.near.connection.leave();
  EXPECT_FALSE(scene.network.running());
}

TEST(InboundBridge, GivesUpTheAttemptOfAPeerThatLeft) {
  Scene scene(1, kInbound);
  peer_authenticates(scene);
  scene.network.resolves(kBackendAddress);
  scene.far().connection.open();
  scene.far().heard();
  scene.near.connection.leave();
  EXPECT_TRUE(scene.far().connection.closing());
  EXPECT_FALSE(scene.established());
}

TEST(InboundBridge, EndsAPeerThatDoesNotStartTls) {
  Scene scene(1, kInbound);
  scene.near.says(kFromPeer);
  scene.time.advance(10s);
  EXPECT_TRUE(scene.near.connection.closing());
  EXPECT_THAT(scene.log_text, HasSubstr("reason=negotiation_timeout"));
}

}  // namespace
}  // namespace portcullis::relay::scene
