#include "tests/scenario/bridge/error_scene.h"

// Streams that the gate opens itself, to tell the senders of stanzas that these did not arrive: to
// whom, and how they end.
namespace portcullis::relay::scene {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(ErrorStreams, TellTheBackendInTheNameOfThePeer) {
  for (const auto piece : {std::string::npos, std::size_t{1}}) {
    ErrorScene scene(piece);
    scene.tell_backend();
    EXPECT_EQ(scene.network.asked, "[127.0.0.1:15269]");
    scene.network.resolves(kBackendAddress);
    scene.far().connection.open();
    scene.far().hears(kFromPeer);
    scene.far().says(theirs(wire::kStartTlsFeatures));
    scene.far().says(wire::kProceed);
    scene.far().hears(std::string(wire::kStartTls) + "[tls]");
    scene.far().secures(&world().backend);
    scene.far().hears(kFromPeer);
    scene.far().says(theirs(wire::kExternalFeatures));
    scene.far().hears(wire::auth(wire::kAuthPeer));
    scene.far().says(wire::kSuccess);
    scene.far().hears(kFromPeer);
    scene.far().says(theirs(wire::kNoFeatures));
    scene.far().hears(kBounce);
    scene.time.advance(50ms);
    scene.far().hears(wire::kEnd);
    scene.far().says(wire::kEnd);
    scene.far().hears("[close]");
    scene.far().connection.leave();
    scene.time.settle();
    EXPECT_EQ(scene.told(), 1);
    EXPECT_EQ(scene.metric("error_streams_total", "to_backend"), 1);
    EXPECT_EQ(scene.idle, 1);
  }
}

TEST(ErrorStreams, TellAPeerInOurName) {
  ErrorScene scene;
  scene.tell_peer();
  EXPECT_EQ(scene.network.asked, "[peer.example]");
  scene.peer_accepts();
  EXPECT_THAT(scene.far().heard(), HasSubstr(wire::auth(wire::kAuthLegacy)));
  scene.time.advance(50ms);
  scene.far().hears(wire::kEnd);
  scene.says_good_bye();
  EXPECT_EQ(scene.told(), 1);
  EXPECT_EQ(scene.metric("error_streams_total", "from_backend"), 1);
  EXPECT_EQ(scene.metric("tls_handshakes_total", "success"), 1);
}

// ---- Nothing passes

// Whoever hopes to be bridged by an error stream reaches nobody: there is no other end.
TEST(ErrorStreams, EndWhenTheOtherEndSendsStanzas) {
  for (const bool backend : {true, false}) {
    ErrorScene scene;
    if (backend) {
      scene.tell_backend();
      scene.backend_accepts();
    } else {
      scene.tell_peer();
      scene.peer_accepts();
    }
    scene.far().heard();
    scene.far().says(backend ? std::string("<message from='b@legacy.example' to='a@peer.example'/>")
                             : std::string(wire::kMessage));
    EXPECT_THAT(scene.far().heard(), HasSubstr("<stream:error>"));
    EXPECT_TRUE(scene.far().connection.closing());
    EXPECT_EQ(scene.network.ends.size(), 1U);
    EXPECT_EQ(scene.metric("bytes_total"), 0);
  }
}

TEST(ErrorStreams, AnswerNoDialbackAndNoQuestion) {
  for (const std::string_view said :
       {wire::kDialback,
        std::string_view("<db:verify xmlns:db='jabber:server:dialback' id='1' "
                         "from='legacy.example' to='peer.example'>k</db:verify>"),
        wire::kStartTls, std::string_view("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>")}) {
    ErrorScene scene;
    scene.tell_backend();
    scene.backend_accepts();
    scene.far().heard();
    scene.far().says(said);
    const auto heard = scene.far().heard();
    EXPECT_THAT(heard, HasSubstr("<stream:error>")) << said;
    EXPECT_THAT(heard, Not(HasSubstr("type=")));
  }
}

// ---- To whom nothing is told

TEST(ErrorStreams, TellNothingToAPeerThatIsNotTrusted) {
  ErrorScene scene;
  scene.tell_peer();
  scene.network.finds(candidates({"198.51.100.1"}));
  scene.far().connection.open();
  scene.far().says(theirs(wire::kStartTlsFeatures));
  scene.far().says(wire::kProceed);
  scene.far().secures(&world().other);
  const auto heard = scene.far().heard();
  EXPECT_THAT(heard, HasSubstr("name_mismatch"));
  EXPECT_THAT(heard, Not(HasSubstr("<message")));
  scene.far().connection.leave();
  scene.time.settle();
  EXPECT_EQ(scene.untold(), 1);
  EXPECT_THAT(scene.log_text, HasSubstr("event=untold kind=s2s_out from=legacy.example "
                                        "to=peer.example undelivered=1 repeated=1"));
}

TEST(ErrorStreams, TellNothingToAPeerThatIsOnlyObserved) {
  ErrorScene scene(1, world().build("", "[policy]\nmode = \"observe\"\n"));
  scene.tell_peer();
  scene.network.finds(candidates({"198.51.100.1"}));
  scene.far().connection.open();
  scene.far().says(theirs(wire::kStartTlsFeatures));
  scene.far().says(wire::kProceed);
  scene.far().secures(&world().other);
  EXPECT_THAT(scene.far().heard(), Not(HasSubstr("<message")));
  scene.far().connection.leave();
  scene.time.settle();
  EXPECT_EQ(scene.untold(), 1);
}

TEST(ErrorStreams, DoNotCallAPeerWhomThePolicyForbids) {
  ErrorScene scene(1, world().build("", "[federation]\ndeny = [\"peer.example\"]\n"));
  scene.tell_peer();
  EXPECT_EQ(scene.network.asked, "");
  EXPECT_EQ(scene.untold(), 1);
  // Our own backend may read why its stanza did not get there.
  scene.tell_backend();
  EXPECT_EQ(scene.network.asked, "[127.0.0.1:15269]");
}

TEST(ErrorStreams, TellNothingToWhoeverElseAnswersInPlaceOfTheBackend) {
  ErrorScene scene;
  scene.tell_backend();
  scene.network.resolves(kBackendAddress);
  scene.far().connection.open();
  scene.far().says(theirs(wire::kStartTlsFeatures));
  scene.far().says(wire::kProceed);
  scene.far().secures(&world().other);
  EXPECT_THAT(scene.far().heard(), Not(HasSubstr("<message")));
  scene.far().connection.leave();
  scene.time.settle();
  EXPECT_EQ(scene.untold(), 1);
  EXPECT_THAT(scene.log_text, HasSubstr("not_the_backend"));
}

TEST(ErrorStreams, AreNotInTheNameOfADomainOfOurs) {
  ErrorScene scene;
  scene.tell_backend(kBounce, "legacy.example");
  scene.streams.tell(domain("peer.example"), domain("other.example"), Side::kBackend, {kBounce});
  EXPECT_EQ(scene.network.asked, "");
  EXPECT_EQ(scene.untold(), 2);
}

TEST(ErrorStreams, NeedABackendThatTakesExternal) {
  ErrorScene scene;
  scene.tell_backend();
  scene.network.resolves(kBackendAddress);
  scene.far().connection.open();
  scene.far().says(theirs(wire::kNoFeatures));
  EXPECT_THAT(scene.far().heard(), Not(HasSubstr("<message")));
  scene.far().connection.leave();
  scene.time.settle();
  EXPECT_EQ(scene.untold(), 1);
}

// ---- How they end

TEST(ErrorStreams, FailWhenTheBackendIsDeadAndAreNotTriedAgain) {
  ErrorScene scene;
  scene.tell_backend();
  scene.network.resolves(kBackendAddress);
  scene.far().connection.leave("refused");
  scene.time.advance(5s);
  EXPECT_EQ(scene.untold(), 1);
  EXPECT_EQ(scene.network.ends.size(), 1U);
  EXPECT_EQ(scene.idle, 1);
  // For a while nothing is tried for this pair ...
  scene.tell_backend();
  EXPECT_EQ(scene.network.ends.size(), 1U);
  EXPECT_FALSE(scene.network.running());
  EXPECT_EQ(scene.dropped(), 1);
  // ... but for others it is, and for this one later.
  scene.tell_backend(kBounce, "other.example");
  scene.backend_accepts(1);
  scene.time.advance(50ms);
  scene.says_good_bye(1);
  EXPECT_EQ(scene.told(), 1);
  scene.time.advance(ErrorStreams::kPause);
  scene.tell_backend();
  scene.backend_accepts(2);
  scene.time.advance(50ms);
  scene.says_good_bye(2);
  EXPECT_EQ(scene.told(), 2);
}

TEST(ErrorStreams, AreOverInTimeWhenTheOtherEndIsSilent) {
  ErrorScene scene;
  scene.tell_peer();
  scene.time.advance(ErrorStream::kLongest);
  EXPECT_EQ(scene.untold(), 1);
  EXPECT_EQ(scene.idle, 1);
  EXPECT_FALSE(scene.network.running());
}

TEST(ErrorStreams, AreOverInTimeWhenNothingIsAcknowledged) {
  ErrorScene scene;
  scene.tell_peer();
  scene.network.finds(candidates({"198.51.100.1"}));
  far_accepts(scene.far(), &world().peer);
  scene.far().connection.stop_acknowledging();
  scene.far().says(theirs(wire::kNoFeatures));
  scene.time.advance(29s);
  EXPECT_EQ(scene.idle, 0);
  scene.time.advance(1s);
  EXPECT_EQ(scene.idle, 1);
  EXPECT_EQ(scene.untold(), 1);
  EXPECT_EQ(scene.told(), 0);
}

TEST(ErrorStreams, DoNotWaitForAnEndThatKeepsItsHalfOpen) {
  ErrorScene scene;
  scene.tell_backend();
  scene.backend_accepts();
  scene.time.advance(50ms);
  EXPECT_FALSE(scene.far().connection.closing());
  scene.time.advance(ErrorStream::kFarewell);
  EXPECT_TRUE(scene.far().connection.closing());
  scene.far().connection.leave();
  scene.time.settle();
  EXPECT_EQ(scene.told(), 1);
}

TEST(ErrorStreams, SayWhyTheBackendDidNotTakeIt) {
  ErrorScene scene;
  scene.tell_backend();
  scene.backend_accepts();
  scene.far().says(
      "<stream:error><invalid-from xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>");
  scene.says_good_bye();
  EXPECT_EQ(scene.untold(), 1);
  EXPECT_THAT(scene.log_text, HasSubstr("invalid-from"));
}

TEST(ErrorStreams, AreResetAtTheEndOfADrain) {
  ErrorScene scene;
  scene.tell_backend();
  scene.backend_accepts();
  scene.tell_peer();
  scene.streams.abort();
  scene.time.settle();
  EXPECT_TRUE(scene.far().connection.gone());
  EXPECT_FALSE(scene.network.running());
  EXPECT_TRUE(scene.streams.idle());
  EXPECT_EQ(scene.idle, 1);
  EXPECT_EQ(scene.untold(), 2);
}

}  // namespace
}  // namespace portcullis::relay::scene
