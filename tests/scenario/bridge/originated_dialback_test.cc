#include "tests/scenario/bridge/streams.h"

// originate_dialback = "certified", behind whole bridges: the policy, the keys, the certificate
// gate and the account.
namespace portcullis::relay::scene {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string kDb = " xmlns:db='jabber:server:dialback'";
const std::string kFeatures =
    "<stream:features><dialback xmlns='urn:xmpp:features:dialback'/></stream:features>";
const std::string kOriginate = "originate_dialback = \"certified\"\n";
const std::string kRule = "[[s2s.rule]]\nmatch = [\"peer.example\"]\n";

SnapshotPtr certified() {
  static const auto made = world().build(kOriginate);
  return made;
}

std::string key(const SnapshotPtr& snapshot, std::string_view id) {
  return snapshot->dialback()
      .keys(xmpp::DialbackPlace::kWan)
      ->key(domain("peer.example"), domain("legacy.example"), id);
}
const std::string kValid =
    "<db:result" + kDb + " from='peer.example' to='legacy.example' type='valid'/>";

// Our stream to the peer, up to its features.
void reaches_features(Scene& scene, const test::Issued* shown = &world().peer) {
  backend_authenticates(scene);
  scene.network.finds(candidates({"198.51.100.1"}));
  scene.far().connection.open();
  scene.far().says(theirs(wire::kStartTlsFeatures));
  scene.far().says(wire::kProceed);
  scene.far().secures(shown);
  forget(scene);
  scene.far().says(theirs(kFeatures));
}

TEST(OriginatedDialbackBridge, CarriesAStreamOfTheBackend) {
  for (const auto& snapshot :
       {certified(), world().build("", kRule + kOriginate),
        // A rule is nearer than [s2s], so the other way round nothing is said.
        world().build(kOriginate,
                      "[[s2s.rule]]\nmatch = [\"*.other.example\"]\n"
                      "originate_dialback = \"never\"\n")}) {
    play([&](std::size_t piece) {
      Scene scene(piece, kOutbound, snapshot);
      reaches_features(scene);
      scene.far().hears("<db:result from='legacy.example' to='peer.example'>" +
                        key(snapshot, "theirs") + "</db:result>");
      scene.near.hears("");
      scene.far().says(kValid);
      scene.near.hears(wire::kSuccess);
      scene.near.says(kFromLegacy);
      EXPECT_TRUE(scene.established());
      EXPECT_THAT(scene.log_text, HasSubstr("auth=dialback verdict=accepted"));
      EXPECT_EQ(scene.metric("streams_dialback_total"), 1);
      scene.near.says(wire::kEnd);
    });
  }
}

TEST(OriginatedDialbackBridge, ExternalIsNotCalledDialback) {
  Scene scene(1, kOutbound, certified());
  relay_outbound(scene);
  EXPECT_THAT(scene.log_text, Not(HasSubstr(" auth=")));
  EXPECT_EQ(scene.metric("streams_dialback_total"), 0);
  scene.near.says(wire::kEnd);
}

// Neither by default, nor where a rule says so, nor for whom its certificate does not name; and the
// keys of the backend's leg are others.
TEST(OriginatedDialbackBridge, SaysNoKeyElsewhere) {
  for (const auto& snapshot :
       {world().plain, world().build(kOriginate, kRule + "originate_dialback = \"never\"\n")}) {
    Scene scene(1, kOutbound, snapshot);
    reaches_features(scene);
    EXPECT_THAT(scene.far().heard(), Not(HasSubstr("<db:result")));
    EXPECT_THAT(scene.log_text, HasSubstr("s2s.originate_dialback"));
  }
  Scene scene(1, kOutbound, certified());
  reaches_features(scene, &world().other);
  EXPECT_THAT(scene.log_text, HasSubstr("name_mismatch"));
  EXPECT_THAT(scene.far().heard(), Not(HasSubstr("<db:result")));
  EXPECT_NE(key(certified(), "theirs"),
            certified()
                ->dialback()
                .keys(xmpp::DialbackPlace::kBackend)
                ->key(domain("peer.example"), domain("legacy.example"), "theirs"));
}

// ---- We are asked

std::string question(const std::string& key, std::string_view from = "peer.example",
                     std::string_view to = "legacy.example") {
  return "<db:verify" + kDb + " from='" + std::string(from) + "' to='" + std::string(to) +
         "' id='theirs'>" + key + "</db:verify>";
}

void secures(Scene& scene, const test::Issued* shown = &world().peer) {
  scene.near.says(kFromPeer);
  scene.near.says(wire::kStartTls);
  scene.near.secures(shown);
  scene.near.says(kFromPeer);
  scene.near.heard();
}

TEST(OriginatedDialbackBridge, AnswersForItsOwnKeysAlone) {
  play([](std::size_t piece) {
    Scene scene(piece, kInbound, certified());
    secures(scene);
    scene.near.says(question(key(certified(), "theirs")));
    scene.near.hears(
        "<db:verify from='legacy.example' to='peer.example' id='theirs' type='valid'/>");
    for (const auto& wrong :
         {key(certified(), "other"), std::string(64, '0'),
          certified()
              ->dialback()
              .keys(xmpp::DialbackPlace::kBackend)
              ->key(domain("peer.example"), domain("legacy.example"), "theirs")}) {
      scene.near.says(question(wrong));
      scene.near.hears(
          "<db:verify from='legacy.example' to='peer.example' id='theirs' type='invalid'/>");
    }
    scene.near.says(wire::kEnd);
    EXPECT_THAT(scene.log_text, Not(HasSubstr("event=decision")));
    EXPECT_EQ(scene.network.asked, "");
  });
}

TEST(OriginatedDialbackBridge, AnswersBehindExternal) {
  Scene scene(1, kInbound, certified());
  relay_inbound(scene);
  scene.near.says(question(key(certified(), "theirs")));
  scene.near.hears("<db:verify from='legacy.example' to='peer.example' id='theirs' type='valid'/>");
  scene.far().hears("");
  scene.near.says(question("x"));
  scene.near.hears(
      "<db:verify from='legacy.example' to='peer.example' id='theirs' type='invalid'/>");
  scene.near.says(wire::kEnd);
}

TEST(OriginatedDialbackBridge, AnswersNobodyElse) {
  struct Case {
    std::string_view what;
    SnapshotPtr snapshot;
    const test::Issued* shown;
    std::string said;
    std::string_view reason;
  };
  const auto good = key(certified(), "theirs");
  const Case cases[] = {
      {"never", world().plain, &world().peer, question(key(world().plain, "theirs")),
       "dialback_attempted"},
      {"another certificate", certified(), &world().other, question(good), "name_mismatch"},
      {"no certificate", certified(), nullptr, question(good), "cert_missing"},
      {"another name", certified(), &world().peer, question(good, "other.example"),
       "dialback_attempted"},
      {"a domain not served", certified(), &world().peer,
       question(good, "peer.example", "nobody.example"), "dialback_attempted"},
  };
  for (const auto& one : cases) {
    SCOPED_TRACE(one.what);
    Scene scene(1, kInbound, one.snapshot);
    scene.near.says(kFromPeer);
    scene.near.says(wire::kStartTls);
    scene.near.secures(one.shown);
    scene.near.says(kFromPeer);
    scene.near.says(one.said);
    const auto heard = scene.near.heard();
    EXPECT_THAT(heard, Not(HasSubstr("valid'")));
    EXPECT_THAT(heard, HasSubstr(std::string(one.reason) + "</reason>"));
  }
}

}  // namespace
}  // namespace portcullis::relay::scene
