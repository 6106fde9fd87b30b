#include "tests/scenario/bridge/streams.h"

// Names that are not ASCII with a backend of kind "openfire", which writes every domain with
// A-labels and compares them so.
namespace portcullis::relay::scene {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kPeerU = "\u4f8b\u5b50.example";
constexpr std::string_view kPeerA = "xn--fsqu00a.example";
constexpr std::string_view kHostU = "b\u00fccher.example";
constexpr std::string_view kHostA = "xn--bcher-kva.example";
constexpr std::string_view kAuthPeerA = "eG4tLWZzcXUwMGEuZXhhbXBsZQ==";
constexpr std::string_view kAuthHostA = "eG4tLWJjaGVyLWt2YS5leGFtcGxl";

const test::Issued& chinese_peer() {
  static const test::Issued made = pki().leaf(test::leaf_spec(std::string(kPeerA)));
  return made;
}

// legacy.example, and one more host in that spelling; both have a backend of that kind.
SnapshotPtr with_kind(const std::string& kind, std::string_view host) {
  world().certify("books", std::string(kHostA));
  return world().build("",
                       "[[host]]\ndomain = \"" + std::string(host) +
                           "\"\ncertificates = [{ chain = \"books.pem\", key = \"books.key\" }]\n"
                           "[host.backend]\nkind = \"" +
                           kind +
                           "\"\ns2s = \"127.0.0.1:15269\"\nc2s = \"127.0.0.1:15222\"\n"
                           "certificate = \"backend.pem\"\n",
                       "kind = \"" + kind + "\"\n");
}
const SnapshotPtr& openfire(std::string_view host = kHostU) {
  static const SnapshotPtr in_unicode = with_kind("openfire", kHostU);
  static const SnapshotPtr in_a_labels = with_kind("openfire", kHostA);
  return host == kHostU ? in_unicode : in_a_labels;
}

std::string between(std::string_view from, std::string_view to) {
  return wire::server("from='" + std::string(from) + "' to='" + std::string(to) +
                      "' version='1.0'");
}
std::string message(std::string_view from, std::string_view to) {
  return "<message from='alice@" + std::string(from) + "/pc' to='bob@" + std::string(to) +
         "'><body>xn--fsqu00a.example</body></message>";
}

// The backend's stream to the peer; it names both as they are given here.
void relay_out(Scene& scene, std::string_view host, std::string_view authzid,
               std::string_view peer = kPeerA) {
  const std::string header = between(host, peer);
  near_authenticates(scene.near, header, &world().backend, authzid);
  EXPECT_THAT(scene.near.heard(), HasSubstr(ours(peer, host)));
  EXPECT_EQ(scene.network.asked, "[" + std::string(kPeerA) + "]");
  scene.network.finds(candidates({"198.51.100.1"}));
  far_accepts(scene.far(), &chinese_peer());
  scene.near.says(header);
  scene.far().says(theirs(wire::kNoFeatures));
  ASSERT_TRUE(scene.established()) << scene.log_text << scene.near.heard();
}

// The peer's stream to the backend, which must hear of both in `to_backend`.
void relay_in(Scene& scene, std::string_view host, const std::string& to_backend) {
  const std::string header = between(kPeerU, host);
  near_authenticates(scene.near, header, &chinese_peer(), "=");
  scene.network.resolves(kBackendAddress);
  far_accepts(scene.far(), &world().backend);
  EXPECT_THAT(scene.far().heard(), AllOf(HasSubstr(to_backend), HasSubstr(wire::auth(kAuthPeerA)),
                                         Not(HasSubstr(std::string(kPeerU)))));
  scene.near.says(header);
  scene.far().says(theirs(wire::kNoFeatures));
  ASSERT_TRUE(scene.established()) << scene.log_text << scene.near.heard();
  forget(scene);
}

TEST(OpenfireNames, ReachAPeerWithULabels) {
  play([](std::size_t piece) {
    Scene scene(piece, StreamKind::kS2sOutbound, openfire());
    relay_out(scene, "legacy.example", wire::kAuthLegacy);
    EXPECT_THAT(scene.far().heard(),
                AllOf(HasSubstr(between("legacy.example", kPeerU)), Not(HasSubstr("xn--"))));
    scene.near.says(message("legacy.example", kPeerA));
    scene.far().hears(message("legacy.example", kPeerU));
    scene.near.says(message("legacy.example", kPeerU));
    scene.far().hears(message("legacy.example", kPeerU));
    scene.near.says(wire::kEnd);
  });
}

TEST(OpenfireNames, OfAHostInUnicodeLeaveWithULabels) {
  play([](std::size_t piece) {
    Scene scene(piece, StreamKind::kS2sOutbound, openfire());
    relay_out(scene, kHostA, kAuthHostA);
    EXPECT_THAT(scene.far().heard(),
                AllOf(HasSubstr(between(kHostU, kPeerU)), Not(HasSubstr("xn--"))));
    scene.near.says(message(kHostA, kPeerA));
    scene.far().hears(message(kHostU, kPeerU));
    scene.near.says(wire::kEnd);
  });
}

TEST(OpenfireNames, OfAHostWithALabelsLeaveAsTheyAre) {
  play([](std::size_t piece) {
    Scene scene(piece, StreamKind::kS2sOutbound, openfire(kHostA));
    relay_out(scene, kHostA, kAuthHostA);
    EXPECT_THAT(scene.far().heard(), HasSubstr(between(kHostA, kPeerU)));
    scene.near.says(message(kHostA, kPeerA));
    scene.far().hears(message(kHostA, kPeerU));
    scene.near.says(message(kHostU, kPeerA));
    EXPECT_THAT(scene.near.heard(), HasSubstr("name_ambiguous"));
  });
}

TEST(OpenfireNames, ThatAreNotThePairEndTheStream) {
  const struct {
    std::string_view to;
    std::string_view reason;
  } cases[] = {{"XN--FSQU00A.example", "name_ambiguous"},
               {"xn--fsqu00a.example.", "name_ambiguous"},
               {"xn--fsqu00a&#46;example", "name_ambiguous"},
               {kHostA, "address_spoofed"},
               {"evil.xn--fsqu00a.example", "address_spoofed"}};
  for (const auto& each : cases) {
    play([&](std::size_t piece) {
      Scene scene(piece, StreamKind::kS2sOutbound, openfire());
      relay_out(scene, "legacy.example", wire::kAuthLegacy);
      scene.far().heard();
      scene.near.says(message("legacy.example", each.to));
      EXPECT_THAT(scene.near.heard(), HasSubstr(each.reason)) << each.to;
      EXPECT_THAT(scene.far().heard(), Not(HasSubstr("<message"))) << each.to;
    });
  }
}

TEST(OpenfireNames, AreNotTakenFromABackendOfAnotherKind) {
  static const SnapshotPtr prosody = with_kind("prosody", kHostU);
  Scene scene(1, StreamKind::kS2sOutbound, prosody);
  relay_out(scene, "legacy.example", wire::kAuthLegacy);
  scene.near.says(message("legacy.example", kPeerA));
  EXPECT_THAT(scene.near.heard(), HasSubstr("name_ambiguous"));
}

TEST(OpenfireNames, AreToldToTheBackendWithALabels) {
  play([](std::size_t piece) {
    Scene scene(piece, StreamKind::kS2sInbound, openfire());
    relay_in(scene, kHostU, between(kPeerA, kHostA));
    // It converts the addresses of stanzas itself.
    scene.near.says(message(kPeerU, kHostU));
    scene.far().hears(message(kPeerU, kHostU));
    scene.near.says(wire::kEnd);
  });
}

TEST(OpenfireNames, WithALabelsAreNotTakenFromAPeer) {
  for (const auto& bad : {message(kPeerA, kHostU), message(kPeerU, kHostA)}) {
    Scene scene(1, StreamKind::kS2sInbound, openfire());
    relay_in(scene, kHostU, between(kPeerA, kHostA));
    scene.near.says(bad);
    EXPECT_THAT(scene.near.heard(), HasSubstr("name_ambiguous"));
    EXPECT_THAT(scene.far().heard(), Not(HasSubstr("<message")));
  }
}

TEST(OpenfireNames, OfAHostWithALabelsHaveOneFormForAPeer) {
  Scene scene(1, StreamKind::kS2sInbound, openfire(kHostA));
  relay_in(scene, kHostA, between(kPeerA, kHostA));
  scene.near.says(message(kPeerU, kHostA));
  scene.far().hears(message(kPeerU, kHostA));
  scene.near.says(message(kPeerU, kHostU));
  EXPECT_THAT(scene.near.heard(), HasSubstr("name_ambiguous"));
}

TEST(OpenfireNames, OfAClientsHostAreToldWithALabels) {
  Scene scene(1, StreamKind::kC2s, openfire(), TlsEntry::kDirectTls);
  scene.near.secures(nullptr);
  scene.near.says(wire::client("to='" + std::string(kHostU) + "' version='1.0'"));
  scene.network.resolves(std::vector<net::SocketAddress>{address("127.0.0.1", 15222)});
  scene.far().connection.open();
  EXPECT_THAT(scene.far().heard(), HasSubstr("to='" + std::string(kHostA) + "'"));
  scene.far().says(wire::client("from='" + std::string(kHostA) + "' id='theirs' version='1.0'") +
                   kPlain);
  EXPECT_THAT(scene.near.heard(), HasSubstr("from='" + std::string(kHostU) + "'"));
  scene.near.connection.leave();
}

// ---- By dialback

const SnapshotPtr& by_dialback() {
  static const SnapshotPtr made =
      world().build("", "", "kind = \"openfire\"\ns2s_auth = \"dialback\"\n");
  return made;
}
const std::string kDb = " xmlns:db='jabber:server:dialback'";

std::string our_header(std::string_view from, std::string_view id = "") {
  return wire::server(
      "from='" + std::string(from) + "' to='legacy.example'" + std::string(id) + " version='1.0'",
      kDb);
}

TEST(OpenfireNames, AreInOurKeyWithALabels) {
  play([](std::size_t piece) {
    Scene scene(piece, StreamKind::kS2sInbound, by_dialback());
    const std::string header = between(kPeerU, "legacy.example");
    near_authenticates(scene.near, header, &chinese_peer(), "=");
    scene.network.resolves(kBackendAddress);
    auto& far = scene.far();
    far.connection.open();
    far.hears(our_header(kPeerA));
    far.says(theirs(wire::kNoFeatures));
    EXPECT_THAT(far.heard(), AllOf(HasSubstr("<db:result from='" + std::string(kPeerA) +
                                             "' to='legacy.example'>"),
                                   Not(HasSubstr(kPeerU))));
    far.says("<db:result" + kDb + " from='legacy.example' to='" + std::string(kPeerA) +
             "' type='valid'/>");
    scene.near.heard();
    scene.near.says(header);
    ASSERT_TRUE(scene.established()) << scene.log_text;
    scene.near.says(message(kPeerU, "legacy.example"));
    far.hears(message(kPeerU, "legacy.example"));
    scene.near.says(wire::kEnd);
  });
}

// Up to the answer that its key is good.
void is_proved(Scene& scene) {
  scene.near.says(between("legacy.example", kPeerA));
  scene.near.heard();
  scene.near.says("<db:result" + kDb + " from='legacy.example' to='" + std::string(kPeerA) +
                  "'>4f2a</db:result>");
  scene.network.resolves(kBackendAddress);
  auto& port = scene.far();
  port.connection.open();
  port.says(theirs(wire::kNoFeatures));
  const auto question = port.heard();
  EXPECT_THAT(question, HasSubstr("<db:verify from='" + std::string(kPeerA) + "' "));
  const auto begin = question.find("id='") + 4;
  port.says("<db:verify" + kDb + " from='legacy.example' to='" + std::string(kPeerA) +
            "' type='valid' id='" + question.substr(begin, question.find('\'', begin) - begin) +
            "'/>");
  port.heard();
  port.connection.leave();
  scene.time.settle();
  scene.near.hears("<db:result from='" + std::string(kPeerA) +
                   "' to='legacy.example' type='valid'/>");
}

TEST(OpenfireNames, AreInItsKeyWithALabels) {
  play([](std::size_t piece) {
    Scene scene(piece, StreamKind::kS2sOutbound, by_dialback());
    is_proved(scene);
    scene.near.says(message("legacy.example", kPeerA));
    scene.network.finds(candidates({"198.51.100.1"}));
    far_accepts(scene.far(1), &chinese_peer());
    scene.far(1).heard();
    scene.far(1).says(theirs(wire::kNoFeatures));
    scene.far(1).hears(message("legacy.example", kPeerU));
    scene.near.says(message("legacy.example", kPeerA));
    scene.far(1).hears(message("legacy.example", kPeerU));
    scene.near.says(wire::kEnd);
  });
}

TEST(OpenfireNames, ThatAreNotThePairEndTheStreamByDialback) {
  for (const std::string_view to : {"xn--fsqu00a.example.", "evil.xn--fsqu00a.example"}) {
    Scene scene(1, StreamKind::kS2sOutbound, by_dialback());
    is_proved(scene);
    scene.near.says(message("legacy.example", to));
    if (scene.network.running()) {
      scene.network.finds(candidates({"198.51.100.1"}));
      far_accepts(scene.far(1), &chinese_peer());
      scene.far(1).says(theirs(wire::kNoFeatures));
      EXPECT_THAT(scene.far(1).heard(), Not(HasSubstr("<message"))) << to;
    }
    scene.time.advance(1s);
    EXPECT_THAT(scene.near.heard(), HasSubstr("<stream:error>")) << to;
  }
}

}  // namespace
}  // namespace portcullis::relay::scene
