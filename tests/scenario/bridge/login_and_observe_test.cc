#include "tests/scenario/bridge/streams.h"

// A client that logs in to the backend, and streams that are only observed.
namespace portcullis::relay::scene {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// ---- c2s

TEST(ClientBridge, LeavesTheLoginToTheBackend) {
  play([](std::size_t piece) {
    Scene scene(piece, StreamKind::kC2s, world().plain, TlsEntry::kDirectTls);
    client_reaches_the_backend(scene);
    scene.near.says(wire::auth("AGEAYg==", "PLAIN"));
    scene.far().hears(wire::auth("AGEAYg==", "PLAIN"));
    scene.far().says(wire::kSuccess);
    scene.near.hears(wire::kSuccess);
    scene.near.says(kClient);
    scene.far().says(kServer + kBind);
    EXPECT_TRUE(scene.established());
    scene.near.heard();
    scene.far().heard();
    scene.near.says("<presence/>");
    scene.far().hears("<presence/>");
    scene.far().says("<presence from='b@legacy.example'/>");
    scene.near.hears("<presence from='b@legacy.example'/>");
    scene.far().says(wire::kEnd);
    scene.near.hears(wire::kEnd);
  });
}

TEST(ClientBridge, RefusesLoginsOfAnAddressFromWhichTooManyHaveFailed) {
  policy::Limits one;
  one.failed_logins_per_address = 1;
  Scene scene(1, StreamKind::kC2s, world().plain, TlsEntry::kDirectTls);
  scene.limits->change(ConnectionLimits::Settings::of(one).value());
  client_reaches_the_backend(scene);
  scene.near.says(wire::auth("AGEAYg==", "PLAIN"));
  scene.far().says("<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>");
  EXPECT_EQ(scene.metric("limit_hits_total", "failed_logins_per_address"), 0);
  scene.near.heard();
  scene.far().heard();
  scene.near.says(wire::auth("AGEAYw==", "PLAIN"));
  EXPECT_THAT(scene.near.heard(), HasSubstr("<temporary-auth-failure/>"));
  scene.far().hears("");
  EXPECT_EQ(scene.metric("limit_hits_total", "failed_logins_per_address"), 1);
  EXPECT_THAT(scene.log_text, HasSubstr("event=limit limit=failed_logins_per_address kind=c2s"));
  scene.near.connection.leave();
}

TEST(ClientBridge, PassesTheRefusalOfThePasswordOn) {
  Scene scene(1, StreamKind::kC2s, world().plain, TlsEntry::kDirectTls);
  client_reaches_the_backend(scene);
  scene.near.says(wire::auth("AGEAYg==", "PLAIN"));
  scene.far().says("<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>");
  EXPECT_THAT(scene.near.heard(), HasSubstr("<not-authorized/></failure>"));
  EXPECT_FALSE(scene.established());
  scene.near.connection.leave();
}

// Somebody has to type while it waits.
TEST(ClientBridge, GivesTheFormOfARegistrationTheTimeOfTheLogin) {
  const auto fills_in_for = [](const SnapshotPtr& snapshot, std::chrono::seconds time) {
    Scene scene(1, StreamKind::kC2s, snapshot, TlsEntry::kDirectTls);
    client_reaches_the_backend(scene);
    const std::string form = "<iq type='get' id='1'><query xmlns='jabber:iq:register'/></iq>";
    scene.near.says(form);
    scene.far().hears(form);
    scene.time.advance(time);
    const bool ended = scene.near.connection.closing();
    EXPECT_EQ(scene.log_text.find("reason=negotiation_timeout") != std::string::npos, ended);
    scene.near.connection.leave();
    return !ended;
  };
  const auto patient = world().build("", "[limits]\nlogin = \"10m\"\n");
  EXPECT_TRUE(fills_in_for(world().plain, 359s));
  EXPECT_FALSE(fills_in_for(world().plain, 361s));
  EXPECT_TRUE(fills_in_for(patient, 599s));
  EXPECT_FALSE(fills_in_for(patient, 601s));
}

// A server that has much to do is slow, and a client that reaches it directly waits.
TEST(ClientBridge, GivesABusyBackendTheTimeOfANegotiation) {
  for (const auto& [slow, logs_in] : {std::pair{29s, true}, std::pair{31s, false}}) {
    Scene scene(1, StreamKind::kC2s, world().plain, TlsEntry::kDirectTls);
    scene.near.secures(nullptr);
    scene.near.says(kClient);
    scene.network.resolves(std::vector<net::SocketAddress>{address("127.0.0.1", 15222)});
    scene.far().connection.open();
    scene.time.advance(slow);
    EXPECT_EQ(scene.near.connection.closing(), !logs_in);
    if (!logs_in) continue;
    scene.far().says(kServer + kPlain);
    EXPECT_THAT(scene.near.heard(), HasSubstr("PLAIN"));
    scene.near.connection.leave();
  }
}

TEST(ClientBridge, SaysThatTheBackendIsDown) {
  Scene scene(1, StreamKind::kC2s, world().plain, TlsEntry::kDirectTls);
  scene.near.secures(nullptr);
  scene.near.says(kClient);
  scene.network.resolves(std::vector<net::SocketAddress>{address("127.0.0.1", 15222)});
  scene.far().connection.leave("connection refused");
  EXPECT_THAT(scene.near.heard(), HasSubstr("backend_unavailable</reason>"));
  EXPECT_TRUE(scene.near.connection.closing());
}

// ---- Observe mode

SnapshotPtr observing() {
  static const SnapshotPtr made =
      world().build("", "[[s2s.rule]]\nmatch = [\"peer.example\"]\nmode = \"observe\"\n");
  return made;
}

constexpr std::string_view kKeyIsGood =
    "<result xmlns='jabber:server:dialback' from='legacy.example' to='peer.example' type='valid'/>";

// The backend is looked at before anything is known of the peer.
void begins_in_the_clear(Scene& scene) {
  scene.near.says(kFromPeer);
  scene.network.resolves(kBackendAddress);
  scene.far().connection.open();
  scene.far().says(theirs(wire::kNoFeatures));
  EXPECT_THAT(scene.near.heard(), HasSubstr("urn:xmpp:features:dialback"));
  scene.far().heard();
}

TEST(ObservedBridge, DropsTheBackendInTheClearWhenThePeerTakesTls) {
  play([](std::size_t piece) {
    Scene scene(piece, StreamKind::kS2sInbound, observing());
    begins_in_the_clear(scene);
    scene.near.says(wire::kStartTls);
    EXPECT_THAT(scene.far(0).heard(), ::testing::EndsWith("[close]"));
    scene.near.secures(&world().peer);
    scene.near.says(kFromPeer);
    scene.near.says(wire::auth(wire::kAuthPeer));
    scene.network.resolves(kBackendAddress);
    // What the dropped leg still does means nothing to the new one.
    scene.far(0).connection.leave();
    scene.time.settle();
    scene.near.heard();
    far_accepts(scene.far(1), &world().backend);
    scene.near.hears(wire::kSuccess);
    scene.near.says(kFromPeer);
    scene.far(1).says(theirs(wire::kNoFeatures));
    EXPECT_TRUE(scene.established());
    EXPECT_THAT(scene.log_text, HasSubstr("verdict=accepted"));
    scene.near.says(wire::kEnd);
  });
}

// XEP-0305: it does not wait for our features, for which we wait ourselves.
TEST(ObservedBridge, LetsAPeerAskForTlsWithItsHeader) {
  play([](std::size_t piece) {
    Scene scene(piece, StreamKind::kS2sInbound, observing());
    scene.near.says(kFromPeer + std::string(wire::kStartTls));
    scene.network.resolves(kBackendAddress);
    scene.far().connection.open();
    scene.far().says(theirs(wire::kNoFeatures));
    scene.near.secures(&world().peer);
    scene.near.says(kFromPeer);
    EXPECT_THAT(scene.near.heard(), HasSubstr("EXTERNAL"));
    scene.near.connection.leave();
  });
}

// However what it says in the clear is cut, and whatever waits of it.
TEST(ObservedBridge, TakesNothingInTheClearBehindThat) {
  const auto flight = kFromPeer + std::string(wire::kStartTls) + kFromPeer;
  for (std::size_t cut = 1; cut < flight.size() && !::testing::Test::HasFailure(); ++cut) {
    SCOPED_TRACE(cut);
    Scene scene(std::string::npos, StreamKind::kS2sInbound, observing());
    scene.check_account = false;
    scene.near.says(flight.substr(0, cut));
    scene.near.says(flight.substr(cut));
    scene.network.resolves(kBackendAddress);
    scene.far().connection.open();
    scene.far().says(theirs(wire::kNoFeatures));
    EXPECT_THAT(scene.log_text, HasSubstr("reason=starttls_injection"));
  }
}

TEST(ObservedBridge, LetsDialbackInTheClearThroughAndSaysWhatItWouldHaveRefused) {
  play([](std::size_t piece) {
    Scene scene(piece, StreamKind::kS2sInbound, observing());
    begins_in_the_clear(scene);
    scene.near.says(wire::kDialback);
    scene.far().hears("<db:result from='peer.example' to='legacy.example'>key</db:result>");
    EXPECT_TRUE(scene.established());
    EXPECT_THAT(scene.log_text, HasSubstr("verdict=would_reject reason=plaintext_refused"));
    scene.near.says(wire::kEnd);
  });
}

TEST(ObservedBridge, CountsStreamsThatClaimADomainToo) {
  policy::Limits one;
  one.streams_per_domain = 1;
  Scene scene(1, StreamKind::kS2sInbound, observing());
  scene.limits->change(ConnectionLimits::Settings::of(one).value());
  const auto other = scene.limits->join(DomainName::parse("peer.example").value(), false);
  scene.near.says(kFromPeer);
  EXPECT_THAT(scene.near.heard(), HasSubstr("too_many_streams</reason>"));
  EXPECT_TRUE(scene.near.connection.closing());
}

TEST(ObservedBridge, AStreamThatProvesItsDomainLeavesThePlaceOfOneThatClaimsIt) {
  policy::Limits one;
  one.streams_per_domain = 1;
  Scene scene(1, StreamKind::kS2sInbound, observing());
  scene.limits->change(ConnectionLimits::Settings::of(one).value());
  const auto peer = DomainName::parse("peer.example").value();
  begins_in_the_clear(scene);
  EXPECT_FALSE(scene.limits->join(peer, false));
  scene.near.says(wire::kStartTls);
  scene.near.secures(&world().peer);
  scene.near.says(kFromPeer);
  scene.near.says(wire::auth(wire::kAuthPeer));
  EXPECT_TRUE(scene.limits->join(peer, false));
  EXPECT_FALSE(scene.limits->join(peer, true));
  scene.near.connection.leave();
}

// No stanza is legal before a key, and by then the stream is a stranger's.
TEST(ObservedBridge, HoldsLittleBeforeTheBackendHasTakenAKey) {
  const std::string big = "<message from='a@peer.example' to='b@legacy.example'><body>" +
                          std::string(20'000, 'x') + "</body></message>";
  play([&](std::size_t piece) {
    for (const bool proved : {false, true}) {
      Scene scene(piece, StreamKind::kS2sInbound, observing());
      begins_in_the_clear(scene);
      scene.near.says(wire::kDialback);
      scene.far().heard();
      if (proved) scene.far().says(kKeyIsGood);
      scene.near.says(big);
      EXPECT_EQ(scene.near.connection.closing(), !proved);
      if (proved)
        scene.far().hears(big);
      else
        EXPECT_THAT(scene.near.heard(), HasSubstr("stanza_too_big</reason>"));
      scene.near.connection.leave();
    }
  });
}

// Only the backend knows the name, and it knows it by server dialback.
TEST(ObservedBridge, EndsBeforeEverybodyElseWhenTooMuchIsHeld) {
  Scene scene(std::string::npos, StreamKind::kS2sInbound, observing());
  begins_in_the_clear(scene);
  scene.near.says(wire::kDialback);
  scene.far().says(kKeyIsGood);
  HeldShare known(scene.held);
  known.trust();
  known.set(900'000);
  scene.held.change(1'000'000);
  scene.near.says("<message from='a@peer.example' to='b@legacy.example'><body>" +
                  std::string(200'000, 'x'));
  scene.bridge->mind_memory();
  EXPECT_THAT(scene.near.heard(), HasSubstr("too_much_held</reason>"));
  EXPECT_TRUE(scene.near.connection.closing());
  EXPECT_FALSE(known.must_end());
}

TEST(ObservedBridge, StillEndsAPeerThatSpeaksForAnother) {
  Scene scene(1, StreamKind::kS2sInbound, observing());
  begins_in_the_clear(scene);
  scene.near.says(wire::kDialback);
  scene.far().heard();
  scene.near.says("<message from='a@bank.example' to='b@legacy.example'/>");
  EXPECT_THAT(scene.far().heard(), Not(HasSubstr("<message")));
  EXPECT_TRUE(scene.near.connection.closing());
}

// XEP-0220 section 2.3: one stream may carry the dialback of other pairs of domains.
TEST(ObservedBridge, CarriesAnotherPairThatIsObservedToo) {
  static const SnapshotPtr both = world().build(
      "", "[[s2s.rule]]\nmatch = [\"peer.example\", \"*.peer.example\"]\nmode = \"observe\"\n");
  play([](std::size_t piece) {
    Scene scene(piece, StreamKind::kS2sInbound, both);
    scene.further_pairs = 1;
    begins_in_the_clear(scene);
    scene.near.says(wire::kDialback);
    scene.far().heard();
    const std::string more =
        "<db:result from='chat.peer.example' to='legacy.example'>key</db:result>";
    scene.near.says(more);
    scene.far().hears(more);
    EXPECT_THAT(scene.log_text, HasSubstr("from=chat.peer.example"));
    scene.near.says("<message from='a@chat.peer.example' to='b@legacy.example'/>");
    scene.far().hears("<message from='a@chat.peer.example' to='b@legacy.example'/>");
    scene.near.says(wire::kEnd);
  });
}

TEST(ObservedBridge, CarriesNoOtherPairThatIsEnforced) {
  Scene scene(1, StreamKind::kS2sInbound, observing());
  begins_in_the_clear(scene);
  scene.near.says(wire::kDialback);
  scene.far().heard();
  scene.near.says("<db:result from='chat.peer.example' to='legacy.example'>key</db:result>");
  EXPECT_THAT(scene.far().heard(), Not(HasSubstr("chat.peer.example")));
  EXPECT_TRUE(scene.near.connection.closing());
}

// ---- Answers of dialback, from a peer that is called

SnapshotPtr observing_all() {
  static const SnapshotPtr made = world().build("", "[policy]\nmode = \"observe\"\n");
  return made;
}

// With the prefix declared on the element itself.
std::string with_db(std::string element) {
  return element.insert(element.find(' '), " xmlns:db='jabber:server:dialback'");
}

// The peer has no TLS, and the backend has asked it about its key.
void asks_in_the_clear(Scene& scene) {
  scene.near.says(kFromLegacy);
  scene.network.finds(candidates({"198.51.100.1"}));
  scene.far().connection.open();
  scene.far().says(theirs(wire::kNoFeatures));
  scene.near.says(with_db("<db:result from='legacy.example' to='peer.example'>key</db:result>"));
  scene.far().heard();
  scene.near.heard();
  EXPECT_TRUE(scene.established());
}

TEST(ObservedBridge, BringsTheAnswerThatWasAskedFor) {
  play([](std::size_t piece) {
    Scene scene(piece, StreamKind::kS2sOutbound, observing_all());
    asks_in_the_clear(scene);
    const std::string answer = "<db:result from='peer.example' to='legacy.example' type='valid'/>";
    scene.far().says(with_db(answer));
    scene.near.hears(with_db(answer));
    scene.near.says(wire::kEnd);
  });
}

TEST(ObservedBridge, BringsNoAnswerThatNobodyAskedFor) {
  for (const auto& [answer, reason] : std::vector<std::pair<std::string, std::string>>{
           {"<db:verify id='1' from='peer.example' to='legacy.example' type='valid'/>",
            "unasked_answer"},
           {"<db:verify id='1' from='bank.example' to='legacy.example' type='valid'/>",
            "address_spoofed"},
           {"<db:result from='bank.example' to='legacy.example' type='valid'/>",
            "address_spoofed"}}) {
    Scene scene(1, StreamKind::kS2sOutbound, observing_all());
    asks_in_the_clear(scene);
    scene.far().says(with_db(answer));
    EXPECT_THAT(scene.near.heard(), Not(HasSubstr("<db:")));
    EXPECT_THAT(scene.far().heard(), HasSubstr(reason));
    EXPECT_THAT(scene.log_text, Not(HasSubstr("bank.example")));
  }
}

}  // namespace
}  // namespace portcullis::relay::scene
