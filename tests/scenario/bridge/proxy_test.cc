#include "certs/x509/spki_pin.h"
#include "tests/scenario/bridge/error_scene.h"

// legacy.example calls onion services, and other domains through a proxy.
namespace portcullis::relay::scene {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kService = "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd";
const std::string kVia = "via = \"socks5://127.0.0.1:9050\"\n";

std::string rule(const std::string& match, const std::string& rest) {
  return "[[s2s.rule]]\nmatch = [\"" + match + "\"]\n" + rest;
}
std::string pinned(const test::Issued& shown) {
  return "auth = [\"pin\"]\npins = [\"" +
         policy::pin_text(certs::spki_pin(shown.certificate.get()).value()) + "\"]\n";
}

std::string from_legacy(const std::string& to) {
  return wire::server("from='legacy.example' to='" + to + "' version='1.0'");
}
// The backend, up to its <auth/>.
void backend_calls(Scene& scene, const std::string& to) {
  near_authenticates(scene.near, from_legacy(to), &world().backend, wire::kAuthLegacy);
  scene.near.heard();
  scene.time.advance(0ms);
}
void expect_refused(Scene& scene, const std::string& condition, const std::string& reason) {
  EXPECT_TRUE(scene.network.ends.empty()) << "nobody is called";
  EXPECT_EQ(scene.network.asked, "") << "nobody is looked up";
  scene.near.hears(wire::error(condition, reason) + "[close]");
  EXPECT_THAT(scene.log_text, HasSubstr("reason=" + reason));
}

TEST(Proxy, MailFlowsToAnOnionServiceThatARulePins) {
  play([](std::size_t piece) {
    Scene scene(piece, kOutbound, world().build("", rule("*.onion", kVia + pinned(world().other))));
    const auto onion = kService + ".onion";
    backend_calls(scene, onion);
    EXPECT_EQ(scene.network.asked, "[127.0.0.1:9050 for " + onion + ":5269]");
    ASSERT_EQ(scene.network.ends.size(), 1U);
    scene.far().connection.open();
    EXPECT_THAT(scene.far().heard(), HasSubstr("to='" + onion + "'"));
    scene.far().says(theirs(wire::kStartTlsFeatures));
    scene.far().says(wire::kProceed);
    scene.far().secures(&world().other);
    scene.far().says(theirs(wire::kExternalFeatures));
    scene.far().says(wire::kSuccess);
    scene.near.hears(wire::kSuccess);
    scene.near.says(from_legacy(onion));
    scene.far().says(theirs(wire::kNoFeatures));
    ASSERT_TRUE(scene.established());
    EXPECT_THAT(scene.log_text, AllOf(HasSubstr("found=proxy"), HasSubstr("peer=127.0.0.1:9050")));
    scene.near.says(wire::kEnd);
  });
}

TEST(Proxy, AnotherKeyIsRefusedAsAnywhere) {
  Scene scene(1, kOutbound, world().build("", rule("*.onion", kVia + pinned(world().other))));
  backend_calls(scene, kService + ".onion");
  scene.far().connection.open();
  scene.far().says(theirs(wire::kStartTlsFeatures));
  scene.far().says(wire::kProceed);
  scene.far().secures(&world().peer);
  scene.far().says(theirs(wire::kExternalFeatures));
  EXPECT_THAT(scene.near.heard(), HasSubstr("pin_mismatch"));
}

TEST(Proxy, OtherDomainsGoThatWayIfTheRuleSaysSo) {
  Scene scene(1, kOutbound,
              world().build("", rule("peer.example", kVia + "via_for = \"any\"\nvia_port = 7\n")));
  backend_calls(scene, "peer.example");
  EXPECT_EQ(scene.network.asked, "[127.0.0.1:9050 for peer.example:7]");
  far_accepts(scene.far(), &world().peer);
  scene.near.hears(wire::kSuccess);
  scene.near.connection.leave();
}

TEST(Proxy, AnOnionServiceWithoutARuleIsNotLookedUp) {
  play([](std::size_t piece) {
    Scene scene(piece, kOutbound);
    backend_calls(scene, kService + ".onion");
    expect_refused(scene, "remote-connection-failed", "onion_without_proxy");
    EXPECT_EQ(scene.metric("dial_attempts_total"), 0);
  });
}

TEST(Proxy, ANameThatCannotBeAnOnionServiceIsNotCalled) {
  const auto with_rule = world().build("", rule("*.onion", kVia));
  for (const auto& name : {"a" + kService.substr(1), std::string("expyuzz4wqqyqhjn")}) {
    Scene scene(1, kOutbound, with_rule);
    backend_calls(scene, name + ".onion");
    expect_refused(scene, "remote-connection-failed", "bad_onion_name");
  }
}

TEST(Proxy, ThisMachineIsNotCalledThroughIt) {
  Scene scene(1, kOutbound, world().build("", rule("*.localhost", kVia + "via_for = \"any\"\n")));
  backend_calls(scene, "x.localhost");
  EXPECT_TRUE(scene.network.ends.empty());
  EXPECT_EQ(scene.network.asked, "");
  EXPECT_THAT(scene.near.heard(), AllOf(HasSubstr("peer_unreachable"), HasSubstr("[close]")));
  EXPECT_THAT(scene.log_text, HasSubstr("reason=address_refused"));
}

// Streams that the gate opens itself take the same way.
TEST(Proxy, TheGatesOwnErrorsGoThroughIt) {
  ErrorScene scene(1, world().build("", rule("peer.example", kVia + "via_for = \"any\"\n")));
  scene.tell_peer();
  scene.time.advance(0ms);
  EXPECT_EQ(scene.network.asked, "[127.0.0.1:9050 for peer.example:5269]");
  far_accepts(scene.far(), &world().peer);
  scene.far().says(theirs(wire::kNoFeatures));
  scene.time.advance(50ms);
  scene.far().heard();
  scene.says_good_bye();
  EXPECT_EQ(scene.told(), 1);
}

TEST(Proxy, TheGatesOwnErrorsGoNowhereWithoutIt) {
  ErrorScene scene;
  scene.streams.tell(domain("legacy.example"), domain(kService + ".onion"), Side::kWan,
                     {kBounceOut});
  scene.time.advance(0ms);
  EXPECT_TRUE(scene.network.ends.empty());
  EXPECT_EQ(scene.network.asked, "");
  EXPECT_EQ(scene.untold(), 1);
  EXPECT_THAT(scene.log_text, HasSubstr("onion_without_proxy"));
}

// Whose fault it is stands in the log; a user of the backend reads no address.
std::string told_when(bool proxy_failed) {
  Scene scene(1, kOutbound, world().build("", rule("*.onion", kVia)));
  std::string told;
  backend_calls(scene, kService + ".onion");
  scene.near.connection.on_did = [&told](test::MemoryConnection::Did did, std::string_view bytes) {
    if (did == test::MemoryConnection::Did::kSend) told += bytes;
  };
  scene.far().connection.refuse({.detail = "the words", .proxy_failed = proxy_failed});
  EXPECT_THAT(scene.log_text, HasSubstr("the words"));
  EXPECT_EQ(scene.metric("streams_rejected_total",
                         proxy_failed ? "fault=\"local\"" : "fault=\"network\""),
            1);
  EXPECT_THAT(told, AllOf(Not(HasSubstr("127.0.0.1")), Not(HasSubstr("the words"))));
  return told;
}

TEST(Proxy, ItsOwnFailureIsNotThePeers) {
  EXPECT_THAT(told_when(true),
              AllOf(HasSubstr("<internal-server-error"), HasSubstr("socks_proxy_failed")));
  EXPECT_THAT(told_when(false),
              AllOf(HasSubstr("<remote-connection-failed"), HasSubstr("peer_unreachable")));
}

}  // namespace
}  // namespace portcullis::relay::scene
