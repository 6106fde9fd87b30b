#include "tests/scenario/bridge/error_scene.h"

// Streams that the gate opens itself, to tell the senders of stanzas that these did not arrive.
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

// ---- Their bounds

TEST(ErrorStreams, TakeMoreOfTheSamePairWhileTheyAreUnderWay) {
  ErrorScene scene;
  scene.tell_backend("<iq type='error' id='1'/>");
  scene.tell_backend("<iq type='error' id='2'/>");
  scene.backend_accepts();
  EXPECT_THAT(scene.far().heard(), HasSubstr("<iq type='error' id='1'/><iq type='error' id='2'/>"));
  scene.tell_backend("<iq type='error' id='3'/>");
  scene.far().hears("<iq type='error' id='3'/>");
  scene.time.advance(50ms);
  scene.far().hears(wire::kEnd);
  // From here on it needs another stream.
  scene.tell_backend("<iq type='error' id='4'/>");
  scene.backend_accepts(1);
  EXPECT_THAT(scene.far(1).heard(), HasSubstr("<iq type='error' id='4'/>"));
  scene.time.advance(50ms);
  // There are two now, and a third one there is not.
  scene.tell_backend("<iq type='error' id='5'/>");
  EXPECT_EQ(scene.network.ends.size(), 2U);
  EXPECT_EQ(scene.dropped(), 1);
  scene.says_good_bye(0);
  scene.says_good_bye(1);
  EXPECT_EQ(scene.told(), 2);
}

TEST(ErrorStreams, TellBothEndsAtOnce) {
  ErrorScene scene;
  scene.tell_backend();
  scene.backend_accepts();
  scene.tell_peer();
  scene.network.finds(candidates({"198.51.100.1"}));
  far_accepts(scene.far(1), &world().peer);
  scene.far(1).says(theirs(wire::kNoFeatures));
  EXPECT_THAT(scene.far(0).heard(), HasSubstr(kBounce));
  const auto heard = scene.far(1).heard();
  EXPECT_THAT(heard, HasSubstr(kBounceOut));
  EXPECT_THAT(heard, Not(HasSubstr(kBounce)));
  scene.time.advance(50ms);
  scene.says_good_bye(0);
  scene.says_good_bye(1);
  EXPECT_EQ(scene.told(), 2);
}

TEST(ErrorStreams, SayNoMoreThanSoManyOctets) {
  ErrorScene scene(std::string::npos);
  scene.tell_backend(std::string(ErrorStream::kMostOctets - 10, ' '));
  scene.tell_backend("<iq type='error' id='too much'/>");
  scene.tell_backend("<iq/>");
  scene.backend_accepts();
  const auto heard = scene.far().heard();
  EXPECT_THAT(heard, Not(HasSubstr("too much")));
  EXPECT_THAT(heard, HasSubstr("<iq/>"));
  EXPECT_EQ(scene.dropped(), 1);
  scene.time.advance(50ms);
  scene.says_good_bye();
}

TEST(ErrorStreams, AreOnlySoManyAtOnce) {
  ErrorScene scene;
  const auto tell = [&](std::size_t number) {
    scene.tell_backend(kBounce, "peer" + std::to_string(number) + ".example");
    if (scene.network.running()) scene.network.resolves(kBackendAddress);
  };
  for (std::size_t i = 0; i < ErrorStreams::kMost; ++i) tell(i);
  ASSERT_EQ(scene.network.ends.size(), ErrorStreams::kMost);
  tell(ErrorStreams::kMost);
  EXPECT_EQ(scene.network.ends.size(), ErrorStreams::kMost);
  EXPECT_EQ(scene.dropped(), 1);
  // The other direction has its own.
  scene.tell_peer();
  EXPECT_THAT(scene.network.asked, HasSubstr("[peer.example]"));
  // Who keeps his place for too long loses it.
  scene.time.advance(ErrorStreams::kItsTime);
  tell(ErrorStreams::kMost + 1);
  EXPECT_EQ(scene.network.ends.size(), ErrorStreams::kMost + 1);
  EXPECT_TRUE(scene.far(0).connection.gone());
  EXPECT_FALSE(scene.far(1).connection.gone());
}

// Each fails at once, so that it is not their number at one time that ends it.
TEST(ErrorStreams, BeginOnlySoOften) {
  ErrorScene scene;
  const auto call = [&](std::size_t number) {
    scene.streams.tell(domain("legacy.example"),
                       domain("peer" + std::to_string(number) + ".example"), Side::kWan,
                       {kBounceOut});
    if (!scene.network.running()) return false;
    scene.network.finds(net::NoCandidates{policy::Reason::kNoSuchService, "no SRV record"});
    scene.time.settle();
    return true;
  };
  const auto burst = static_cast<std::size_t>(ErrorStreams::kStarts.burst);
  for (std::size_t i = 0; i < burst; ++i) EXPECT_TRUE(call(i)) << i;
  EXPECT_FALSE(call(burst));
  EXPECT_EQ(scene.dropped(), 1);
  // That toward the backend is not touched by it.
  scene.tell_backend();
  scene.backend_accepts();
  scene.time.advance(1s);
  EXPECT_TRUE(call(burst + 1));
}

TEST(ErrorStreams, TellOneLineAboutManyFailures) {
  ErrorScene scene(1, world().build("", "[federation]\ndeny = [\"peer.example\"]\n"));
  for (int i = 0; i < 5; ++i) scene.tell_peer();
  EXPECT_EQ(scene.untold(), 5);
  const auto first = scene.log_text.find("event=untold");
  ASSERT_NE(first, std::string::npos);
  EXPECT_EQ(scene.log_text.find("event=untold", first + 1), std::string::npos);
  scene.time.advance(10s);
  scene.tell_peer();
  EXPECT_THAT(scene.log_text, HasSubstr("repeated=5"));
}

TEST(ErrorStreams, NeedNoNewCertificateForADomainThatHasOne) {
  ErrorScene scene;
  for (int i = 0; i < 40; ++i) {  // twice what may be made at once
    scene.tell_backend(kBounce, "peer.example");
    ASSERT_TRUE(scene.network.running()) << i;
    scene.backend_accepts(static_cast<std::size_t>(i));
    scene.time.advance(100ms);
    scene.says_good_bye(static_cast<std::size_t>(i));
  }
  EXPECT_EQ(scene.told(), 40);
}

TEST(ErrorStreams, MakeOnlySoManyCertificates) {
  ErrorScene scene;
  const auto burst = static_cast<std::size_t>(ErrorStreams::kMints.burst);
  for (std::size_t i = 0; i < burst + 5; ++i) {
    scene.tell_backend(kBounce, "new" + std::to_string(i) + ".example");
    if (!scene.network.running()) continue;
    scene.backend_accepts(i);
    scene.time.advance(50ms);
    scene.says_good_bye(i);
  }
  EXPECT_GE(scene.told(), static_cast<double>(burst));
  EXPECT_GE(scene.untold(), 2);
  EXPECT_THAT(scene.log_text, HasSubstr("dial_limit"));
}

}  // namespace
}  // namespace portcullis::relay::scene
