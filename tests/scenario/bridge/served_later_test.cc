#include "tests/scenario/bridge/streams.h"

// A reload makes a domain ours as which a peer speaks. From then on that is somebody else.
namespace portcullis::relay::scene {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Served by a server of its own; peer.pem and peer.key are for it.
std::string host_of_peer(const std::string& domain) {
  world().certify("peer", domain);
  return "[[host]]\ndomain = \"" + domain +
         "\"\ncertificates = [ { chain = \"peer.pem\", key = \"peer.key\" } ]\n[host.backend]\n"
         "s2s = \"127.0.0.1:15270\"\ncertificate = \"backend.pem\"\n";
}

TEST(ServedLater, APeersDomainEndsItsStream) {
  Scene scene(1, kInbound);
  relay_inbound(scene);
  scene.bridge->rejudge(world().build("", host_of_peer("peer.example")));
  EXPECT_TRUE(scene.near.connection.closing());
  EXPECT_THAT(scene.near.heard(), HasSubstr("host_unknown</reason>"));
}

const std::string kObserved =
    "[[s2s.rule]]\nmatch = [\"peer.example\", \"*.peer.example\"]\nmode = \"observe\"\n";
constexpr std::string_view kOfChat =
    "<db:result from='chat.peer.example' to='legacy.example'>key</db:result>";

void relay_observed(Scene& scene) {
  scene.near.says(kFromPeer);
  scene.network.resolves(kBackendAddress);
  scene.far().connection.open();
  scene.far().says(theirs(wire::kNoFeatures));
  scene.near.says(wire::kDialback);
  ASSERT_TRUE(scene.established()) << scene.log_text;
  scene.far().heard();
}

// One stream may carry the dialback of more pairs of domains.
TEST(ServedLater, OneOfThePeersDomainsEndsItsObservedStream) {
  Scene scene(1, kInbound, world().build("", kObserved));
  scene.further_pairs = 1;
  relay_observed(scene);
  scene.near.says(kOfChat);
  scene.far().hears(kOfChat);
  scene.bridge->rejudge(world().build("", kObserved + host_of_peer("chat.peer.example")));
  EXPECT_TRUE(scene.near.connection.closing());
  EXPECT_THAT(scene.near.heard(), HasSubstr("host_unknown</reason>"));
}

TEST(ServedLater, ADomainIsTakenFromNoPeerAnyMore) {
  Scene scene(1, kInbound, world().build("", kObserved));
  relay_observed(scene);
  scene.bridge->rejudge(world().build("", kObserved + host_of_peer("chat.peer.example")));
  EXPECT_FALSE(scene.near.connection.closing());
  scene.near.says(kOfChat);
  EXPECT_THAT(scene.far().heard(), Not(HasSubstr("chat.peer.example")));
  EXPECT_TRUE(scene.near.connection.closing());
}

TEST(ServedLater, SomebodyElsesDomainEndsNothing) {
  Scene scene(1, kInbound, world().build("", kObserved));
  scene.further_pairs = 1;
  relay_observed(scene);
  scene.bridge->rejudge(world().build("", kObserved + host_of_peer("third.example")));
  scene.near.says(kOfChat);
  scene.far().hears(kOfChat);
  scene.near.says(wire::kEnd);
}

}  // namespace
}  // namespace portcullis::relay::scene
