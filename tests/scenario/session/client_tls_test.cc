#include "tests/scenario/session/stage.h"
#include "tests/scenario/session/wire.h"

// The leg to the backend's client port with TLS: until the backend has shown its key, it learns
// nothing but which host is wanted.
namespace portcullis::session::stage {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string kHello =
    client("from='juliet@legacy.example' to='legacy.example' version='1.0' xml:lang='de'",
           " xmlns:x='urn:juliet'");
const std::string kBare = client("to='legacy.example' version='1.0'");
const std::string kReply = client("from='legacy.example' id='b1' version='1.0'");
constexpr std::string_view kMechanisms =
    "<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
    "<mechanism>PLAIN</mechanism></mechanisms></stream:features>";

struct Login {
  Party& client;
  Party& backend;
};

// A client under TLS, and our leg to the backend, which is connected.
Login open_login(Stage& stage, TlsEntry entry = TlsEntry::kStartTls) {
  auto& party = stage.receiving(StreamKind::kC2s, Side::kWan, TlsEntry::kDirectTls);
  party.connects();
  party.secures();
  party.says(kHello);
  party.forget();
  stage.client_tls = true;
  auto& backend =
      stage.initiating(StreamKind::kC2s, Side::kBackend, entry,
                       party.wanted ? std::optional(party.wanted->header) : std::nullopt);
  stage.join();
  backend.connects();
  return {party, backend};
}

// As far as <proceed/>.
Login starttls(Stage& stage) {
  auto login = open_login(stage);
  login.backend.hears("[10s]" + kBare);
  login.backend.says(kReply + std::string(kStartTlsFeatures));
  login.backend.hears(kStartTls);
  login.backend.says(kProceed);
  login.backend.hears("[tls]");
  return login;
}

void expect_nothing_of_the_client(const Party& backend) {
  EXPECT_THAT(backend.everything(), Not(HasSubstr("juliet")));
  EXPECT_THAT(backend.everything(), Not(HasSubstr("urn:juliet")));
  EXPECT_THAT(backend.everything(), Not(HasSubstr("xml:lang='de'")));
  EXPECT_THAT(backend.everything(), Not(HasSubstr("AGEAYg==")));
}

TEST(ClientTls, LogsInUnderTlsToTheBackend) {
  play([](Stage& stage) {
    auto [party, backend] = starttls(stage);
    expect_nothing_of_the_client(backend);
    backend.secures();
    EXPECT_EQ(backend.judged(), 1);
    backend.hears("[judge legacy.example -]" + kHello);
    backend.says(kReply + std::string(kMechanisms));
    EXPECT_THAT(party.everything(), HasSubstr("<mechanism>PLAIN</mechanism>"));
    party.says(auth("AGEAYg==", "PLAIN"));
    backend.hears(auth("AGEAYg==", "PLAIN"));
  });
}

TEST(ClientTls, CanBeDirect) {
  play([](Stage& stage) {
    auto [party, backend] = open_login(stage, TlsEntry::kDirectTls);
    backend.hears("[10s][tls]");
    backend.secures();
    backend.hears("[judge legacy.example -]" + kHello);
    backend.says(kReply + std::string(kMechanisms));
    EXPECT_THAT(party.everything(), HasSubstr("<mechanism>PLAIN</mechanism>"));
  });
}

TEST(ClientTls, IsRefusedWhereTheBackendOffersNone) {
  const std::string offers[] = {std::string(kMechanisms), std::string(kNoFeatures),
                                "<stream:features><starttls/></stream:features>"};
  for (const auto& offer : offers) {
    SCOPED_TRACE(offer);
    play([&](Stage& stage) {
      auto [party, backend] = open_login(stage);
      backend.says(kReply + offer);
      ASSERT_TRUE(backend.refused());
      EXPECT_EQ(backend.refused()->reason, policy::Reason::kBackendWithoutTls);
      EXPECT_THAT(backend.refused()->text, HasSubstr("c2s_tls"));
      ASSERT_TRUE(party.refused());
      EXPECT_EQ(party.refused()->reason, policy::Reason::kBackendWithoutTls);
      EXPECT_THAT(party.everything(), Not(HasSubstr("c2s_tls")));
      expect_nothing_of_the_client(backend);
    });
  }
}

TEST(ClientTls, IsRefusedWhereAnotherKeyIsShown) {
  play([](Stage& stage) {
    auto [party, backend] = starttls(stage);
    backend.verdict = policy::refuse(policy::Reason::kNotTheBackend);
    backend.secures();
    ASSERT_TRUE(backend.refused() && party.refused());
    EXPECT_EQ(backend.refused()->reason, policy::Reason::kNotTheBackend);
    EXPECT_EQ(party.refused()->reason, policy::Reason::kNotTheBackend);
    expect_nothing_of_the_client(backend);
  });
}

TEST(ClientTls, IsRefusedWhereTlsDoesNotComeAbout) {
  play([](Stage& stage) {
    auto [party, backend] = open_login(stage);
    backend.says(kReply + std::string(kStartTlsFeatures));
    backend.says(kTlsFailure);
    EXPECT_EQ(backend.refused()->reason, policy::Reason::kBackendMisconfigured);
    expect_nothing_of_the_client(backend);
  });
  play([](Stage& stage) {
    auto [party, backend] = starttls(stage);
    backend.tell(TlsFailed{policy::refuse(policy::Reason::kTlsFailed, {{"detail", "x"}})});
    EXPECT_EQ(backend.refused()->reason, policy::Reason::kBackendMisconfigured);
    expect_nothing_of_the_client(backend);
  });
}

// What stands in the clear behind <proceed/> is not the backend's.
TEST(ClientTls, IsRefusedWhereSomethingIsInjected) {
  play([](Stage& stage) {
    auto [party, backend] = open_login(stage);
    backend.says(kReply + std::string(kStartTlsFeatures));
    backend.says(std::string(kProceed) + std::string(kMechanisms));
    ASSERT_TRUE(backend.refused());
    EXPECT_EQ(backend.refused()->reason, policy::Reason::kBackendMisconfigured);
    EXPECT_THAT(party.everything(), Not(HasSubstr("PLAIN")));
    expect_nothing_of_the_client(backend);
  });
}

// The client's own words are not told to whom we do not know.
TEST(ClientTls, AClientThatLeavesIsNotQuotedToAnUnknownBackend) {
  play([](Stage& stage) {
    auto [party, backend] = open_login(stage);
    party.tell(TransportLost{"juliet is away"});
    EXPECT_EQ(backend.state(), "closed");
    EXPECT_THAT(backend.text(), Not(HasSubstr("juliet")));
    expect_nothing_of_the_client(backend);
  });
}

// In the clear, a backend with required STARTTLS is told apart from one that has none.
TEST(ClientTls, IsNamedAsTheWayOutWhereItIsOff) {
  play([](Stage& stage) {
    auto& party = stage.receiving(StreamKind::kC2s, Side::kWan, TlsEntry::kDirectTls);
    party.connects();
    party.secures();
    party.says(kHello);
    auto& backend = stage.initiating(StreamKind::kC2s, Side::kBackend, TlsEntry::kStartTls,
                                     std::optional(party.wanted->header));
    stage.join();
    backend.connects();
    backend.says(kReply + std::string(kStartTlsFeatures));
    EXPECT_EQ(backend.refused()->reason, policy::Reason::kBackendMisconfigured);
    EXPECT_THAT(backend.refused()->text, HasSubstr("c2s_tls = \"starttls\""));
  });
}

}  // namespace
}  // namespace portcullis::session::stage
