#include "tests/scenario/session/stage.h"
#include "tests/scenario/session/wire.h"

// A client's login through both legs.
namespace portcullis::session::stage {
namespace {

using ::testing::HasSubstr;

struct Login {
  Party& client;
  Party& backend;
};

const std::string kToLegacy = client("to='legacy.example' version='1.0'");
const std::string kHello = client(
    "from='a@legacy.example' to='legacy.example' version='1.0' xml:lang='de'", " xmlns:x='urn:x'");
constexpr std::string_view kMechanisms =
    "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism>"
    "</mechanisms>";
constexpr std::string_view kSasl2 =
    "<authentication xmlns='urn:xmpp:sasl:2'><mechanism>PLAIN</mechanism></authentication>";
constexpr std::string_view kBind = "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>";

std::string features(std::string_view content) {
  return "<stream:features>" + std::string(content) + "</stream:features>";
}
// As a client sees them before it is logged in, and then.
std::string at_login(std::string_view content) {
  return features(std::string(content) + std::string(kLoginLimits));
}
std::string logged_in(std::string_view content) {
  return features(std::string(content) + std::string(kLimits));
}
// As a backend offers them, with what ends at this gate.
std::string backend_features(std::string_view content) {
  return features(std::string(kStartTls) +
                  "<compression xmlns='http://jabber.org/features/compress'><method>zlib</method>"
                  "</compression>" +
                  std::string(content));
}

Party& securing_client(Stage& stage) {
  auto& party = stage.receiving(StreamKind::kC2s, Side::kWan);
  party.connects();
  party.says(kToLegacy);
  party.says(kStartTls);
  party.hears("[10s]" + client("from='legacy.example' id='id1' version='1.0'") +
              std::string(kStartTlsFeatures) + std::string(kProceed) + "[tls legacy.example]");
  party.secures();
  return party;
}

// The driver makes the backend leg from what the client leg asks for.
Login open_login(Stage& stage) {
  auto& party = securing_client(stage);
  party.says(kHello);
  party.hears("[30s][open legacy.example -]");
  auto& backend =
      stage.initiating(StreamKind::kC2s, Side::kBackend, TlsEntry::kStartTls,
                       party.wanted ? std::optional(party.wanted->header) : std::nullopt);
  stage.join();
  backend.connects();
  backend.hears("[10s]" + kHello);
  return {party, backend};
}

Login offered(Stage& stage, std::string_view mechanisms) {
  auto [party, backend] = open_login(stage);
  backend.says(client("from='legacy.example' id='b1' version='1.0' xml:lang='en'") +
               backend_features(mechanisms));
  backend.hears("");
  party.hears(client("from='legacy.example' to='a@legacy.example' id='b1' version='1.0' "
                     "xml:lang='en'") +
              at_login(mechanisms));
  return {party, backend};
}

TEST(Client, LogsInBySaslWithARestart) {
  play([](Stage& stage) {
    auto [party, backend] = offered(stage, kMechanisms);
    party.says(auth("AGEAYg==", "PLAIN"));
    backend.hears(auth("AGEAYg==", "PLAIN"));
    backend.says(kSuccess);
    party.hears(kSuccess);
    party.says(kHello);
    backend.hears("[10s]" + kHello);
    party.hears("");
    backend.says(client("from='legacy.example' id='b2' version='1.0'", " xmlns:y='urn:y'") +
                 backend_features(kBind));
    backend.hears("[relay]");
    party.hears(client("from='legacy.example' to='a@legacy.example' id='b2' version='1.0'",
                       " xmlns:y='urn:y'") +
                logged_in(kBind) + "[relay]");
    EXPECT_EQ(party.judged() + backend.judged(), 0);
    EXPECT_EQ(party.peer_header()->declared.size(), 1U);
  });
}

TEST(Client, LogsInBySasl2WithoutARestart) {
  play([](Stage& stage) {
    auto [party, backend] = offered(stage, kSasl2);
    const std::string begin =
        "<authenticate xmlns='urn:xmpp:sasl:2' mechanism='PLAIN'><initial-response>AGEAYg=="
        "</initial-response></authenticate>";
    const std::string success =
        "<success xmlns='urn:xmpp:sasl:2'><authorization-identifier>a@legacy.example/x"
        "</authorization-identifier></success>";
    party.says(begin);
    backend.hears(begin);
    backend.says(success);
    party.hears(success);
    // A hasty client does not wait for the features.
    party.says("<presence/>");
    backend.hears("[10s]");
    backend.says(backend_features(kBind));
    party.hears(logged_in(kBind) + "[relay <presence/>]");
    backend.hears("[relay]");
  });
}

// XEP-0478: the smaller limits of the gate and of the backend, before the login and after it.
TEST(Client, IsToldTheLimitsThatHoldThroughTheGate) {
  const auto limits = [](std::string_view bytes, std::string_view idle) {
    return "<limits xmlns='urn:xmpp:stream-limits:0'><max-bytes>" + std::string(bytes) +
           "</max-bytes><idle-seconds>" + std::string(idle) + "</idle-seconds></limits>";
  };
  play([&](Stage& stage) {
    auto [party, backend] = open_login(stage);
    backend.says(client("from='legacy.example' id='b1' version='1.0'") +
                 backend_features(std::string(kMechanisms) + limits("262144", "30")));
    party.hears(client("from='legacy.example' to='a@legacy.example' id='b1' version='1.0'") +
                features(std::string(kMechanisms) + limits("10000", "30")));
    party.says(auth("AGEAYg==", "PLAIN"));
    backend.says(kSuccess);
    party.says(kHello);
    party.forget();
    backend.says(client("from='legacy.example' id='b2' version='1.0'") +
                 backend_features(limits("262144", "86400") + std::string(kBind)));
    party.hears(client("from='legacy.example' to='a@legacy.example' id='b2' version='1.0'") +
                features(std::string(kBind) + limits("262144", "14400")) + "[relay]");
  });
}

TEST(Client, MayTryAgainAfterAFailure) {
  play([](Stage& stage) {
    auto [party, backend] = offered(stage, kMechanisms);
    const std::string failure =
        "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>";
    party.says(auth("AGEAYg==", "PLAIN"));
    backend.says(failure);
    party.hears(failure);
    party.says(auth("AGEAYw==", "PLAIN"));
    backend.hears(auth("AGEAYg==", "PLAIN") + auth("AGEAYw==", "PLAIN"));
    EXPECT_EQ(backend.state(), "logging-in");
  });
}

TEST(Client, MayRegister) {
  play([](Stage& stage) {
    auto [party, backend] = offered(stage, kMechanisms);
    const std::string iq = "<iq type='get' id='1'><query xmlns='jabber:iq:register'/></iq>";
    party.says(iq);
    backend.hears(iq);
  });
}

// ---- What is refused

TEST(Client, IsRefusedForAWrongHost) {
  play([](Stage& stage) {
    auto& party = stage.receiving(StreamKind::kC2s, Side::kWan);
    party.connects();
    party.says(client("to='other.example' version='1.0'"));
    party.hears("[10s]" + client("id='id1' version='1.0'") + error("host-unknown", "host_unknown") +
                ended("host_unknown"));
  });
}

TEST(Client, IsRefusedWithoutAHost) {
  play([](Stage& stage) {
    auto& party = securing_client(stage);
    party.says(client("version='1.0'"));
    party.hears("[30s]" + client("id='id2' version='1.0'") +
                error("improper-addressing", "bad_address") + ended("bad_address"));
  });
}

TEST(Client, IsRefusedWhenItChangesItsHost) {
  play([](Stage& stage) {
    auto& party = securing_client(stage);
    party.says(client("to='rooms.legacy.example' version='1.0'"));
    EXPECT_EQ(party.refused()->reason, policy::Reason::kIdentityChanged);
  });
  play([](Stage& stage) {
    auto [party, backend] = offered(stage, kMechanisms);
    party.says(auth("AGEAYg==", "PLAIN"));
    backend.says(kSuccess);
    party.says(client("to='rooms.legacy.example' version='1.0'"));
    party.hears(std::string(kSuccess) + client("from='legacy.example' id='id2' version='1.0'") +
                error("improper-addressing", "identity_changed") + ended("identity_changed"));
    EXPECT_EQ(backend.state(), "closed");
  });
}

TEST(Client, CannotLogInInTheClear) {
  play([](Stage& stage) {
    auto& party = stage.receiving(StreamKind::kC2s, Side::kWan);
    party.connects();
    party.says(kToLegacy);
    party.says(auth("AGEAYg==", "PLAIN"));
    EXPECT_TRUE(party.everything().ends_with(error("policy-violation", "plaintext_refused") +
                                             ended("plaintext_refused")));
  });
}

TEST(Client, CannotReachBehindTheGateBeforeLogin) {
  const std::tuple<std::string, std::string_view, std::string_view> cases[] = {
      {std::string(kStartTls), "unsupported-stanza-type", "xml_invalid"},
      {"<compress xmlns='http://jabber.org/protocol/compress'/>", "unsupported-stanza-type",
       "xml_invalid"},
      {std::string(kDialback), "not-authorized", "dialback_attempted"},
      {"<message xmlns='jabber:server' to='b@peer.example'/>", "not-authorized",
       "unauthenticated_stanza"},
      {std::string(kSuccess), "unsupported-stanza-type", "xml_invalid"},
  };
  for (const auto& [bytes, condition, reason] : cases) {
    SCOPED_TRACE(bytes);
    const auto last = error(condition, reason) + ended(reason);
    play([&, &b = bytes](Stage& stage) {
      auto [party, backend] = offered(stage, kMechanisms);
      party.says(b);
      party.hears(last);
      EXPECT_EQ(backend.state(), "closed");
      EXPECT_EQ(backend.everything().find("<success"), std::string::npos);
    });
  }
}

TEST(Client, CannotAskForASecondLoginBehindSasl2) {
  play([](Stage& stage) {
    auto [party, backend] = offered(stage, kSasl2);
    backend.says("<success xmlns='urn:xmpp:sasl:2'/>");
    party.says(auth("AGEAYg==", "PLAIN"));
    backend.says(backend_features(kBind));
    EXPECT_EQ(party.state(), "closed");
    EXPECT_EQ(backend.everything().find("<auth"), std::string::npos);
  });
}

TEST(Client, MayNotAnswerForEver) {
  Stage stage([](std::size_t length) { return length; });
  auto [party, backend] = offered(stage, kMechanisms);
  const std::string response = "<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>";
  const std::string challenge = "<challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>";
  for (int i = 0; i < 100; ++i) {
    party.says(response);
    backend.hears(response);
    backend.says(challenge);
    party.hears(challenge);
  }
  EXPECT_FALSE(party.refused());
  party.says(response);
  party.hears(error("resource-constraint", "rate_limited") + ended("rate_limited"));
}

TEST(Client, MayTypeSlowlyAsFarAsTheBackendLegIsConcerned) {
  play([](Stage& stage) {
    auto [party, backend] = offered(stage, kMechanisms);
    backend.tell(DeadlineExpired{});
    backend.hears("");
    party.tell(DeadlineExpired{});
    party.hears(error("connection-timeout", "negotiation_timeout") + ended("negotiation_timeout"));
    EXPECT_EQ(backend.state(), "closed");
  });
}

TEST(Client, IsToldThatTheServiceIsAwayAndTheLogWhy) {
  play([](Stage& stage) {
    auto [party, backend] = open_login(stage);
    backend.says(client("id='b1' version='1.0'") +
                 features("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/>"
                          "</starttls>"));
    backend.hears(error("internal-server-error", "backend_misconfigured") +
                  ended("backend_misconfigured"));
    EXPECT_THAT(backend.refused()->text, HasSubstr("c2s_require_encryption"));
    EXPECT_THAT(party.refused()->text, HasSubstr("starttls_required"));
    party.hears(client("from='legacy.example' to='a@legacy.example' id='id2' version='1.0'") +
                error("internal-server-error", "backend_misconfigured") +
                ended("backend_misconfigured"));
    EXPECT_THAT(party.text(), Not(HasSubstr("c2s_require_encryption")));
  });
}

TEST(Client, DoesNotSeeWhatABackendMayNotSayDuringLogin) {
  play([](Stage& stage) {
    auto [party, backend] = offered(stage, kMechanisms);
    backend.says("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
    EXPECT_EQ(backend.refused()->reason, policy::Reason::kBackendMisconfigured);
    EXPECT_EQ(party.everything().find("<proceed", party.everything().find("[open")),
              std::string::npos);
  });
}

}  // namespace
}  // namespace portcullis::session::stage
