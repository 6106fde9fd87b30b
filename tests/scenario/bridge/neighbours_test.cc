#include "tests/scenario/bridge/neighbours.h"

#include "tests/scenario/bridge/error_scene.h"

// A backend asks for a domain of another host of ours: its stream stays here.
namespace portcullis::relay::scene {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kHello =
    "<message from='a@legacy.example' to='b@second.example'><body>x</body></message>";

TEST(Neighbours, AreConnectedByTheGate) {
  const auto snapshot = two_hosts();
  play([&snapshot](std::size_t piece) {
    Scene scene(piece, kOutbound, snapshot);
    asks_for_second(scene);
    EXPECT_EQ(scene.network.asked, "[127.0.0.1:15270]") << "nothing is looked for elsewhere";
    scene.network.resolves(kSecondAddress);
    EXPECT_EQ(scene.far().connection.peer, kSecondAddress.front());
    far_accepts(scene.far(), &world().other);
    EXPECT_THAT(scene.far().heard(),
                HasSubstr("from='legacy.example' to='second.example' version='1.0'"));
    EXPECT_THAT(scene.near.heard(), HasSubstr("<success"));
    scene.near.says(kToSecond);
    scene.far().says(theirs(wire::kNoFeatures));
    ASSERT_TRUE(scene.established());
    forget(scene);
    scene.near.says(kHello);
    scene.far().hears(kHello);
    EXPECT_THAT(scene.log_text, AllOf(HasSubstr("kind=s2s_out"), HasSubstr("peer=127.0.0.1:15270"),
                                      HasSubstr("from=legacy.example to=second.example"),
                                      HasSubstr("found=local"), HasSubstr("verdict=accepted")));
    EXPECT_EQ(scene.metric("bytes_total", "from_backend"), kHello.size());
    EXPECT_EQ(scene.metric("bytes_total", "to_backend"), 0);
    EXPECT_EQ(scene.metric("dial_attempts_total"), 0) << "that is of other servers";
    scene.near.says(wire::kEnd);
    EXPECT_TRUE(scene.far().was_told_of_the_end());
  });
}

// Whatever holds for other servers does not hold for them.
TEST(Neighbours, AskForNoPolicyOfOtherServers) {
  Scene scene(1, kOutbound,
              two_hosts("[federation]\ndefault = \"deny\"\nlocal_only = [\"legacy.example\"]\n"
                        "[policy]\nmode = \"observe\"\n"
                        "[[s2s.rule]]\nmatch = [\"second.example\"]\nauth = [\"pin\"]\n"
                        "pins = [\"spki-sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"]\n"));
  relay_between(scene);
  EXPECT_THAT(scene.log_text, AllOf(HasSubstr("verdict=accepted"), Not(HasSubstr("rule="))));
  scene.near.says(wire::kEnd);
}

TEST(Neighbours, ObeyADenial) {
  for (const std::string denied : {"second.example", "legacy.example"}) {
    Scene scene(1, kOutbound, two_hosts("[federation]\ndeny = [\"" + denied + "\"]\n"));
    asks_for_second(scene);
    EXPECT_EQ(scene.network.asked, "");
    EXPECT_THAT(scene.near.heard(), HasSubstr("neighbour_denied</reason>"));
    EXPECT_EQ(scene.metric("streams_rejected_total",
                           "fault=\"local\",kind=\"s2s_out\",reason=\"neighbour_denied\""),
              1);
    EXPECT_THAT(scene.log_text, HasSubstr("[federation] deny of this gate names " + denied));
  }
}

TEST(Neighbours, AReloadThatDeniesOneEndsTheStream) {
  Scene scene(1, kOutbound, two_hosts());
  relay_between(scene);
  scene.bridge->rejudge(two_hosts("[federation]\ndeny = [\"second.example\"]\n"));
  EXPECT_TRUE(scene.near.connection.closing());
  EXPECT_TRUE(scene.far().connection.closing());
  EXPECT_THAT(scene.near.heard(),
              AllOf(HasSubstr("<policy-violation "), HasSubstr("neighbour_denied</reason>")));
}

TEST(Neighbours, AReloadThatChangesNothingOfThemChangesNothing) {
  Scene scene(1, kOutbound, two_hosts());
  relay_between(scene);
  scene.bridge->rejudge(two_hosts("[federation]\ndeny = [\"peer.example\"]\n"));
  EXPECT_FALSE(scene.near.connection.closing());
  scene.near.says(wire::kEnd);
}

// The far end is judged again by the keys of its own host, and ends with it.
TEST(Neighbours, AReloadThatTakesTheOtherHostAwayEndsTheStream) {
  Scene scene(1, kOutbound, two_hosts());
  relay_between(scene);
  scene.bridge->rejudge(world().plain);
  EXPECT_TRUE(scene.near.connection.closing());
  EXPECT_THAT(scene.near.heard(), HasSubstr("host_unknown</reason>"));
}

TEST(Neighbours, AReloadThatPutsBothOnOneServerEndsTheStream) {
  Scene scene(1, kOutbound, two_hosts());
  relay_between(scene);
  scene.bridge->rejudge(two_hosts("", "", "localhost:15269"));
  EXPECT_TRUE(scene.near.connection.closing());
}

// ---- Who is somebody else

TEST(Neighbours, NobodySpeaksForTheHostOfAnother) {
  for (const test::Issued* const shown :
       std::initializer_list<const test::Issued*>{&world().backend, &world().peer, nullptr}) {
    Scene scene(1, kOutbound, two_hosts());
    near_authenticates(scene.near,
                       wire::server("from='second.example' to='legacy.example' version='1.0'"),
                       shown, "c2Vjb25kLmV4YW1wbGU=");
    EXPECT_EQ(scene.network.asked, "");
    EXPECT_THAT(scene.near.heard(), HasSubstr("not_the_backend</reason>"));
    EXPECT_THAT(scene.log_text,
                AllOf(HasSubstr("event=backend"), HasSubstr("host=second.example")));
  }
}

TEST(Neighbours, NothingIsSaidToWhoIsNotTheOtherBackend) {
  for (const test::Issued* const shown :
       std::initializer_list<const test::Issued*>{&world().backend, &world().peer}) {
    Scene scene(1, kOutbound, two_hosts());
    asks_for_second(scene);
    scene.network.resolves(kSecondAddress);
    scene.near.heard();
    scene.far().connection.open();
    scene.far().says(theirs(wire::kStartTlsFeatures));
    scene.far().says(wire::kProceed);
    scene.far().secures(shown);
    scene.near.hears(wire::error("remote-connection-failed", "not_the_backend") + "[close]");
    EXPECT_THAT(scene.log_text,
                AllOf(HasSubstr("event=backend kind=s2s_in"), HasSubstr("host=second.example"),
                      HasSubstr("verdict=rejected reason=not_the_backend")));
  }
}

TEST(Neighbours, PassOnlyWhatIsOfTheirOwnDomains) {
  for (const std::string_view stanza :
       {"<message from='a@twin.example' to='b@second.example'><body>x</body></message>",
        "<message from='a@legacy.example' to='b@peer.example'><body>x</body></message>",
        "<message from='a@second.example' to='b@legacy.example'><body>x</body></message>"}) {
    Scene scene(1, kOutbound, two_hosts());
    relay_between(scene);
    forget(scene);
    scene.near.says(stanza);
    EXPECT_TRUE(scene.near.connection.closing()) << stanza;
    EXPECT_THAT(scene.far().heard(), Not(HasSubstr("<message")));
  }
}

TEST(Neighbours, TheOtherOneAnswersOnAStreamOfItsOwn) {
  Scene scene(1, kOutbound, two_hosts());
  relay_between(scene);
  forget(scene);
  scene.far().says("<message from='b@second.example' to='a@legacy.example'/>");
  EXPECT_TRUE(scene.far().connection.closing());
  EXPECT_THAT(scene.near.heard(), Not(HasSubstr("<message")));
}

// From outside nobody is one of them.
TEST(Neighbours, AStrangerIsNotOneOfThem) {
  Scene scene(1, kInbound, two_hosts());
  scene.near.says(wire::server("from='second.example' to='legacy.example' version='1.0'"));
  EXPECT_THAT(scene.near.heard(), HasSubstr("bad_address</reason>"));
  EXPECT_EQ(scene.network.asked, "");
}

// ---- Where it does not work

TEST(Neighbours, OnOneServerAreALoop) {
  Scene scene(1, kOutbound, two_hosts());
  scene.near.says(wire::server("from='legacy.example' to='twin.example' version='1.0'"));
  EXPECT_THAT(scene.near.heard(),
              AllOf(HasSubstr("host_unknown</reason>"), Not(HasSubstr("<starttls"))));
  EXPECT_THAT(scene.log_text, HasSubstr("both are on one server by backend.s2s"));
  EXPECT_EQ(scene.network.asked, "");
}

TEST(Neighbours, AHostAndItselfAreALoop) {
  Scene scene(1, kOutbound, two_hosts());
  scene.near.says(wire::server("from='legacy.example' to='legacy.example' version='1.0'"));
  EXPECT_THAT(scene.near.heard(), HasSubstr("host_unknown</reason>"));
}

TEST(Neighbours, WhoseServerIsNamedIfItDoesNotAnswer) {
  play([](std::size_t piece) {
    Scene scene(piece, kOutbound, two_hosts());
    asks_for_second(scene);
    scene.network.resolves(kSecondAddress);
    scene.near.heard();
    scene.far().connection.refuse({.detail = "connection refused"});
    scene.near.hears(wire::error("remote-connection-failed", "backend_unavailable") + "[close]");
    EXPECT_THAT(scene.log_text,
                AllOf(HasSubstr("event=backend kind=s2s_in"), HasSubstr("host=second.example"),
                      HasSubstr("kind=s2s_out"), HasSubstr("reason=backend_unavailable"),
                      HasSubstr("Toward second.example: Connecting to the backend at "
                                "127.0.0.1:15270 failed")));
    EXPECT_EQ(scene.metric("backend_connections_total", "failure"), 1);
  });
}

TEST(Neighbours, WhoseNameIsUnknownIsTold) {
  Scene scene(1, kOutbound, two_hosts("", "", "second-server.lan:5269"));
  asks_for_second(scene);
  EXPECT_EQ(scene.network.asked, "[second-server.lan:5269]");
  scene.near.heard();
  scene.network.resolves(tl::unexpected(net::EndpointError({"no such name"}, true)));
  scene.near.hears(wire::error("remote-connection-failed", "backend_unavailable") + "[close]");
}

// A server that shows its users no stream errors is answered stanza by stanza.
TEST(Neighbours, OpenfireIsToldStanzaByStanza) {
  Scene scene(1, kOutbound, two_hosts("", "kind = \"openfire\"\n"));
  asks_for_second(scene);
  scene.network.resolves(kSecondAddress);
  scene.near.heard();
  scene.far().connection.refuse({.detail = "connection refused"});
  scene.near.hears(wire::kSuccess);
  scene.near.says(kToSecond + std::string(kHello));
  scene.time.advance(1s);
  EXPECT_THAT(scene.notices.said,
              AllOf(HasSubstr("[second.example legacy.example backend]"),
                    HasSubstr("The XMPP server of second.example is not available"),
                    Not(HasSubstr("15270"))));
}

TEST(Neighbours, OpenfireMayNotSpeakToADeniedOneEither) {
  Scene scene(1, kOutbound,
              two_hosts("[federation]\ndeny = [\"second.example\"]\n", "kind = \"openfire\"\n"));
  asks_for_second(scene);
  EXPECT_EQ(scene.network.asked, "");
  EXPECT_THAT(scene.log_text, HasSubstr("reason=neighbour_denied"));
  scene.near.says(wire::kEnd);
}

TEST(Neighbours, AreToldWhatWasNotDelivered) {
  Scene scene(std::string::npos, kOutbound, two_hosts());
  relay_between(scene);
  scene.far().connection.stop_acknowledging();
  scene.near.says(kHello);
  scene.far().connection.reset();
  scene.time.settle();
  EXPECT_THAT(scene.notices.said, AllOf(HasSubstr("[second.example legacy.example backend]"),
                                        HasSubstr("to='a@legacy.example'")));
}

// ---- Streams that tell errors

const std::string kError =
    "<message type='error' from='b@second.example' to='a@legacy.example'><error type='wait'/>"
    "</message>";

TEST(Neighbours, ErrorsAreToldInTheNameOfTheOtherHost) {
  ErrorScene scene(1, two_hosts());
  scene.tell_backend(kError, "second.example");
  scene.backend_accepts();
  EXPECT_THAT(scene.far().heard(),
              AllOf(HasSubstr("from='second.example' to='legacy.example'"), HasSubstr(kError)));
  scene.says_good_bye();
}

TEST(Neighbours, ErrorsAreToldToNobodyInItsOwnName) {
  ErrorScene scene(1, two_hosts());
  for (const std::string name : {"twin.example", "legacy.example"})
    scene.tell_backend(kError, name);
  EXPECT_TRUE(scene.network.ends.empty());
  EXPECT_EQ(scene.untold(), 2);
}

}  // namespace
}  // namespace portcullis::relay::scene
