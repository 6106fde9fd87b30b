#include "tests/scenario/bridge/streams.h"

// Certificates of the local CA: who asks for too many is refused, and nobody else.
namespace portcullis::relay::scene {
namespace {

using certs::LeafPurpose;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr auto kWhole = std::string::npos;

// All that the near end of this scene gets for legacy.example. How many that was.
int take_all(Scene& scene, LeafPurpose purpose) {
  const auto host = DomainName::parse("legacy.example").value();
  int taken = 0;
  while (!scene.limits->mint(purpose, host, scene.near.connection.peer, scene.time.now())) ++taken;
  return taken;
}

// The near end of an outgoing stream has shown no certificate yet, so this may be anybody.
TEST(Minting, IsRefusedToAHostThatWantsTooManyDomains) {
  play([](std::size_t piece) {
    Scene scene(piece, kOutbound, world().build(""));
    EXPECT_GT(take_all(scene, LeafPurpose::kOutbound), 0);
    scene.near.says(kFromLegacy);
    scene.near.says(wire::kStartTls);
    EXPECT_TRUE(scene.near.connection.closing());
    // In words, so before TLS: the backend tells its user what stands there.
    EXPECT_THAT(
        scene.near.heard(),
        AllOf(HasSubstr("<stream:error>"), HasSubstr("dial_limit</reason>"),
              HasSubstr("</stream:stream>"), Not(HasSubstr("<proceed")), Not(HasSubstr("[tls]"))));
    EXPECT_THAT(scene.log_text, AllOf(HasSubstr("reason=dial_limit"), HasSubstr("event=limit"),
                                      HasSubstr("outbound_mints"), HasSubstr("peer.example")));
    EXPECT_THAT(scene.log_text, Not(HasSubstr("local_ca_unavailable")));
    EXPECT_EQ(scene.metric("limit_hits_total", "\"outbound_mints\""), 1);
  });
}

// Once the backend has shown its certificate from an address, in either direction.
TEST(Minting, WhoHasProvedToBeTheBackendDoesNotWaitForStrangers) {
  const auto host = DomainName::parse("legacy.example").value();
  for (const bool calls : {true, false}) {
    Scene scene(kWhole, calls ? kOutbound : kInbound, world().build(""));
    const auto backend = calls ? scene.near.connection.peer : kBackendAddress.front();
    const auto takes = [&](const net::SocketAddress& from) {
      return !scene.limits->mint(LeafPurpose::kOutbound, host, from, scene.time.now());
    };
    if (calls)
      backend_authenticates(scene);
    else
      relay_inbound(scene);
    int strangers = 0;
    while (takes(address("127.0.0.30", 1)) || takes(address("127.0.0.31", 1))) ++strangers;
    EXPECT_GT(strangers, 0);
    EXPECT_TRUE(takes(backend));
    scene.near.says(wire::kEnd);
  }
}

// A program that only claims a host, and shows another certificate or none.
TEST(Minting, WhoIsNotTheBackendProvesNothing) {
  for (const test::Issued* const shown :
       std::initializer_list<const test::Issued*>{&world().peer, nullptr}) {
    Scene scene(kWhole, kOutbound);
    near_authenticates(scene.near, kFromLegacy, shown, wire::kAuthLegacy);
    EXPECT_LT(take_all(scene, LeafPurpose::kOutbound), 1'000);
  }
}

TEST(Minting, OutgoingStreamsTakeNothingFromIncomingOnes) {
  Scene scene(kWhole, kInbound, world().build(""));
  take_all(scene, LeafPurpose::kOutbound);
  take_all(scene, LeafPurpose::kRefused);
  relay_inbound(scene);
  scene.near.says(wire::kEnd);
}

TEST(Minting, IsRefusedToAPeerThatComesWithTooManyDomains) {
  Scene scene(kWhole, kInbound, world().build(""));
  EXPECT_GT(take_all(scene, LeafPurpose::kInbound), 0);
  peer_authenticates(scene);
  EXPECT_EQ(scene.network.asked, "") << "the backend is not called";
  EXPECT_THAT(scene.near.heard(), HasSubstr("rate_limited"));
  EXPECT_THAT(scene.log_text, Not(HasSubstr("event=backend")));
  EXPECT_THAT(scene.log_text, AllOf(HasSubstr("reason=rate_limited"), HasSubstr("inbound_mints")));
  EXPECT_EQ(scene.metric("limit_hits_total", "\"inbound_mints\""), 1);
}

TEST(Minting, AKeptCertificateTakesNothing) {
  const auto snapshot = world().build("");
  {
    Scene first(kWhole, kInbound, snapshot);
    relay_inbound(first);
    first.near.says(wire::kEnd);
  }
  Scene second(kWhole, kInbound, snapshot);
  take_all(second, LeafPurpose::kInbound);
  relay_inbound(second);
  second.near.says(wire::kEnd);
}

// A user who writes to domains that are denied is told so, and takes nothing from those that are
// not.
TEST(Minting, DeniedDomainsTakeNothingFromOthers) {
  const auto denied = [] { return world().build("", "[federation]\ndeny = [\"peer.example\"]\n"); };
  {
    Scene scene(kWhole, kOutbound, denied());
    backend_authenticates(scene);
    EXPECT_THAT(scene.near.heard(), HasSubstr("federation_denied"));
    EXPECT_EQ(take_all(scene, LeafPurpose::kOutbound), 1'000);
  }
  Scene scene(kWhole, kOutbound, denied());
  take_all(scene, LeafPurpose::kRefused);
  scene.near.says(kFromLegacy);
  scene.near.says(wire::kStartTls);
  EXPECT_TRUE(scene.near.connection.closing());
  EXPECT_THAT(scene.log_text, HasSubstr("refused_mints"));
}

}  // namespace
}  // namespace portcullis::relay::scene
