#include "tests/scenario/session/stage.h"
#include "tests/scenario/session/wire.h"

// Observe mode toward a peer that is called, both legs; and the anonymous legs toward the backend.
namespace portcullis::session::stage {
namespace {

constexpr std::string_view kDb = " xmlns:db='jabber:server:dialback'";
const std::string kDialbackFeatures =
    "<stream:features><dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback>" +
    std::string(kLimits) + "</stream:features>";
const std::string kLegacyHeader = server("from='legacy.example' to='peer.example' version='1.0'");
const std::string kToPeer = server("from='legacy.example' to='peer.example' version='1.0'", kDb);

std::string their(std::string_view id) {
  return server("from='peer.example' to='legacy.example' id='" + std::string(id) +
                "' version='1.0'");
}
std::string our(std::string_view id) {
  return server(
      "from='peer.example' to='legacy.example' id='" + std::string(id) + "' version='1.0'", kDb);
}

struct Bridge {
  Party& backend;
  Party& peer;
};

Bridge called(Stage& stage) {
  stage.stance.observe = true;
  stage.approach = Approach::kObserve;
  auto& backend = stage.receiving(StreamKind::kS2sOutbound, Side::kBackend);
  auto& peer = stage.initiating(StreamKind::kS2sOutbound, Side::kWan);
  stage.join();
  backend.connects();
  backend.says(kLegacyHeader);
  backend.hears("[10s][30s][open observe legacy.example peer.example]");
  peer.connects();
  peer.hears("[10s]" + kToPeer);
  return {backend, peer};
}

void peer_takes_tls(Party& peer) {
  peer.says(their("p1") + std::string(kStartTlsFeatures));
  peer.hears(kStartTls);
  peer.says(kProceed);
  peer.secures();
  peer.hears("[tls][judge legacy.example peer.example]" + kToPeer);
}

void backend_takes_tls(Party& backend) {
  backend.hears("[10s]" + our("id1") + std::string(kStartTlsFeatures));
  backend.says(kStartTls);
  backend.secures();
  backend.says(kLegacyHeader);
}

TEST(ObserveOutbound, RelaysInTheClearWherePeerHasNoTls) {
  play([](Stage& stage) {
    auto [backend, peer] = called(stage);
    peer.says(their("p1") + std::string(kNoFeatures));
    backend.hears("[10s]" + our("p1") + kDialbackFeatures + "[relay]");
    peer.hears("[would refuse starttls_not_offered][relay]");
  });
}

TEST(ObserveOutbound, RelaysToAPeerOlderThanXmpp1) {
  play([](Stage& stage) {
    auto [backend, peer] = called(stage);
    peer.says(server("from='peer.example' id='p1'"));
    backend.hears("[10s]" + our("p1") + kDialbackFeatures + "[relay]");
    peer.hears("[would refuse unsupported_version][relay]");
  });
}

TEST(ObserveOutbound, OffersDialbackWhereTheCertificateIsBad) {
  play([](Stage& stage) {
    auto [backend, peer] = called(stage);
    peer.observed = true;
    peer_takes_tls(peer);
    peer.says(their("p2") + std::string(kExternalFeatures));
    backend_takes_tls(backend);
    backend.hears(std::string(kProceed) + "[tls peer.example][30s]" +
                  "[judge legacy.example peer.example]" + our("p2") + kDialbackFeatures +
                  "[relay]");
    peer.hears("[relay]");
  });
}

TEST(ObserveOutbound, NotesThatExternalIsNotOffered) {
  play([](Stage& stage) {
    auto [backend, peer] = called(stage);
    peer_takes_tls(peer);
    peer.says(their("p2") + kDialbackFeatures);
    peer.hears("[would refuse external_not_offered]");
    backend_takes_tls(backend);
    peer.hears("[relay]");
  });
}

TEST(ObserveOutbound, AuthenticatesToAGoodPeerAsEver) {
  play([](Stage& stage) {
    auto [backend, peer] = called(stage);
    peer_takes_tls(peer);
    peer.says(their("p2") + std::string(kExternalFeatures));
    backend_takes_tls(backend);
    backend.hears(std::string(kProceed) + "[tls peer.example][30s]" +
                  "[judge legacy.example peer.example]" + our("p2") +
                  std::string(kExternalFeatures));
    peer.hears("");
    backend.says(auth(kAuthLegacy));
    peer.hears("[10s]" + auth(kAuthLegacy));
    backend.hears("");
    peer.says(kSuccess);
    backend.hears(kSuccess);
  });
}

// Servers that want a client certificate of another purpose decline and would take dialback.
TEST(ObserveOutbound, GoesOnWithDialbackWhereExternalIsDeclined) {
  play([](Stage& stage) {
    auto [backend, peer] = called(stage);
    peer_takes_tls(peer);
    peer.says(their("p2") + std::string(kExternalFeatures));
    backend_takes_tls(backend);
    backend.says(auth(kAuthLegacy));
    backend.forget();
    peer.forget();
    peer.says("<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>");
    peer.hears("[would refuse refused_by_peer][relay]");
    backend.hears(
        "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>[relay]");
  });
}

TEST(ObserveOutbound, RefusesABackendThatIsNotTheBackend) {
  play([](Stage& stage) {
    auto [backend, peer] = called(stage);
    peer_takes_tls(peer);
    peer.says(their("p2") + std::string(kExternalFeatures));
    backend.verdict = policy::refuse(policy::Reason::kNotTheBackend);
    backend_takes_tls(backend);
    EXPECT_EQ(backend.refused()->reason, policy::Reason::kNotTheBackend);
    EXPECT_EQ(peer.state(), "closed");
  });
}

TEST(ObserveOutbound, RefusesTheBackendInTheClearWhereThePeerHasTls) {
  play([](Stage& stage) {
    auto [backend, peer] = called(stage);
    peer_takes_tls(peer);
    peer.says(their("p2") + std::string(kExternalFeatures));
    backend.says(
        "<db:result xmlns:db='jabber:server:dialback' from='legacy.example' "
        "to='peer.example'>key</db:result>");
    EXPECT_EQ(backend.refused()->reason, policy::Reason::kDialbackAttempted);
    EXPECT_EQ(peer.state(), "closed");
  });
}

TEST(ObserveOutbound, EndsWithThePeer) {
  play([](Stage& stage) {
    auto [backend, peer] = called(stage);
    peer.says(their("p1") +
              "<stream:error><host-unknown xmlns='urn:ietf:params:xml:ns:"
              "xmpp-streams'/></stream:error>");
    EXPECT_EQ(backend.refused()->reason, policy::Reason::kRefusedByPeer);
    EXPECT_EQ(backend.state(), "closed");
  });
}

TEST(ObserveOutbound, RefusesWhatAPeerSaysBeforeItsTurn) {
  play([](Stage& stage) {
    auto [backend, peer] = called(stage);
    peer_takes_tls(peer);
    peer.says(their("p2") + std::string(kExternalFeatures));
    peer.says(kMessage);
    EXPECT_EQ(peer.refused()->reason, policy::Reason::kUnauthenticatedStanza);
    EXPECT_EQ(backend.state(), "closed");
  });
}

// ---- Toward the backend, for an inbound peer that is not authenticated

Party& anonymous(Stage& stage, Approach approach) {
  stage.approach = approach;
  auto& backend = stage.initiating(StreamKind::kS2sInbound, Side::kBackend);
  backend.connects();
  backend.hears("[10s]" + server("from='peer.example' to='legacy.example' version='1.0'", kDb));
  return backend;
}

TEST(AnonymousLeg, TakesTlsWhereThePeerHasIt) {
  play([](Stage& stage) {
    auto& backend = anonymous(stage, Approach::kAnonymousTls);
    backend.says(server("id='b1' version='1.0'") + std::string(kStartTlsFeatures));
    backend.hears(kStartTls);
    backend.says(kProceed);
    backend.secures();
    backend.says(server("id='b2' version='1.0'") + std::string(kExternalFeatures));
    backend.hears("[tls][judge legacy.example peer.example]" +
                  server("from='peer.example' to='legacy.example' version='1.0'", kDb) +
                  "[far open tls b2]");
    backend.tell(FarReady{});
    backend.hears("[relay]");
  });
}

TEST(AnonymousLeg, StaysInTheClearWherePeerDoes) {
  play([](Stage& stage) {
    auto& backend = anonymous(stage, Approach::kAnonymousClear);
    backend.says(server("id='b1' version='1.0'") + std::string(kStartTlsFeatures));
    backend.hears("[far open b1]");
  });
}

TEST(AnonymousLeg, EndsProperlyWhenItIsNoLongerWanted) {
  play([](Stage& stage) {
    auto& backend = anonymous(stage, Approach::kAnonymousClear);
    backend.says(server("id='b1' version='1.0'") + std::string(kNoFeatures));
    backend.forget();
    backend.tell(FarEnded{});
    backend.hears(std::string(kEnd) + ended_both("backend_unavailable"));
  });
}

TEST(AnonymousLeg, ReportsABackendThatIsNotTheBackend) {
  play([](Stage& stage) {
    auto& backend = anonymous(stage, Approach::kAnonymousTls);
    backend.verdict = policy::refuse(policy::Reason::kNotTheBackend);
    backend.says(server("id='b1' version='1.0'") + std::string(kStartTlsFeatures));
    backend.says(kProceed);
    backend.secures();
    EXPECT_EQ(backend.refused()->reason, policy::Reason::kNotTheBackend);
  });
}

}  // namespace
}  // namespace portcullis::session::stage
