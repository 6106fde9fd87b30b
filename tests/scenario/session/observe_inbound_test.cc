#include "tests/scenario/session/stage.h"
#include "tests/scenario/session/wire.h"

// Observe mode toward a peer that connects: everything is noted, nobody is authenticated by us, and
// the backend gets the chance to do what it did before.
namespace portcullis::session::stage {
namespace {

constexpr std::string_view kDb = " xmlns:db='jabber:server:dialback'";
constexpr std::string_view kDialbackFeature =
    "<dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback>";

const std::string kPeerHeader = server("from='peer.example' to='legacy.example' version='1.0'");
const std::string kToBackend = server("from='peer.example' to='legacy.example' version='1.0'", kDb);
const std::string kBackendHeader =
    server("from='legacy.example' to='peer.example' id='b1' version='1.0'", kDb);
const std::string kOurHeader = kBackendHeader;  // with the id of the backend's
const std::string kMayEncrypt =
    "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>" +
    std::string(kDialbackFeature) + std::string(kLimits) + "</stream:features>";
const std::string kOnlyDialback = "<stream:features>" + std::string(kDialbackFeature) +
                                  std::string(kLimits) + "</stream:features>";
// As servers that do dialback say it.
const std::string kPeerWithDialback =
    server("from='peer.example' to='legacy.example' version='1.0'", kDb);
const std::string kRequest = "<db:result from='peer.example' to='legacy.example'>key</db:result>";
const std::string kVerify =
    "<db:verify from='peer.example' to='legacy.example' id='s1'>key</db:verify>";

Party& observed_peer(Stage& stage) {
  stage.stance.observe = true;
  return stage.receiving(StreamKind::kS2sInbound, Side::kWan);
}

FarOpen backend_open() {
  xmpp::StreamHeader header;
  header.content_ns = "jabber:server";
  header.id = "b1";
  return {header, false, false};
}

void begins_in_the_clear(Party& peer) {
  peer.connects();
  peer.says(kPeerHeader);
  peer.hears("[10s][30s][open clear legacy.example peer.example]");
  peer.tell(backend_open());
  peer.hears("[10s]" + kOurHeader + kMayEncrypt);
}

TEST(ObserveInbound, RelaysDialbackOfAPeerWithoutTls) {
  play([](Stage& stage) {
    auto& peer = observed_peer(stage);
    begins_in_the_clear(peer);
    peer.says(kDialback);
    peer.hears("[would refuse plaintext_refused][far ready][relay " + kRequest + "]");
    EXPECT_EQ(peer.state(), "relaying");
    EXPECT_EQ(peer.judged(), 0);
  });
}

TEST(ObserveInbound, LeavesAStanzaInTheClearToTheBackend) {
  play([](Stage& stage) {
    auto& peer = observed_peer(stage);
    begins_in_the_clear(peer);
    peer.says(kMessage);
    peer.hears("[would refuse plaintext_refused][far ready][relay " + std::string(kMessage) + "]");
  });
}

TEST(ObserveInbound, LetsAPeerOlderThanXmpp1Through) {
  play([](Stage& stage) {
    auto& peer = observed_peer(stage);
    peer.connects();
    peer.says(server("from='peer.example' to='legacy.example'"));
    peer.hears(
        "[10s][would refuse unsupported_version][30s][open clear legacy.example peer.example]");
    peer.tell(backend_open());
    peer.hears("[10s]" + server("from='legacy.example' to='peer.example' id='b1'", kDb) +
               "[far ready][relay]");
  });
}

TEST(ObserveInbound, DropsTheFarLegInTheClearWhenThePeerTakesTls) {
  play([](Stage& stage) {
    auto& peer = observed_peer(stage);
    begins_in_the_clear(peer);
    peer.says(kStartTls);
    peer.hears("[drop]" + std::string(kProceed) + "[tls legacy.example]");
    peer.secures();
    peer.observed = true;
    peer.says(kPeerHeader);
    peer.hears(
        "[30s][judge legacy.example peer.example][open anonymous legacy.example peer.example]");
    peer.tell(backend_open());
    peer.hears(kOurHeader + kOnlyDialback + "[far ready][relay]");
  });
}

TEST(ObserveInbound, AuthenticatesAGoodPeerAsEver) {
  play([](Stage& stage) {
    auto& peer = observed_peer(stage);
    begins_in_the_clear(peer);
    peer.says(kStartTls);
    peer.secures();
    peer.says(kPeerHeader);
    peer.forget();
    peer.says(auth(kAuthPeer));
    peer.hears("[open legacy.example peer.example]");
    peer.tell(FarAuthenticated{});
    peer.hears(kSuccess);
  });
}

void good_peer_under_tls(Party& peer) {
  begins_in_the_clear(peer);
  peer.says(kStartTls);
  peer.secures();
  peer.says(kPeerWithDialback);
  peer.forget();
}

// Its certificate says who it is, so that the backend need not call back.
TEST(ObserveInbound, AuthenticatesAGoodPeerThatDoesDialback) {
  play([](Stage& stage) {
    auto& peer = observed_peer(stage);
    good_peer_under_tls(peer);
    peer.says(kRequest);
    peer.hears("[would refuse dialback_attempted][open legacy.example peer.example]");
    peer.tell(FarAuthenticated{});
    peer.hears("<db:result from='legacy.example' to='peer.example' type='valid'/>[far header]");
    peer.tell(FarFeatures{});
    peer.hears("[relay]");
  });
}

TEST(ObserveInbound, RelaysTheVerificationOfOurOwnKeys) {
  play([](Stage& stage) {
    auto& peer = observed_peer(stage);
    good_peer_under_tls(peer);
    peer.says(kVerify);
    peer.hears("[would refuse dialback_attempted][open anonymous legacy.example peer.example]");
    peer.tell(backend_open());
    peer.hears("[far ready][relay " + kVerify + "]");
  });
}

// ---- What observe mode does not let through

TEST(ObserveInbound, RefusesAStanzaOfAGoodPeerThatProvedNothing) {
  play([](Stage& stage) {
    auto& peer = observed_peer(stage);
    good_peer_under_tls(peer);
    peer.says(kMessage);
    peer.hears(error("not-authorized", "unauthenticated_stanza") + ended("unauthenticated_stanza"));
  });
}

TEST(ObserveInbound, RefusesAnotherAuthzid) {
  play([](Stage& stage) {
    auto& peer = observed_peer(stage);
    good_peer_under_tls(peer);
    peer.says(auth(kAuthLegacy));
    EXPECT_EQ(peer.refused()->reason, policy::Reason::kAuthzidMismatch);
    EXPECT_EQ(peer.state(), "closed");
  });
}

TEST(ObserveInbound, RefusesAHostThatIsNotServed) {
  play([](Stage& stage) {
    auto& peer = observed_peer(stage);
    peer.connects();
    peer.says(server("from='peer.example' to='other.example' version='1.0'"));
    EXPECT_EQ(peer.refused()->reason, policy::Reason::kHostUnknown);
  });
}

TEST(ObserveInbound, RefusesPlaintextBehindStartTls) {
  play([](Stage& stage) {
    auto& peer = observed_peer(stage);
    begins_in_the_clear(peer);
    peer.says(kStartTls);
    peer.says(kDialback);
    EXPECT_EQ(peer.refused()->reason, policy::Reason::kStarttlsInjection);
  });
}

TEST(ObserveInbound, RefusesAnotherIdentityUnderTls) {
  play([](Stage& stage) {
    auto& peer = observed_peer(stage);
    begins_in_the_clear(peer);
    peer.says(kStartTls);
    peer.secures();
    peer.says(server("from='other.example' to='legacy.example' version='1.0'"));
    EXPECT_EQ(peer.refused()->reason, policy::Reason::kIdentityChanged);
  });
}

TEST(ObserveInbound, TellsThePeerWhenTheBackendIsDown) {
  play([](Stage& stage) {
    auto& peer = observed_peer(stage);
    peer.connects();
    peer.says(kPeerHeader);
    peer.forget();
    peer.tell(FarFailed{policy::refuse(policy::Reason::kBackendUnavailable), {}});
    peer.hears(server("from='legacy.example' to='peer.example' id='id1' version='1.0'", kDb) +
               error("remote-connection-failed", "backend_unavailable") +
               ended("backend_unavailable"));
  });
}

TEST(ObserveInbound, EnforcesADomainThatIsNotObserved) {
  play([](Stage& stage) {
    auto& peer = observed_peer(stage);
    peer.connects();
    peer.says(server("from='bank.example' to='legacy.example' version='1.0'"));
    peer.says(kMessage);
    EXPECT_EQ(peer.refused()->reason, policy::Reason::kPlaintextRefused);
  });
}

// ---- dialback = "certified"

TEST(CertifiedDialback, AnswersFromTheCertificate) {
  play([](Stage& stage) {
    stage.stance.certified_dialback = true;
    auto& peer = stage.receiving(StreamKind::kS2sInbound, Side::kWan, TlsEntry::kDirectTls);
    peer.connects();
    peer.secures();
    peer.says(kPeerWithDialback);
    peer.forget();
    peer.says(kRequest);
    peer.hears("[open legacy.example peer.example]");
    peer.tell(FarAuthenticated{});
    peer.hears("<db:result from='legacy.example' to='peer.example' type='valid'/>[far header]");
  });
}

TEST(CertifiedDialback, IsForThePairOfTheStreamOnly) {
  play([](Stage& stage) {
    stage.stance.certified_dialback = true;
    auto& peer = stage.receiving(StreamKind::kS2sInbound, Side::kWan, TlsEntry::kDirectTls);
    peer.connects();
    peer.secures();
    peer.says(kPeerWithDialback);
    peer.forget();
    peer.says("<db:result from='other.example' to='legacy.example'>key</db:result>");
    peer.hears(
        "<db:result from='legacy.example' to='other.example' type='error'><error type='cancel'>"
        "<not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></db:result>" +
        error("not-authorized", "dialback_attempted") + ended("dialback_attempted"));
  });
}

TEST(CertifiedDialback, NeverHelpsABadCertificate) {
  play([](Stage& stage) {
    stage.stance.certified_dialback = true;
    auto& peer = stage.receiving(StreamKind::kS2sInbound, Side::kWan, TlsEntry::kDirectTls);
    peer.verdict = policy::refuse(policy::Reason::kSelfSigned);
    peer.connects();
    peer.secures();
    peer.says(kPeerWithDialback);
    EXPECT_EQ(peer.refused()->reason, policy::Reason::kSelfSigned);
  });
}

}  // namespace
}  // namespace portcullis::session::stage
