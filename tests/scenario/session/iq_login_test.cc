#include "tests/scenario/session/login_stage.h"

// A client's login of the time before SASL (XEP-0078). An answer to its <iq/> is all that says that
// it is logged in.
namespace portcullis::session::stage {
namespace {

constexpr std::string_view kFeatures =
    "<stream:features><auth xmlns='http://jabber.org/features/iq-auth'/></stream:features>";
constexpr std::string_view kAsks =
    "<iq type='get' id='a1' to='legacy.example'><query xmlns='jabber:iq:auth'><username>bill"
    "</username></query></iq>";
constexpr std::string_view kForm =
    "<iq type='result' id='a1' from='legacy.example'><query xmlns='jabber:iq:auth'><username/>"
    "<password/><resource/></query></iq>";
constexpr std::string_view kLogin =
    "<iq type='set' id='a2'><query xmlns='jabber:iq:auth'><username>bill</username><password>"
    "Calli0pe</password><resource>globe</resource></query></iq>";
constexpr std::string_view kGranted = "<iq type='result' id='a2'/>";
constexpr std::string_view kDenied =
    "<iq type='error' id='a2'><error type='auth'><not-authorized "
    "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>";
constexpr std::string_view kRegisters =
    "<iq type='set' id='a2'><query xmlns='jabber:iq:register'/></iq>";

OfferedLogin offered(Stage& stage) {
  return offer_login(stage, kFeatures);
}

void expect_login(OfferedLogin& login) {
  EXPECT_EQ(login.client.state(), "logging-in");
  EXPECT_EQ(login.backend.state(), "logging-in");
}

TEST(IqLogin, IsALogin) {
  play([](Stage& stage) {
    auto [party, backend] = offered(stage);
    party.says(kAsks);
    backend.hears(std::string(kAsks));
    backend.says(kForm);
    party.hears(std::string(kForm));
    party.says(kLogin);
    backend.hears(std::string(kLogin));
    backend.says(kGranted);
    party.hears(std::string(kGranted) + "[relay]");
    backend.hears("[relay]");
    EXPECT_EQ(party.state(), "relaying");
    EXPECT_EQ(backend.state(), "relaying");
  });
}

TEST(IqLogin, MayBeSaidTogetherWithWhatFollows) {
  play([](Stage& stage) {
    auto [party, backend] = offered(stage);
    party.says(std::string(kLogin) + "<presence/>");
    backend.hears(std::string(kLogin));
    backend.says(kGranted);
    party.hears(std::string(kGranted) + "[relay <presence/>]");
    backend.hears("[relay]");
  });
}

TEST(IqLogin, ThatIsDeniedCanBeTriedAgain) {
  play([](Stage& stage) {
    auto [party, backend] = offered(stage);
    for (int i = 0; i < 2; ++i) {
      party.says(kLogin);
      backend.says(kDenied);
      party.hears(std::string(kDenied));
    }
    EXPECT_EQ(party.state(), "logging-in");
    party.says(auth("AGEAYg==", "PLAIN"));
    backend.says(kSuccess);
    EXPECT_EQ(party.state(), "awaiting-login-header");
  });
}

TEST(IqLogin, IsGrantedByAnEmptyAnswerOfItsOwnOnly) {
  for (const std::string answer : {
           "<iq type='result' id='a1'/>",
           "<iq type='result'/>",
           "<iq type='set' id='a2'/>",
           "<iq id='a2'/>",
           "<message type='result' id='a2'/>",
           "<iq type='result' id='a2'><query xmlns='jabber:iq:auth'/></iq>",
       }) {
    SCOPED_TRACE(answer);
    play([&](Stage& stage) {
      auto login = offered(stage);
      login.client.says(kLogin);
      login.backend.says(answer);
      login.client.hears(answer);
      expect_login(login);
    });
  }
}

// A stranger would not be one any more, if the answer to another request were taken for that to a
// login.
TEST(IqLogin, WaitsUntilAnotherRequestIsAnswered) {
  play([](Stage& stage) {
    auto login = offered(stage);
    auto& [party, backend] = login;
    party.says(std::string(kRegisters) + std::string(kLogin));
    backend.hears(std::string(kRegisters));
    backend.says(kGranted);
    party.hears(std::string(kGranted));
    expect_login(login);
    backend.hears(std::string(kLogin));
    backend.says(kDenied);
    expect_login(login);
  });
}

// Servers answer such a request, too, so that its answer could end the wait for another one.
TEST(IqLogin, WaitsForAnswersToRequestsOfEveryType) {
  constexpr std::string_view kOdd = "<iq type='foo' id='f'/>";
  constexpr std::string_view kOddAnswer = "<iq type='error' id='f'/>";
  play([&](Stage& stage) {
    auto login = offered(stage);
    auto& [party, backend] = login;
    party.says(std::string(kOdd) + std::string(kRegisters) + std::string(kLogin));
    backend.hears(std::string(kOdd));
    backend.says(kOddAnswer);
    backend.hears(std::string(kRegisters));
    backend.says(kOddAnswer);  // again, unasked
    backend.hears("");
    backend.says(kGranted);
    expect_login(login);
    backend.hears(std::string(kLogin));
    backend.says(kGranted);
    EXPECT_EQ(party.state(), "relaying");
    EXPECT_EQ(backend.state(), "relaying");
  });
}

TEST(IqLogin, NeedsAPassword) {
  play([](Stage& stage) {
    auto login = offered(stage);
    auto& [party, backend] = login;
    party.says(kAsks);
    backend.says("<iq type='result' id='a1'/>");
    expect_login(login);
  });
}

// Prosody takes a password from a "get", too.
TEST(IqLogin, MayHaveTheWrongType) {
  play([](Stage& stage) {
    auto [party, backend] = offered(stage);
    party.says(
        "<iq type='get' id='a2'><query xmlns='jabber:iq:auth'><digest>x</digest></query></iq>");
    backend.says(kGranted);
    EXPECT_EQ(party.state(), "relaying");
    EXPECT_EQ(backend.state(), "relaying");
  });
}

}  // namespace
}  // namespace portcullis::session::stage
