#include "tests/scenario/bridge/streams.h"

// Clients that do not wait: for our features before they log in, for <success/> before they begin
// their session, or for the features of that (XEP-0305, XEP-0388). Prosody and ejabberd serve them.
namespace portcullis::relay::scene {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const std::string kAuth = wire::auth("AGEAYg==", "PLAIN");
const std::string kAuthenticate =
    "<authenticate xmlns='urn:xmpp:sasl:2' mechanism='PLAIN'><initial-response>AGEAYg=="
    "</initial-response><user-agent id='d4565fa7-4d72-4749-b3d3-740edbf87770'><software>C"
    "</software></user-agent><bind xmlns='urn:xmpp:bind:0'><tag>C</tag><enable "
    "xmlns='urn:xmpp:sm:3'/></bind></authenticate>";
const std::string kAskBind =
    "<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>";
const std::string kPing = "<iq type='get' id='p'><ping xmlns='urn:xmpp:ping'/></iq>";
const std::string kSasl2 =
    "<stream:features><authentication xmlns='urn:xmpp:sasl:2'><mechanism>PLAIN</mechanism>"
    "</authentication></stream:features>";
constexpr std::string_view kSuccess2 = "<success xmlns='urn:xmpp:sasl:2'/>";

std::string stanzas() {
  std::string all = kAskBind;
  for (int i = 0; i < 19; ++i)
    all += "<message to='b@legacy.example' id='" + std::to_string(i) + "'/>";
  return all;
}

struct ClientScene : Scene {
  explicit ClientScene(std::size_t piece)
      : Scene(piece, StreamKind::kC2s, world().plain, TlsEntry::kDirectTls) {
    near.secures(nullptr);
  }
  // The backend is found, and its stream is open.
  void backend_answers(std::chrono::milliseconds later = 0ms) {
    time.advance(later);
    network.resolves(std::vector<net::SocketAddress>{address("127.0.0.1", 15222)});
    far().connection.open();
    far().hears(kClient);
  }
  void expect_established() {
    EXPECT_TRUE(established()) << log_text << near.heard();
    near.says(wire::kEnd);
  }
};

template <class Scenario>
void however_slow(Scenario scenario) {
  for (const auto slow : {0ms, 100ms, 2'000ms})
    play([&](std::size_t piece) {
      ClientScene scene(piece);
      scenario(scene, slow);
    });
}

TEST(EarlyClient, LogsInWithItsHeader) {
  however_slow([](ClientScene& scene, std::chrono::milliseconds slow) {
    scene.near.says(kClient + kAuth);
    scene.backend_answers(slow);
    scene.time.advance(slow);
    EXPECT_THAT(scene.near.heard(), Not(HasSubstr("<")));
    scene.far().hears("");
    scene.far().says(kServer + kPlain);
    EXPECT_THAT(scene.near.heard(), AllOf(HasSubstr("PLAIN"), Not(HasSubstr("error"))));
    scene.far().hears(kAuth);
    scene.far().says(wire::kSuccess);
    EXPECT_THAT(scene.near.heard(), HasSubstr(wire::kSuccess));
    scene.near.says(kClient);
    scene.far().says(kServer + kBind);
    scene.expect_established();
  });
}

TEST(EarlyClient, BeginsItsSessionWithItsHeader) {
  however_slow([](ClientScene& scene, std::chrono::milliseconds slow) {
    scene.near.says(kClient);
    scene.backend_answers();
    scene.far().says(kServer + kPlain);
    scene.near.says(kAuth);
    scene.far().hears(kAuth);
    scene.far().says(wire::kSuccess);
    scene.near.heard();
    scene.near.says(kClient + stanzas());
    scene.time.advance(slow);
    EXPECT_THAT(scene.near.heard(), Not(HasSubstr("<")));
    scene.far().hears(kClient);
    scene.far().says(kServer + kBind);
    EXPECT_THAT(scene.near.heard(), AllOf(HasSubstr("xmpp-bind"), Not(HasSubstr("error"))));
    scene.far().hears(stanzas());
    scene.expect_established();
  });
}

// XEP-0305: all that it has to say, in one flight.
TEST(EarlyClient, SaysEverythingAtOnce) {
  however_slow([](ClientScene& scene, std::chrono::milliseconds slow) {
    scene.near.says(kClient + kAuth + kClient + stanzas());
    scene.backend_answers(slow);
    scene.far().says(kServer + kPlain);
    scene.far().hears(kAuth);
    scene.time.advance(slow);
    scene.far().hears("");
    scene.far().says(wire::kSuccess);
    EXPECT_THAT(scene.near.heard(), HasSubstr(wire::kSuccess));
    scene.far().hears(kClient);
    scene.time.advance(slow);
    scene.far().says(kServer + kBind);
    scene.far().hears(stanzas());
    EXPECT_THAT(scene.near.heard(), Not(HasSubstr("error")));
    scene.expect_established();
  });
}

TEST(EarlyClient, MayCutItsFlightAnywhere) {
  const auto flight = kClient + kAuth + kClient + kAskBind + kPing;
  for (std::size_t cut = 1; cut < flight.size() && !::testing::Test::HasFailure(); ++cut) {
    SCOPED_TRACE(cut);
    ClientScene scene(std::string::npos);
    scene.check_account = false;
    scene.near.says(flight.substr(0, cut));
    scene.near.says(flight.substr(cut));
    scene.backend_answers();
    scene.far().says(kServer + kPlain);
    scene.far().says(wire::kSuccess);
    scene.far().says(kServer + kBind);
    scene.far().hears(kAuth + kClient + kAskBind + kPing);
    scene.expect_established();
  }
}

// The same when the pieces come at another time: all before and all behind what the backend says.
TEST(EarlyClient, MayCutItsFlightInTime) {
  const auto flight = kClient + kAuth + kClient + kAskBind + kPing;
  const std::vector<std::string> answers{kServer + kPlain, std::string(wire::kSuccess),
                                         kServer + kBind};
  for (std::size_t step = 1; step < flight.size() && !::testing::Test::HasFailure(); ++step) {
    SCOPED_TRACE(step);
    ClientScene scene(std::string::npos);
    scene.check_account = false;
    std::string heard;
    std::size_t answered = 0;
    bool found = false;
    const auto answer = [&] {
      if (!found && scene.network.running()) {
        found = true;
        return scene.backend_answers();
      }
      heard += found ? scene.far().heard() : "";
      const std::array<std::string, 3> due{"", kAuth, kAuth + kClient};
      if (found && answered < due.size() && heard == due.at(answered))
        scene.far().says(answers.at(answered++));
    };
    for (std::size_t at = 0; at < flight.size(); at += step) {
      scene.near.says(flight.substr(at, step));
      answer();
    }
    for (int i = 0; i < 4; ++i) answer();
    heard += scene.far().heard();
    EXPECT_EQ(heard, kAuth + kClient + kAskBind + kPing);
    scene.expect_established();
  }
}

// ---- SASL2: one element for login and session, in the first flight, and no restart

TEST(EarlyClient, StartsQuicklyBySasl2) {
  however_slow([](ClientScene& scene, std::chrono::milliseconds slow) {
    scene.near.says(kClient + kAuthenticate);
    scene.backend_answers(slow);
    scene.far().says(kServer + kSasl2);
    scene.far().hears(kAuthenticate);
    scene.far().says(std::string(kSuccess2) + kBind);
    EXPECT_THAT(scene.near.heard(), AllOf(HasSubstr(kSuccess2), HasSubstr("xmpp-bind")));
    scene.expect_established();
  });
}

TEST(EarlyClient, SaysItsFirstStanzasBehindSasl2) {
  however_slow([](ClientScene& scene, std::chrono::milliseconds slow) {
    scene.near.says(kClient + kAuthenticate + stanzas());
    scene.backend_answers();
    scene.far().says(kServer + kSasl2);
    scene.far().hears(kAuthenticate);
    scene.time.advance(slow);
    scene.far().says(kSuccess2);
    scene.time.advance(slow);
    scene.far().hears("");
    scene.far().says(kBind);
    scene.far().hears(stanzas());
    EXPECT_THAT(scene.near.heard(), Not(HasSubstr("error")));
    scene.expect_established();
  });
}

// ---- What goes wrong

TEST(EarlyClient, ReadsThatItsPasswordIsWrong) {
  play([](std::size_t piece) {
    ClientScene scene(piece);
    scene.near.says(kClient + kAuth + kClient + kAskBind);
    scene.backend_answers();
    scene.far().says(kServer + kPlain);
    scene.far().hears(kAuth);
    scene.far().says(
        "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>");
    EXPECT_THAT(scene.near.heard(), HasSubstr("<not-authorized/></failure>"));
    EXPECT_TRUE(scene.near.connection.closing()) << "a second header has no place here";
  });
}

TEST(EarlyClient, MayLogInAgainAfterAWrongPassword) {
  play([](std::size_t piece) {
    ClientScene scene(piece);
    scene.near.says(kClient + kAuth);
    scene.backend_answers();
    scene.far().says(kServer + kPlain);
    scene.far().says(
        "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>");
    scene.near.heard();
    scene.far().heard();
    scene.near.says(kAuth);
    scene.far().hears(kAuth);
    scene.far().says(wire::kSuccess);
    scene.near.says(kClient + kAskBind);
    scene.far().says(kServer + kBind);
    scene.far().hears(kClient + kAskBind);
    scene.expect_established();
  });
}

TEST(EarlyClient, ReadsThatTheBackendIsDown) {
  for (const auto slow : {0ms, 100ms, 2'000ms}) {
    ClientScene scene(1);
    scene.near.says(kClient + kAuth);
    scene.time.advance(slow);
    scene.network.resolves(std::vector<net::SocketAddress>{address("127.0.0.1", 15222)});
    scene.far().connection.leave("connection refused");
    EXPECT_THAT(scene.near.heard(), HasSubstr("backend_unavailable</reason>"));
    EXPECT_TRUE(scene.near.connection.closing());
  }
}

// Who has said nothing yet that waits is gone at once, and so is the search for the backend.
TEST(EarlyClient, ThatWaitsAndLeavesIsGoneAtOnce) {
  ClientScene scene(1);
  scene.near.says(kClient);
  scene.near.connection.leave();
  scene.time.settle();
  EXPECT_FALSE(scene.network.running());
  EXPECT_THAT(scene.log_text, HasSubstr("reason=peer_left"));
}

// Prosody and ejabberd do what was said before a connection was closed.
TEST(EarlyClient, MaySayEverythingAndLeave) {
  play([](std::size_t piece) {
    ClientScene scene(piece);
    scene.near.says(kClient + kAuth + kClient + stanzas());
    scene.near.connection.leave();
    scene.backend_answers();
    scene.far().says(kServer + kPlain);
    scene.far().says(wire::kSuccess);
    scene.far().says(kServer + kBind);
    EXPECT_THAT(scene.far().heard(), StartsWith(kAuth + kClient + stanzas()));
    scene.far().connection.leave();
    scene.time.settle();
    EXPECT_THAT(scene.log_text, AllOf(HasSubstr("verdict=accepted"), HasSubstr("end=peer")));
  });
}

// Toward a client the answers go over its own stream, before it reads why that ends.
TEST(EarlyClient, IsAnsweredWhenTheBackendFailsBehindTheLogin) {
  for (const bool sasl2 : {true, false})
    play([sasl2](std::size_t piece) {
      ClientScene scene(piece);
      scene.near.says(kClient + (sasl2 ? kAuthenticate : kAuth + kClient) + stanzas());
      scene.backend_answers();
      scene.far().says(kServer + (sasl2 ? kSasl2 : kPlain));
      scene.far().says(sasl2 ? kSuccess2 : wire::kSuccess);
      scene.near.heard();
      scene.far().heard();
      scene.far().connection.reset();
      scene.time.advance(1ms);
      const auto heard = scene.near.heard();
      EXPECT_THAT(heard, AllOf(HasSubstr("<iq type='error' id='b'>"),
                               HasSubstr("<message type='error' id='0' from='b@legacy.example'>"),
                               HasSubstr("<message type='error' id='18' from='b@legacy.example'>"),
                               EndsWith("[close]")));
      EXPECT_LT(heard.find("id='18'"), heard.find("<stream:error>"));
      scene.near.connection.leave();
      scene.time.settle();
      EXPECT_EQ(scene.metric("stanzas_undelivered_total", "\"bounced\""), 20);
    });
}

// With stream management it sends them again by itself (XEP-0198).
TEST(EarlyClient, IsNotAnsweredIfItSendsThemAgain) {
  ClientScene scene(1);
  scene.near.says(kClient + kAuthenticate + stanzas());
  scene.backend_answers();
  scene.far().says(kServer + kSasl2);
  scene.far().says(
      "<success xmlns='urn:xmpp:sasl:2'><resumed xmlns='urn:xmpp:sm:3' h='1' previd='x'/>"
      "</success>");
  scene.near.heard();
  scene.far().connection.reset();
  scene.time.settle();
  EXPECT_THAT(scene.near.heard(),
              AllOf(Not(HasSubstr("type='error'")), HasSubstr("<stream:error>")));
}

// ---- In the clear it stays an attack (CVE-2011-0411)

TEST(EarlyClient, IsAnAttackerInTheClear) {
  play([](std::size_t piece) {
    Scene scene(piece, StreamKind::kC2s);
    scene.near.says(kClient + std::string(wire::kStartTls) + kClient + kAuth);
    EXPECT_THAT(scene.log_text, HasSubstr("reason=starttls_injection"));
    EXPECT_EQ(scene.network.asked, "");
    EXPECT_THAT(scene.near.heard(), Not(HasSubstr("mechanism")));
  });
}

TEST(EarlyClient, MayNotLogInInTheClear) {
  Scene scene(1, StreamKind::kC2s);
  scene.near.says(kClient + kAuth);
  EXPECT_THAT(scene.log_text, HasSubstr("reason=plaintext_refused"));
  EXPECT_EQ(scene.network.asked, "");
}

}  // namespace
}  // namespace portcullis::relay::scene
