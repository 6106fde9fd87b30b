#include "tests/scenario/session/stage.h"
#include "tests/scenario/session/wire.h"

// A backend that knows only dialback opens a stream to a peer.
namespace portcullis::session::stage {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kDb = " xmlns:db='jabber:server:dialback'";
const std::string kDialbackFeatures =
    "<stream:features><dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback>" +
    std::string(kLimits) + "</stream:features>";
const std::string kTheirs = server("from='legacy.example' to='peer.example' version='1.0'", kDb);
const std::string kOurs =
    server("from='peer.example' to='legacy.example' id='id1' version='1.0'", kDb);
constexpr std::string_view kProve = "[prove legacy.example peer.example id1 theirs]";
constexpr std::string_view kStanza =
    "<message from='a@legacy.example' to='b@peer.example'><body>x</body></message>";

std::string result(std::string_view from = "legacy.example", std::string_view to = "peer.example",
                   std::string_view key = "theirs") {
  return "<db:result from='" + std::string(from) + "' to='" + std::string(to) + "'>" +
         std::string(key) + "</db:result>";
}
std::string verify(std::string_view key, std::string_view id = "asked",
                   std::string_view to = "peer.example") {
  return "<db:verify from='legacy.example' to='" + std::string(to) + "' id='" + std::string(id) +
         "'>" + std::string(key) + "</db:verify>";
}
std::string answer(std::string_view type, std::string_view id = "asked",
                   std::string_view from = "peer.example") {
  return "<db:verify from='" + std::string(from) + "' to='legacy.example' id='" + std::string(id) +
         "' type='" + std::string(type) + "'/>";
}
constexpr std::string_view kValid =
    "<db:result from='peer.example' to='legacy.example' type='valid'/>";

Party& backend(Stage& stage) {
  stage.dialback = true;
  auto& made = stage.receiving(StreamKind::kS2sOutbound, Side::kBackend);
  made.connects();
  return made;
}

void begins(Party& backend) {
  backend.says(kTheirs);
  backend.hears("[10s][30s]" + kOurs + kDialbackFeatures);
}

void proves(Party& backend) {
  begins(backend);
  backend.says(result());
  backend.hears(kProve);
  backend.tell(PeerAccepted{});
  backend.hears(std::string(kValid) + "[14400s]");
}

void speaks(Party& backend) {
  proves(backend);
  backend.says(kStanza);
  backend.hears("[30s][open legacy.example peer.example]");
}

TEST(DialbackOutbound, IsRelayedWhenThePeerHasAnswered) {
  play([](Stage& stage) {
    auto& one = backend(stage);
    speaks(one);
    one.says(kStanza);
    one.tell(FarAuthenticated{});
    one.hears("[far header]");
    one.tell(FarFeatures{});
    one.hears("[relay " + std::string(kStanza) + std::string(kStanza) + "]");
    one.says(verify("ours"));
    one.hears(answer("valid"));
    one.says(kEnd);
    one.hears("[far ended]");
    one.tell(FarEnded{});
    one.hears(std::string(kEnd) + "[close]");
  });
}

// jabberd2 says neither from, to nor version.
TEST(DialbackOutbound, MirrorsAHeaderOlderThanXmpp) {
  play([](Stage& stage) {
    auto& one = backend(stage);
    one.says(
        "<?xml version='1.0'?><stream:stream xmlns='jabber:server' "
        "xmlns:stream='http://etherx.jabber.org/streams'" +
        std::string(kDb) + ">");
    one.hears("[10s][30s]" + server("id='id1'", kDb));
    one.says(result());
    one.hears(kProve);
    one.tell(PeerAccepted{});
    one.says(verify("ours"));
    one.hears(std::string(kValid) + "[14400s]" + answer("valid") + "[14400s]");
    one.says(kStanza);
    one.hears("[30s][open legacy.example peer.example]");
    one.tell(FarAuthenticated{});
    one.tell(FarFeatures{});
    one.hears("[far header][relay " + std::string(kStanza) + "]");
  });
}

// The answers have the very names that the backend wrote; the domains are the same.
TEST(DialbackOutbound, TakesNamesInCapitalLetters) {
  play([](Stage& stage) {
    auto& one = backend(stage);
    begins(one);
    one.says(result("Legacy.EXAMPLE", "PEER.example"));
    one.hears(kProve);
    one.tell(PeerAccepted{});
    one.hears("<db:result from='PEER.example' to='Legacy.EXAMPLE' type='valid'/>[14400s]");
    one.says("<db:verify from='LEGACY.example' to='Peer.Example' id='asked'>ours</db:verify>");
    one.hears(
        "<db:verify from='Peer.Example' to='LEGACY.example' id='asked' type='valid'/>[14400s]");
    one.says(kStanza);
    one.hears("[30s][open legacy.example peer.example]");
    one.tell(FarAuthenticated{});
    one.tell(FarFeatures{});
    one.hears("[far header][relay " + std::string(kStanza) + "]");
  });
}

// ejabberd asks on a connection for that alone. That is no refusal.
TEST(DialbackOutbound, MayOnlyAsk) {
  play([](Stage& stage) {
    auto& one = backend(stage);
    begins(one);
    one.says(verify("ours") + verify("made up") + verify("ours", "another") +
             verify("ours", "asked", "rooms.legacy.example"));
    // Its time begins anew with each question.
    one.hears(answer("valid") + "[30s]" + answer("invalid") + "[30s]" +
              answer("invalid", "another") + "[30s]" +
              answer("invalid", "asked", "rooms.legacy.example") + "[30s]");
    one.says(kEnd);
    one.hears(std::string(kEnd) + "[close]");
  });
}

TEST(DialbackOutbound, IsAnsweredAtAnyTime) {
  play([](Stage& stage) {
    auto& one = backend(stage);
    begins(one);
    one.says(verify("ours") + result() + verify("no") + verify("ours"));
    one.hears(answer("valid") + "[30s]" + std::string(kProve) + answer("invalid") +
              answer("valid"));
    one.tell(PeerAccepted{});
    one.says(verify("ours"));
    one.hears(std::string(kValid) + "[14400s]" + answer("valid") + "[14400s]");
    one.says(std::string(kStanza) + verify("ours") + std::string(kStanza));
    one.hears("[30s][open legacy.example peer.example]" + answer("valid"));
    one.tell(FarFailed{policy::refuse(policy::Reason::kExpired, {{"date", "x"}}), {}});
    one.hears("[refused expired][1s][heard expired]");
    one.says(verify("ours"));
    one.hears(answer("valid"));
    one.tell(DeadlineExpired{});
    one.hears(error("remote-connection-failed", "expired") + "[close expired]");
  });
}

TEST(DialbackOutbound, IsRefusedIfItsPortDoesNotKnowTheKey) {
  play([](Stage& stage) {
    auto& one = backend(stage);
    begins(one);
    one.says(result());
    one.hears(kProve);
    one.tell(PeerRefused{policy::refuse(policy::Reason::kNotTheBackend)});
    one.hears(error("not-authorized", "not_the_backend") + ended("not_the_backend"));
  });
}

TEST(DialbackOutbound, MaySayNoStanzaBeforeItIsProved) {
  for (const bool asked : {false, true})
    play([asked](Stage& stage) {
      auto& one = backend(stage);
      begins(one);
      if (asked) one.says(result());
      if (asked) one.hears(kProve);
      one.says(kStanza);
      one.hears(error("not-authorized", "unauthenticated_stanza") +
                ended("unauthenticated_stanza"));
    });
}

struct Refused {
  std::string said;
  std::string condition;
  std::string reason;
};

TEST(DialbackOutbound, MustSpeakForADomainOfOursToOneThatIsNot) {
  for (const auto& [said, condition, reason] :
       {Refused{result("other.example"), "host-unknown", "host_unknown"},
        Refused{result("legacy.example", "rooms.legacy.example"), "host-unknown", "host_unknown"},
        Refused{result("rooms.legacy.example"), "not-authorized", "backend_misconfigured"},
        Refused{"<db:result from='legacy.example'>k</db:result>", "bad-format",
                "backend_misconfigured"},
        Refused{"<db:verify from='legacy.example' to='peer.example'>k</db:verify>", "bad-format",
                "backend_misconfigured"},
        Refused{"<db:verify id='1' to='peer.example'>k</db:verify>", "bad-format",
                "backend_misconfigured"}})
    play([&, said = said, condition = condition, reason = reason](Stage& stage) {
      auto& one = backend(stage);
      begins(one);
      one.says(said);
      one.hears(error(condition, reason) + ended(reason));
    });
}

// The other pair gets a connection of its own; the stream of the first one is not harmed.
TEST(DialbackOutbound, HasOnePairOfDomains) {
  play([](Stage& stage) {
    auto& one = backend(stage);
    proves(one);
    const std::string refusal =
        "<db:result from='other.example' to='legacy.example' type='error'><error type='cancel'>"
        "<resource-constraint xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></db:result>";
    one.says(result("legacy.example", "other.example"));
    one.hears(refusal);
    one.says(result());  // it was answered
    one.hears("");
    one.says(kStanza);
    one.tell(FarAuthenticated{});
    one.tell(FarFeatures{});
    one.hears("[30s][open legacy.example peer.example][far header][relay " + std::string(kStanza) +
              "]");
    one.says(result("legacy.example", "other.example") + result());
    one.hears(refusal);
    EXPECT_EQ(one.state(), "relaying");
  });
}

// Nobody asked for it (XSF notice of 2012-08-21).
TEST(DialbackOutbound, IsNotToldWhatNobodyAsked) {
  play([](Stage& stage) {
    auto& one = backend(stage);
    begins(one);
    one.says(
        "<db:result from='legacy.example' to='peer.example' type='valid'/>"
        "<db:verify from='legacy.example' to='peer.example' id='asked' type='valid'/>");
    one.hears("");
    EXPECT_EQ(one.state(), "awaiting-dialback");
  });
}

TEST(DialbackOutbound, SaysItsEndBehindItsStanzas) {
  play([](Stage& stage) {
    auto& one = backend(stage);
    speaks(one);
    one.says(kEnd);
    one.tell(FarAuthenticated{});
    one.tell(FarFeatures{});
    one.hears("[far header][relay " + std::string(kStanza) + "][far ended]");
  });
}

// What it said before something that is refused is answered.
TEST(DialbackOutbound, IsAnsweredWhatItSaidBeforeAFault) {
  play([](Stage& stage) {
    auto& one = backend(stage);
    speaks(one);
    one.tell(InputRefused{policy::refuse(policy::Reason::kMemoryShort), {}});
    one.hears("[far failed memory_short][refused memory_short][1s][heard memory_short]");
    one.tell(DeadlineExpired{});
    EXPECT_THAT(one.everything(), HasSubstr("memory_short"));
  });
}

TEST(DialbackOutbound, HasAHeaderForServersAndTheirNames) {
  for (const auto& [header, reason] :
       {std::pair(std::string("<?xml version='1.0'?><stream:stream xmlns='jabber:client' "
                              "xmlns:stream='http://etherx.jabber.org/streams' "
                              "from='legacy.example' to='peer.example' version='1.0'>"),
                  "xml_invalid"),
        std::pair(server("from='legacy.example' to='a..b' version='1.0'", kDb), "bad_address")})
    play([&, header = header, reason = reason](Stage& stage) {
      auto& one = backend(stage);
      one.says(header);
      EXPECT_THAT(one.everything(), HasSubstr(std::string("[close ") + reason));
    });
}

TEST(DialbackOutbound, MayLeaveWithoutAStanza) {
  play([](Stage& stage) {
    auto& one = backend(stage);
    proves(one);
    one.says(kEnd);
    one.hears(std::string(kEnd) + "[close]");
  });
  Stage stage([](std::size_t length) { return length; });
  auto& one = backend(stage);
  proves(one);
  one.tell(DeadlineExpired{});
  EXPECT_THAT(one.everything(), HasSubstr("<connection-timeout "));
}

TEST(DialbackOutbound, HasItsTime) {
  Stage stage([](std::size_t length) { return length; });
  auto& one = backend(stage);
  begins(one);
  one.tell(DeadlineExpired{});
  one.hears(error("remote-connection-failed", "backend_unavailable") +
            ended("backend_unavailable"));
}

// One of the hosts has certificates.
TEST(DialbackOutbound, IsOnlyForHostsThatDoIt) {
  play([](Stage& stage) {
    auto& one = backend(stage);
    one.says(server("from='rooms.legacy.example' to='peer.example' version='1.0'"));
    one.hears("[10s]" +
              server("from='peer.example' to='rooms.legacy.example' id='id1' version='1.0'") +
              std::string(kStartTlsFeatures));
  });
}

}  // namespace
}  // namespace portcullis::session::stage
