#include "tests/scenario/session/regressions.h"
#include "tests/scenario/session/wire.h"

// Known ways to be somebody else, each suite named after its row in docs/regressions.md.
namespace portcullis::session::stage {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string between(std::string_view from, std::string_view to) {
  return server("from='" + std::string(from) + "' to='" + std::string(to) + "' version='1.0'");
}
const std::string kPair = between("peer.example", "legacy.example");

Party& under_tls(Stage& stage, const std::string& in_the_clear = kPair) {
  auto& peer = stage.receiving(StreamKind::kS2sInbound, Side::kWan);
  peer.connects();
  peer.says(in_the_clear);
  peer.says(kStartTls);
  peer.secures();
  return peer;
}
Party& offered_external(Stage& stage) {
  auto& peer = under_tls(stage);
  peer.says(kPair);
  EXPECT_EQ(peer.judged(), 1);
  return peer;
}

// ---- The virtual host, changed over a stream restart

const std::string kOtherPairs[] = {
    between("peer.example", "rooms.legacy.example"),
    between("bank.example", "legacy.example"),
    between("bank.example", "rooms.legacy.example"),
    between("a.peer.example", "legacy.example"),
};

TEST(Regression_CVE_2018_10847, ThePairChangesAfterTls) {
  for (const auto& header : kOtherPairs) {
    SCOPED_TRACE(header);
    play([&](Stage& stage) {
      auto& peer = under_tls(stage);
      peer.says(header);
      EXPECT_EQ(reason_of(peer), "identity_changed");
      EXPECT_EQ(peer.judged(), 0);
    });
  }
}

TEST(Regression_CVE_2018_10847, ThePairChangesAfterSasl) {
  for (const auto& header : kOtherPairs) {
    SCOPED_TRACE(header);
    play([&](Stage& stage) {
      auto& peer = offered_external(stage);
      peer.says(auth(""));
      peer.tell(FarAuthenticated{});
      peer.says(header);
      EXPECT_EQ(reason_of(peer), "identity_changed");
      EXPECT_EQ(peer.judged(), 1);
      EXPECT_THAT(peer.everything(), Not(HasSubstr("[far header]")));
      EXPECT_EQ(peer.state(), "closed");
    });
  }
}

TEST(Regression_CVE_2018_10847, TheBackendChangesItsPairAfterSasl) {
  for (const auto& header : {between("rooms.legacy.example", "peer.example"),
                             between("legacy.example", "bank.example")}) {
    play([&](Stage& stage) {
      auto& backend = stage.receiving(StreamKind::kS2sOutbound, Side::kBackend);
      const auto theirs = between("legacy.example", "peer.example");
      backend.connects();
      backend.says(theirs);
      backend.says(kStartTls);
      backend.secures();
      backend.says(theirs);
      backend.says(auth(kAuthLegacy));
      backend.tell(FarAuthenticated{});
      backend.says(header);
      EXPECT_EQ(reason_of(backend), "identity_changed");
    });
  }
}

TEST(Regression_CVE_2018_10847, AClientChangesItsHostAfterTlsAndAfterSasl) {
  const auto header = [](std::string_view to) {
    return client("to='" + std::string(to) + "' version='1.0'");
  };
  play([&](Stage& stage) {
    auto& one = stage.receiving(StreamKind::kC2s, Side::kWan);
    one.connects();
    one.says(header("legacy.example"));
    one.says(kStartTls);
    one.secures();
    one.says(header("rooms.legacy.example"));
    EXPECT_EQ(reason_of(one), "identity_changed");
    EXPECT_FALSE(one.wanted);
  });
  play([&](Stage& stage) {
    auto& one = stage.receiving(StreamKind::kC2s, Side::kWan, TlsEntry::kDirectTls);
    auto& backend = stage.initiating(StreamKind::kC2s, Side::kBackend);
    stage.join();
    one.connects();
    one.secures();
    one.says(header("legacy.example"));
    backend.connects();
    backend.says(client("version='1.0'") + std::string(kNoFeatures));
    backend.says(kSuccess);
    one.says(header("rooms.legacy.example"));
    EXPECT_EQ(reason_of(one), "identity_changed");
    EXPECT_EQ(backend.state(), "closed");
  });
}

TEST(Regression_CVE_2018_10847, AnotherSpellingOfThePairIsThePair) {
  play([](Stage& stage) {
    auto& peer = under_tls(stage, server("to='legacy.example' version='1.0'"));
    peer.says(between("PEER.example", "Legacy.Example"));
    EXPECT_EQ(peer.judged(), 1);
    peer.says(auth(kAuthPeer));
    peer.tell(FarAuthenticated{});
    peer.says(between("peer.example.", "legacy.example"));
    EXPECT_FALSE(peer.refused());
    EXPECT_THAT(peer.everything(), HasSubstr("[far header]"));
  });
}

// ---- SASL EXTERNAL

TEST(Regression_external, AnAuthzidThatIsNotTheFromOfTheStream) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"YmFuay5leGFtcGxl", "authzid_mismatch"},      // bank.example
      {"YS5wZWVyLmV4YW1wbGU=", "authzid_mismatch"},  // a.peer.example
      {"bGVnYWN5LmV4YW1wbGU=", "authzid_mismatch"},  // legacy.example, served here
      {"YUBwZWVyLmV4YW1wbGU=", "authzid_mismatch"},  // a@peer.example
      {"cGVlci5leGFtcGxlL2E=", "authzid_mismatch"},  // peer.example/a
      {"Ki5leGFtcGxl", "authzid_mismatch"},          // *.example
      {"cGVlci5leGFtcGxlAA==", "authzid_mismatch"},  // with a NUL at its end
      {"AHBlZXIuZXhhbXBsZQ==", "authzid_mismatch"},  // with a NUL in front
      {"IA==", "authzid_mismatch"},                  // a space
      {"cGVlci5leGFtcGxl=", "xml_invalid"},          // base64 gone wrong, in five ways
      {"cGVlci5leGFtcGx", "xml_invalid"},
      {"cGVl ci5leGFtcGxl", "xml_invalid"},
      {"cGVlci5leGFtcGxl====", "xml_invalid"},
      {"%%%%", "xml_invalid"},
  };
  for (const auto& [authzid, reason] : cases) {
    SCOPED_TRACE(authzid);
    play([&a = authzid, &r = reason](Stage& stage) {
      auto& peer = offered_external(stage);
      peer.says(auth(a));
      EXPECT_EQ(reason_of(peer), r);
      EXPECT_FALSE(peer.wanted);
      EXPECT_THAT(peer.everything(), Not(HasSubstr("<success")));
    });
  }
}

TEST(Regression_external, NoAuthzidOrOnesOwn) {
  for (const auto* authzid : {"", "=", "cGVlci5leGFtcGxl", "UEVFUi5FWEFNUExF"}) {  // PEER.EXAMPLE
    play([authzid](Stage& stage) {
      auto& peer = offered_external(stage);
      peer.says(auth(authzid));
      ASSERT_TRUE(peer.wanted);
      EXPECT_EQ(peer.wanted->remote->a_label(), "peer.example");
      EXPECT_FALSE(peer.refused());
    });
  }
}

// The word is offered only to somebody who can use it, and does nothing for the others.
TEST(Regression_external, WithoutACertificate) {
  play([](Stage& stage) {
    auto& peer = under_tls(stage);
    peer.verdict = policy::refuse(policy::Reason::kCertMissing);
    peer.says(kPair + auth(kAuthPeer));
    EXPECT_EQ(reason_of(peer), "cert_missing");
    EXPECT_THAT(peer.everything(), Not(HasSubstr("EXTERNAL")));
    EXPECT_FALSE(peer.wanted);
  });
}

TEST(Regression_external, Twice) {
  for (const auto* second : {kAuthPeer.data(), "YmFuay5leGFtcGxl"}) {
    play([second](Stage& stage) {
      auto& peer = offered_external(stage);
      peer.says(auth(kAuthPeer) + auth(second));
      EXPECT_TRUE(peer.refused());
      EXPECT_THAT(peer.everything(), HasSubstr("[far failed "));
      EXPECT_THAT(peer.everything(), Not(HasSubstr("<success")));
    });
    play([second](Stage& stage) {
      auto& peer = offered_external(stage);
      peer.says(auth(kAuthPeer));
      peer.tell(FarAuthenticated{});
      peer.says(kPair);
      peer.says(auth(second));
      peer.tell(FarFeatures{});
      EXPECT_THAT(peer.everything(), HasSubstr("[far failed xml_invalid]"));
      EXPECT_EQ(peer.state(), "closed");
    });
  }
}

TEST(Regression_external, OtherMechanismsAndOtherElements) {
  for (const auto* mechanism : {"PLAIN", "SCRAM-SHA-1", "DIGEST-MD5", "ANONYMOUS", "external",
                                "EXTERNAL ", " EXTERNAL", ""}) {
    SCOPED_TRACE(mechanism);
    play([mechanism](Stage& stage) {
      auto& peer = offered_external(stage);
      peer.says(auth(kAuthPeer, mechanism));
      EXPECT_TRUE(peer.refused());
      EXPECT_FALSE(peer.wanted);
      EXPECT_THAT(peer.everything(), HasSubstr("<invalid-mechanism/>"));
    });
  }
  const std::string elements[] = {
      "<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>cGVlci5leGFtcGxl</response>",
      "<authenticate xmlns='urn:xmpp:sasl:2' mechanism='EXTERNAL'/>",
      "<auth xmlns='jabber:server' mechanism='EXTERNAL'>cGVlci5leGFtcGxl</auth>",
      std::string(kSuccess)};
  for (const auto& element : elements) {
    SCOPED_TRACE(element);
    play([&](Stage& stage) {
      auto& peer = offered_external(stage);
      peer.says(element);
      EXPECT_TRUE(peer.refused());
      EXPECT_FALSE(peer.wanted);
    });
  }
}

// ---- Bad certificates, in both directions: nothing of value is said once the gate refused.

TEST(Regression_CVE_2014_3451, ARefusedCertificateEndsTheStreamInBothDirections) {
  for (std::size_t i = 0; i < policy::kReasonCount; ++i) {
    const auto reason = policy::reason_at(i);
    SCOPED_TRACE(policy::id(reason));
    play([reason](Stage& stage) {
      auto& peer = under_tls(stage);
      peer.verdict = policy::refuse(reason);
      peer.says(kPair + auth(kAuthPeer) + std::string(kMessage));
      EXPECT_EQ(reason_of(peer), policy::id(reason));
      EXPECT_EQ(peer.state(), "closed");
      EXPECT_FALSE(peer.wanted);
    });
    play([reason](Stage& stage) {
      auto& peer = stage.initiating(StreamKind::kS2sOutbound, Side::kWan);
      peer.verdict = policy::refuse(reason);
      peer.connects();
      peer.says(server("id='r' version='1.0'") + std::string(kStartTlsFeatures));
      peer.says(kProceed);
      peer.secures();
      peer.says(server("id='r' version='1.0'") + std::string(kExternalFeatures));
      EXPECT_EQ(reason_of(peer), policy::id(reason));
      EXPECT_EQ(peer.state(), "closed");
      EXPECT_THAT(peer.everything(), Not(HasSubstr("<auth")));
      EXPECT_THAT(peer.everything(), Not(HasSubstr("[far authenticated]")));
    });
  }
}

}  // namespace
}  // namespace portcullis::session::stage
