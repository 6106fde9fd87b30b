#include "tests/scenario/bridge/streams.h"

// A backend that knows only dialback opens a stream: first its own port is asked about its key,
// then the peer is called.
namespace portcullis::relay::scene {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kDb = " xmlns:db='jabber:server:dialback'";
constexpr std::string_view kHello =
    "<message from='b@legacy.example' to='a@peer.example'><body>x</body></message>";
constexpr std::string_view kResult =
    "<db:result from='legacy.example' to='peer.example'>theirs</db:result>";
constexpr std::string_view kValid =
    "<db:result from='peer.example' to='legacy.example' type='valid'/>";
const std::string kTheirs =
    wire::server("from='legacy.example' to='peer.example' version='1.0'", kDb);

const SnapshotPtr& by_dialback() {
  static const SnapshotPtr made = world().build("", "", "s2s_auth = \"dialback\"\n");
  return made;
}

std::string verify(std::string_view key, std::string_view id = "id") {
  return "<db:verify from='legacy.example' to='peer.example' id='" + std::string(id) + "'>" +
         std::string(key) + "</db:verify>";
}

void says_its_key(Scene& scene) {
  scene.near.says(kTheirs);
  EXPECT_THAT(scene.near.heard(), AllOf(HasSubstr("<dialback "), Not(HasSubstr("starttls"))));
  scene.near.says(kResult);
  EXPECT_EQ(scene.network.asked, "[127.0.0.1:15269]");
  scene.network.resolves(kBackendAddress);
}

// What the backend's own port is asked; its id is that of our stream.
std::string asked_id(Scene& scene) {
  scene.far().connection.open();
  scene.far().hears(wire::server("from='peer.example' to='legacy.example' version='1.0'", kDb));
  scene.far().says(theirs(wire::kNoFeatures));
  const auto question = scene.far().heard();
  EXPECT_THAT(question, AllOf(HasSubstr("<db:verify from='peer.example' to='legacy.example' id='"),
                              HasSubstr("'>theirs</db:verify>")));
  const auto begin = question.find("id='") + 4;
  return question.substr(begin, question.find('\'', begin) - begin);
}

std::string answer(std::string_view id, std::string_view type,
                   std::string_view from = "legacy.example") {
  return "<db:verify xmlns:db='jabber:server:dialback' from='" + std::string(from) +
         "' to='peer.example' id='" + std::string(id) + "' type='" + std::string(type) + "'/>";
}

void is_proved(Scene& scene) {
  says_its_key(scene);
  scene.far().says(answer(asked_id(scene), "valid"));
  scene.far().hears(std::string(wire::kEnd) + "[close]");
  scene.far().connection.leave();
  scene.time.settle();
  EXPECT_TRUE(scene.far().connection.destroyed());
  scene.near.hears(kValid);
  scene.network.asked.clear();
}

void relays(Scene& scene) {
  is_proved(scene);
  scene.near.says(kHello);
  EXPECT_EQ(scene.network.asked, "[peer.example]");
  scene.network.finds(candidates({"198.51.100.1"}));
  scene.near.says(kHello);
  far_accepts(scene.far(1), &world().peer);
  scene.far(1).heard();
  scene.far(1).says(theirs(wire::kNoFeatures));
  ASSERT_TRUE(scene.established()) << scene.log_text << scene.near.heard();
  scene.far(1).hears(std::string(kHello) + std::string(kHello));
  scene.near.hears("");
}

TEST(DialbackBackendSends, IsProvedAndThenRelayed) {
  play([](std::size_t piece) {
    Scene scene(piece, kOutbound, by_dialback());
    relays(scene);
    // It asks between its stanzas; nothing of that reaches the peer.
    scene.near.says(std::string(kHello) + verify("k") + std::string(kHello));
    scene.near.hears("<db:verify from='peer.example' to='legacy.example' id='id' type='invalid'/>");
    EXPECT_THAT(scene.far(1).heard(), Not(HasSubstr("verify")));
    EXPECT_THAT(scene.log_text, HasSubstr("from=legacy.example to=peer.example"));
    scene.near.says(wire::kEnd);
  });
}

TEST(DialbackBackendSends, IsToldThatAKeyOfOursIsGood) {
  Scene scene(1, kOutbound, by_dialback());
  const auto& keys = *by_dialback()->dialback().keys(xmpp::DialbackPlace::kBackend);
  const auto key =
      keys.key(*DomainName::parse("legacy.example"), *DomainName::parse("peer.example"), "id");
  relays(scene);
  scene.near.says(verify(key) + verify(key, "other"));
  scene.near.hears(
      "<db:verify from='peer.example' to='legacy.example' id='id' type='valid'/>"
      "<db:verify from='peer.example' to='legacy.example' id='other' type='invalid'/>");
  scene.near.says(wire::kEnd);
}

// A domain of ours is no originating one, whoever made the key.
TEST(DialbackBackendSends, IsToldOfNoKeyBetweenOurOwn) {
  Scene scene(1, kOutbound, by_dialback());
  const auto& keys = *by_dialback()->dialback().keys(xmpp::DialbackPlace::kBackend);
  const auto own = *DomainName::parse("legacy.example");
  scene.near.says(kTheirs);
  scene.near.heard();
  scene.near.says("<db:verify from='legacy.example' to='legacy.example' id='id'>" +
                  keys.key(own, own, "id") + "</db:verify>");
  scene.near.hears("<db:verify from='legacy.example' to='legacy.example' id='id' type='invalid'/>");
  scene.near.says(wire::kEnd);
}

// ejabberd does, each time that a peer has connected. It is no refusal.
TEST(DialbackBackendSends, MayOnlyAsk) {
  play([](std::size_t piece) {
    Scene scene(piece, kOutbound, by_dialback());
    scene.near.says(kTheirs);
    scene.near.heard();
    scene.near.says(verify("k") + std::string(wire::kEnd));
    scene.near.hears(
        "<db:verify from='peer.example' to='legacy.example' id='id' type='invalid'/>"
        "</stream:stream>[close]");
    EXPECT_TRUE(scene.network.asked.empty());
    EXPECT_EQ(scene.metric("streams_rejected_total"), 0);
  });
}

TEST(DialbackBackendSends, IsAnsweredWhenThePeerIsRefused) {
  play([](std::size_t piece) {
    Scene scene(piece, kOutbound, by_dialback());
    is_proved(scene);
    scene.near.says(kHello);
    scene.network.finds(candidates({"198.51.100.1"}));
    scene.near.says(kHello);
    scene.far(1).connection.open();
    scene.far(1).says(theirs(wire::kStartTlsFeatures));
    scene.far(1).says(wire::kProceed);
    scene.far(1).secures(&world().other);
    scene.near.says(kHello);
    scene.near.says(verify("k"));
    scene.near.hears("<db:verify from='peer.example' to='legacy.example' id='id' type='invalid'/>");
    scene.time.advance(1s);
    scene.near.hears(wire::error("remote-connection-failed", "name_mismatch") + "[close]");
    int answers = 0;
    const std::string_view begin =
        "<message type='error' from='a@peer.example' to='b@legacy.example'>";
    for (auto at = scene.notices.said.find(begin); at != std::string::npos;
         at = scene.notices.said.find(begin, at + 1))
      ++answers;
    EXPECT_EQ(answers, 3) << scene.notices.said;
    EXPECT_THAT(scene.notices.said, HasSubstr("The certificate of peer.example is not for"));
    EXPECT_THAT(scene.log_text, HasSubstr("verdict=rejected reason=name_mismatch"));
  });
}

TEST(DialbackBackendSends, IsAnsweredWhenThePeerDoesNotExist) {
  Scene scene(1, kOutbound, by_dialback());
  is_proved(scene);
  scene.near.says(kHello);
  scene.network.finds(net::NoCandidates{policy::Reason::kNoSuchService, "no SRV record"});
  scene.time.advance(1s);
  EXPECT_THAT(scene.near.heard(), HasSubstr("remote-connection-failed"));
  EXPECT_THAT(scene.notices.said, HasSubstr("<message type='error'"));
}

// Its connection breaks while the peer is called: what it has said is delivered all the same.
TEST(DialbackBackendSends, MayLeaveWhileThePeerIsCalled) {
  Scene scene(1, kOutbound, by_dialback());
  is_proved(scene);
  scene.near.says(kHello);
  scene.near.connection.leave();
  scene.network.finds(candidates({"198.51.100.1"}));
  far_accepts(scene.far(1), &world().peer);
  scene.far(1).heard();
  scene.far(1).says(theirs(wire::kNoFeatures));
  EXPECT_THAT(scene.far(1).heard(), HasSubstr(std::string(kHello)));
}

// Not more is kept than a little; then it is not read until the peer has answered.
TEST(DialbackBackendSends, IsNotReadBeyondABound) {
  Scene scene(std::string::npos, kOutbound, by_dialback());
  is_proved(scene);
  const std::string large = "<message from='b@legacy.example' to='a@peer.example'><body>" +
                            std::string(70'000, 'x') + "</body></message>";
  scene.near.says(large);
  scene.near.hears("");
  scene.near.says(kHello);
  scene.near.hears("[pause]");
  scene.network.finds(candidates({"198.51.100.1"}));
  far_accepts(scene.far(1), &world().peer);
  scene.far(1).heard();
  scene.far(1).says(theirs(wire::kNoFeatures));
  scene.far(1).hears(large + std::string(kHello));
  scene.near.hears("[resume]");
  scene.near.says(wire::kEnd);
}

// What it kept saying is answered, too, if it says something that is not allowed.
TEST(DialbackBackendSends, IsAnsweredWhatItSaidBeforeAFault) {
  Scene scene(1, kOutbound, by_dialback());
  is_proved(scene);
  scene.near.says(std::string(kHello) + std::string(kHello) + "<!-- -->");
  scene.time.advance(1s);
  EXPECT_THAT(scene.near.heard(), HasSubstr("xml_restricted"));
  const auto first = scene.notices.said.find("<message type='error'");
  ASSERT_NE(first, std::string::npos);
  EXPECT_NE(scene.notices.said.find("<message type='error'", first + 1), std::string::npos);
}

// Even if only the newest generation forbids it, and whenever that came.
TEST(DialbackBackendSends, NothingToAPeerThatIsForbiddenNow) {
  static const auto forbids =
      world().build("", "[federation]\ndeny = [\"peer.example\"]\n", "s2s_auth = \"dialback\"\n");
  for (const bool calls : {false, true}) {
    Scene scene(1, kOutbound, by_dialback());
    is_proved(scene);
    if (!calls) scene.bridge->rejudge(forbids);
    scene.near.says(kHello);
    EXPECT_EQ(scene.network.asked, calls ? "[peer.example]" : "");
    if (calls) {
      scene.network.finds(candidates({"198.51.100.1"}));
      scene.bridge->rejudge(forbids);
      far_accepts(scene.far(1), &world().peer);
      scene.far(1).heard();
      scene.far(1).says(theirs(wire::kNoFeatures));
      EXPECT_THAT(scene.far(1).heard(), Not(HasSubstr("<message")));
    }
    scene.time.advance(1s);
    EXPECT_TRUE(scene.near.connection.closing()) << calls;
    EXPECT_THAT(scene.notices.said, HasSubstr("<message type='error'")) << calls;
  }
}

// ---- Strangers, and a backend that lies

TEST(DialbackBackendSends, SaysLittleBeforeItIsProved) {
  const std::string large = "<message from='b@legacy.example' to='a@peer.example'><body>" +
                            std::string(40'000, 'x') + "</body></message>";
  Scene scene(std::string::npos, kOutbound, by_dialback());
  scene.near.says(kTheirs);
  scene.near.heard();
  scene.near.says(large);
  EXPECT_THAT(scene.near.heard(), HasSubstr("stanza_too_big"));
}

TEST(DialbackBackendSends, MustReadTheAnswersBeforeItRelays) {
  std::string questions;
  for (int i = 0; i < 200; ++i) questions += verify("k", std::string(1000, 'x'));
  for (const bool proved : {false, true}) {
    Scene scene(std::string::npos, kOutbound, by_dialback());
    if (proved) is_proved(scene);
    if (!proved) scene.near.says(kTheirs);
    scene.near.heard();
    scene.near.connection.stop_reading();
    scene.near.says(questions);
    EXPECT_TRUE(scene.near.connection.closing());
    const auto heard = scene.near.heard();
    EXPECT_THAT(heard, HasSubstr("negotiation_too_long"));
    EXPECT_LT(heard.size(), 80'000U);
  }
}

TEST(DialbackBackendSends, IsNobodyWhoseKeyItsPortDoesNotKnow) {
  play([](std::size_t piece) {
    Scene scene(piece, kOutbound, by_dialback());
    says_its_key(scene);
    scene.far().says(answer(asked_id(scene), "invalid"));
    scene.near.hears(wire::error("not-authorized", "not_the_backend") + "[close]");
    EXPECT_EQ(scene.metric("streams_rejected_total", "not_the_backend"), 1);
    EXPECT_THAT(scene.log_text, HasSubstr("event=backend"));
  });
}

TEST(DialbackBackendSends, MustAnswerWhatItWasAsked) {
  for (int lie = 0; lie < 6; ++lie) {
    Scene scene(1, kOutbound, by_dialback());
    says_its_key(scene);
    const auto id = asked_id(scene);
    scene.far().says(std::array<std::string, 6>{
        answer(id + "0", "valid"), answer(id, "valid", "other.example"),
        "<db:result xmlns:db='jabber:server:dialback' from='legacy.example' to='peer.example' "
        "type='valid'/>",
        "<message from='legacy.example' to='peer.example'/>", std::string(wire::kEnd),
        "<stream:error><host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>"}
                         .at(static_cast<std::size_t>(lie)));
    EXPECT_THAT(scene.near.heard(), HasSubstr("backend_misconfigured")) << lie;
    EXPECT_TRUE(scene.near.connection.closing());
  }
}

TEST(DialbackBackendSends, MustNotDemandTls) {
  Scene scene(1, kOutbound, by_dialback());
  says_its_key(scene);
  scene.far().connection.open();
  scene.far().says(theirs(wire::kStartTlsFeatures));
  EXPECT_THAT(scene.near.heard(), HasSubstr("backend_misconfigured"));
  EXPECT_THAT(scene.log_text, HasSubstr("s2s_use_starttls"));
}

TEST(DialbackBackendSends, MustAnswerInTime) {
  Scene scene(1, kOutbound, by_dialback());
  says_its_key(scene);
  scene.far().connection.open();
  scene.time.advance(5s);
  EXPECT_THAT(scene.near.heard(), HasSubstr("backend_unavailable"));
}

TEST(DialbackBackendSends, MayBeOlderThanXmpp) {
  Scene scene(1, kOutbound, by_dialback());
  says_its_key(scene);
  scene.far().connection.open();
  scene.far().heard();
  scene.far().says(wire::server("id='theirs'"));
  const auto question = scene.far().heard();
  const auto begin = question.find("id='") + 4;
  scene.far().says(answer(question.substr(begin, question.find('\'', begin) - begin), "valid"));
  scene.near.hears(kValid);
  scene.near.says(wire::kEnd);
}

// It asks and asks, and reads no answer.
TEST(DialbackBackendSends, MustReadTheAnswers) {
  Scene scene(std::string::npos, kOutbound, by_dialback());
  relays(scene);
  scene.near.connection.stop_reading();
  for (int i = 0; i < 2000 && !scene.near.connection.closing(); ++i) scene.near.says(verify("k"));
  EXPECT_TRUE(scene.near.connection.closing());
  EXPECT_THAT(scene.near.heard(), HasSubstr("negotiation_too_long"));
}

}  // namespace
}  // namespace portcullis::relay::scene
