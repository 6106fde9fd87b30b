#include "tests/scenario/session/stage.h"
#include "tests/scenario/session/wire.h"

// Both legs of a server-to-server bridge, both other ends scripted.
namespace portcullis::session::stage {
namespace {

using ::testing::HasSubstr;

struct Bridge {
  Party& near;
  Party& far;
};

std::string our(std::string_view id) {
  return server("from='legacy.example' to='peer.example' id='" + std::string(id) +
                "' version='1.0'");
}
const std::string kPeerHeader = server("from='peer.example' to='legacy.example' version='1.0'");
const std::string kLegacyHeader = server("from='legacy.example' to='peer.example' version='1.0'");

// ---- Inbound: peer.example to legacy.example

Bridge inbound(Stage& stage) {
  auto& near = stage.receiving(StreamKind::kS2sInbound, Side::kWan);
  auto& far = stage.initiating(StreamKind::kS2sInbound, Side::kBackend);
  stage.join();
  return {near, far};
}

void peer_authenticates(Party& peer) {
  peer.connects();
  peer.says(kPeerHeader);
  peer.says(kStartTls);
  peer.secures();
  peer.says(kPeerHeader);
  peer.says(auth(kAuthPeer));
  peer.hears("[10s]" + our("id1") + std::string(kStartTlsFeatures) + std::string(kProceed) +
             "[tls legacy.example][30s][judge legacy.example peer.example]" + our("id2") +
             std::string(kExternalFeatures) + "[open legacy.example peer.example]");
}

void backend_takes_tls(Party& backend) {
  backend.connects();
  backend.hears("[10s]" + kPeerHeader);
  backend.says(server("from='legacy.example' to='peer.example' id='b1' version='1.0'") +
               std::string(kStartTlsFeatures));
  backend.hears(kStartTls);
  backend.says(kProceed);
  backend.hears("[tls]");
  backend.secures();
  backend.hears("[judge legacy.example peer.example]" + kPeerHeader);
}

TEST(InboundBridge, CarriesPrefixesAndLanguageFromThePeerToTheBackend) {
  play([](Stage& stage) {
    auto [peer, backend] = inbound(stage);
    peer_authenticates(peer);
    backend_takes_tls(backend);
    backend.says(server("id='b2' version='1.0'") + std::string(kExternalFeatures));
    backend.hears(auth(kAuthPeer));
    peer.hears("");
    backend.says(kSuccess);
    peer.hears(kSuccess);
    peer.says(server("from='peer.example' to='legacy.example' version='1.0' xml:lang='de'",
                     " xmlns:x='urn:x'"));
    backend.hears("[10s]" +
                  server("from='peer.example' to='legacy.example' version='1.0' xml:lang='de'",
                         " xmlns:x='urn:x'"));
    peer.hears("");
    backend.says(server("id='b3' version='1.0'") + std::string(kNoFeatures));
    backend.hears("[relay]");
    peer.hears(our("id3") + std::string(kLimitsFeatures) + "[relay]");
    ASSERT_TRUE(peer.peer_header() && backend.peer_header());
    EXPECT_EQ(peer.peer_header()->lang, "de");
    EXPECT_EQ(backend.peer_header()->id, "b3");
    EXPECT_EQ(peer.judged() + backend.judged(), 2);
  });
}

TEST(InboundBridge, TellsThePeerTheLimitsThatHoldThroughTheGate) {
  play([](Stage& stage) {
    auto [peer, backend] = inbound(stage);
    peer_authenticates(peer);
    backend_takes_tls(backend);
    backend.says(server("id='b2' version='1.0'") + std::string(kExternalFeatures));
    backend.says(kSuccess);
    peer.hears(kSuccess);
    peer.says(kPeerHeader);
    backend.says(server("id='b3' version='1.0'") +
                 "<stream:features><sm xmlns='urn:xmpp:sm:3'/>"
                 "<limits xmlns='urn:xmpp:stream-limits:0'><max-bytes>100000</max-bytes>"
                 "<idle-seconds>86400</idle-seconds></limits></stream:features>");
    peer.hears(our("id3") +
               "<stream:features><limits xmlns='urn:xmpp:stream-limits:0'>"
               "<max-bytes>100000</max-bytes><idle-seconds>14400</idle-seconds></limits>"
               "</stream:features>[relay]");
  });
}

TEST(InboundBridge, TellsThePeerOnlyThatTheBackendCannot) {
  play([](Stage& stage) {
    auto [peer, backend] = inbound(stage);
    peer_authenticates(peer);
    backend_takes_tls(backend);
    backend.says(server("id='b2' version='1.0'") + std::string(kExternalFeatures));
    backend.says(
        "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/>"
        "<text>unable to get local issuer certificate</text></failure>");
    backend.hears(auth(kAuthPeer) + std::string(kEnd) + refused("backend_misconfigured") +
                  "[close backend_misconfigured]");
    EXPECT_THAT(backend.refused()->text, HasSubstr("unable to get local issuer"));
    peer.hears(error("internal-server-error", "backend_misconfigured") +
               ended("backend_misconfigured"));
    EXPECT_THAT(peer.text(), Not(HasSubstr("issuer")));
    EXPECT_THAT(peer.refused()->text, HasSubstr("unable to get local issuer"));
  });
}

TEST(InboundBridge, EndsTheBackendsStreamWhenThePeerLeavesTooEarly) {
  play([](Stage& stage) {
    auto [peer, backend] = inbound(stage);
    peer_authenticates(peer);
    backend_takes_tls(backend);
    peer.says(kEnd);
    peer.hears(std::string(kEnd) + ended("peer_left"));
    backend.hears(error("remote-connection-failed", "peer_left") + ended("peer_left"));
  });
}

// ---- Outbound: legacy.example to peer.example

Bridge outbound(Stage& stage, TlsEntry entry = TlsEntry::kStartTls) {
  auto& near = stage.receiving(StreamKind::kS2sOutbound, Side::kBackend);
  auto& far = stage.initiating(StreamKind::kS2sOutbound, Side::kWan, entry);
  stage.join();
  return {near, far};
}

void backend_authenticates(Party& backend) {
  backend.connects();
  backend.says(kLegacyHeader);
  backend.says(kStartTls);
  backend.secures();
  backend.says(kLegacyHeader);
  backend.says(auth(kAuthLegacy));
  const auto answer = [](std::string_view id) {
    return server("from='peer.example' to='legacy.example' id='" + std::string(id) +
                  "' version='1.0'");
  };
  backend.hears("[10s]" + answer("id1") + std::string(kStartTlsFeatures) + std::string(kProceed) +
                "[tls peer.example][30s][judge legacy.example peer.example]" + answer("id2") +
                std::string(kExternalFeatures) + "[open legacy.example peer.example]");
}

TEST(OutboundBridge, ReachesThePeerBeforeTheBackendHearsSuccess) {
  play([](Stage& stage) {
    auto [backend, peer] = outbound(stage);
    backend_authenticates(backend);
    peer.connects();
    peer.says(server("from='peer.example' id='p1' version='1.0'") + std::string(kStartTlsFeatures));
    peer.says(kProceed);
    peer.hears("[10s]" + kLegacyHeader + std::string(kStartTls) + "[tls]");
    peer.secures();
    peer.hears("[judge legacy.example peer.example]" + kLegacyHeader);
    peer.says(server("from='peer.example' id='p2' version='1.0'") + std::string(kExternalFeatures));
    peer.hears(auth(kAuthLegacy));
    backend.hears("");
    peer.says(kSuccess);
    backend.hears(kSuccess);
    backend.says(kLegacyHeader);
    peer.hears("[10s]" + kLegacyHeader);
    peer.says(server("from='peer.example' id='p3' version='1.0'") + std::string(kNoFeatures));
    peer.hears("[relay]");
    backend.hears(server("from='peer.example' to='legacy.example' id='id3' version='1.0'") +
                  std::string(kLimitsFeatures) + "[relay]");
  });
}

TEST(OutboundBridge, SaysOnceMoreWhatIsWrongWithANameWhenTheOtherIsMissing) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"to='rooms.legacy.example'", "bad_address"},
      {"from='legacy.example' to='rooms.legacy.example'", "host_unknown"},
  };
  for (const auto& [addresses, reason] : cases) {
    SCOPED_TRACE(addresses);
    play([&a = addresses, &r = reason](Stage& stage) {
      auto [backend, peer] = outbound(stage);
      backend_authenticates(backend);
      peer.connects();
      peer.says(server("from='peer.example' id='p1' version='1.0'") +
                std::string(kStartTlsFeatures));
      peer.says(kProceed);
      peer.secures();
      peer.says(server("from='peer.example' id='p2' version='1.0'") +
                std::string(kExternalFeatures));
      peer.says(kSuccess);
      backend.hears(kSuccess);
      backend.says(server(std::string(a) + " version='1.0'"));
      EXPECT_EQ(policy::id(backend.refused()->reason), r);
      EXPECT_THAT(backend.text(), HasSubstr("rooms.legacy.example"));
    });
  }
}

TEST(OutboundBridge, TellsTheBackendAtOnceWhatThePeerAnnouncedUnderTls) {
  play([](Stage& stage) {
    auto [backend, peer] = outbound(stage);
    backend_authenticates(backend);
    peer.connects();
    peer.says(server("from='peer.example' id='p1' version='1.0'") + std::string(kStartTlsFeatures));
    peer.says(kProceed);
    peer.secures();
    peer.says(server("from='peer.example' id='p2' version='1.0'") +
              "<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
              "<mechanism>EXTERNAL</mechanism></mechanisms>"
              "<limits xmlns='urn:xmpp:stream-limits:0'><max-bytes>262144</max-bytes>"
              "<idle-seconds>840</idle-seconds></limits></stream:features>");
    peer.says(kSuccess);
    backend.hears(kSuccess);
    backend.says(kLegacyHeader);
    backend.hears(server("from='peer.example' to='legacy.example' id='id3' version='1.0'") +
                  "<stream:features><limits xmlns='urn:xmpp:stream-limits:0'>"
                  "<max-bytes>262144</max-bytes><idle-seconds>840</idle-seconds></limits>"
                  "</stream:features>");
  });
}

TEST(OutboundBridge, TakesDirectTlsOfTheBackend) {
  play([](Stage& stage) {
    auto [backend, peer] = outbound(stage);
    backend.connects();
    backend.begins_with_tls();
    backend.hears("[10s][tls]");
    backend.secures();
    backend.says(kLegacyHeader);
    backend.says(auth(kAuthLegacy));
    backend.hears("[30s][judge legacy.example peer.example]" +
                  server("from='peer.example' to='legacy.example' id='id1' version='1.0'") +
                  std::string(kExternalFeatures) + "[open legacy.example peer.example]");
  });
}

TEST(OutboundBridge, WantsBothNamesBehindDirectTls) {
  play([](Stage& stage) {
    auto [backend, peer] = outbound(stage);
    backend.connects();
    backend.begins_with_tls();
    backend.secures();
    backend.says(server("from='legacy.example' version='1.0'"));
    EXPECT_EQ(backend.refused()->reason, policy::Reason::kBadAddress);
    EXPECT_EQ(backend.judged(), 0);
  });
}

TEST(OutboundBridge, DoesNotWaitForeverForADirectHandshake) {
  play([](Stage& stage) {
    auto [backend, peer] = outbound(stage);
    backend.connects();
    backend.begins_with_tls();
    backend.tell(DeadlineExpired{});
    EXPECT_EQ(backend.refused()->reason, policy::Reason::kBackendUnavailable);
    EXPECT_THAT(backend.refused()->text, HasSubstr("within 10 s"));
  });
}

// Who reaches the port for STARTTLS is told that it is XML that is spoken there.
TEST(InboundBridge, TakesNoDirectTlsWhereStartTlsIsSpoken) {
  play([](Stage& stage) {
    auto [peer, backend] = inbound(stage);
    peer.connects();
    peer.begins_with_tls();
    peer.hears("[10s]");
    peer.says("\x16\x03\x01");
    EXPECT_EQ(peer.refused()->reason, policy::Reason::kXmlInvalid);
  });
}

TEST(OutboundBridge, BeginsWithTlsWhereSrvSaysSo) {
  play([](Stage& stage) {
    auto [backend, peer] = outbound(stage, TlsEntry::kDirectTls);
    peer.connects();
    peer.hears("[10s][tls]");
    peer.secures();
    peer.hears("[judge legacy.example peer.example]" + kLegacyHeader);
  });
}

TEST(OutboundBridge, GivesTheBackendAReasonForItsUsers) {
  play([](Stage& stage) {
    auto [backend, peer] = outbound(stage);
    backend_authenticates(backend);
    peer.verdict = policy::refuse(policy::Reason::kExpired, {{"date", "2026-01-01"}});
    peer.connects();
    peer.says(server("id='p1' version='1.0'") + std::string(kStartTlsFeatures));
    peer.says(kProceed);
    peer.secures();
    peer.hears("[10s]" + kLegacyHeader + std::string(kStartTls) +
               "[tls][judge legacy.example peer.example]" + kLegacyHeader +
               error("not-authorized", "expired") + ended("expired"));
    backend.hears(error("remote-connection-failed", "expired") + ended("expired"));
    EXPECT_THAT(backend.text(), HasSubstr("2026-01-01"));
  });
}

TEST(OutboundBridge, WantsBothNamesFromTheBackendAtOnce) {
  const std::tuple<std::string_view, std::string_view, std::string_view> cases[] = {
      {"from='legacy.example'", "improper-addressing", "bad_address"},
      {"to='peer.example'", "improper-addressing", "bad_address"},
      {"from='stranger.example' to='peer.example'", "host-unknown", "host_unknown"},
      {"from='legacy.example' to='rooms.legacy.example'", "host-unknown", "host_unknown"},
  };
  for (const auto& [addresses, condition, reason] : cases) {
    SCOPED_TRACE(addresses);
    const auto last = error(condition, reason) + ended(reason);
    play([&last, &a = addresses](Stage& stage) {
      auto& backend = stage.receiving(StreamKind::kS2sOutbound, Side::kBackend);
      backend.connects();
      backend.says(server(std::string(a) + " version='1.0'"));
      EXPECT_TRUE(backend.everything().ends_with(last)) << backend.everything();
    });
  }
}

TEST(OutboundBridge, SaysThatADomainOfTheSameServerIsALoop) {
  play([](Stage& stage) {
    auto& backend = stage.receiving(StreamKind::kS2sOutbound, Side::kBackend);
    backend.connects();
    backend.says(server("from='legacy.example' to='rooms.legacy.example' version='1.0'"));
    EXPECT_THAT(backend.text(),
                HasSubstr("The backend of legacy.example asked for rooms.legacy.example, which is "
                          "served behind this gate, too, and the gate does not connect the two: "));
    EXPECT_FALSE(backend.wanted);
  });
}

// Which domains these are the driver knows.
TEST(OutboundBridge, OpensTheFarLegTowardADomainOfAnotherServerOfOurs) {
  play([](Stage& stage) {
    stage.connected = true;
    auto& backend = stage.receiving(StreamKind::kS2sOutbound, Side::kBackend);
    backend.connects();
    const auto header = server("from='legacy.example' to='ROOMS.legacy.example' version='1.0'");
    backend.says(header);
    backend.says(kStartTls);
    backend.secures();
    backend.says(header);
    EXPECT_FALSE(backend.wanted);
    backend.says(auth(kAuthLegacy));
    ASSERT_TRUE(backend.wanted);
    EXPECT_EQ(backend.wanted->remote->a_label(), "rooms.legacy.example");
  });
}

TEST(OutboundBridge, RefusesAnybodyElseOnTheCapturedPort) {
  play([](Stage& stage) {
    auto& stranger = stage.receiving(StreamKind::kS2sOutbound, Side::kBackend);
    stranger.verdict = policy::refuse(policy::Reason::kNotTheBackend);
    stranger.connects();
    stranger.says(kLegacyHeader);
    stranger.says(kStartTls);
    stranger.secures();
    stranger.says(kLegacyHeader);
    EXPECT_TRUE(stranger.everything().ends_with(error("not-authorized", "not_the_backend") +
                                                ended("not_the_backend")));
    EXPECT_FALSE(stranger.wanted);
  });
}

}  // namespace
}  // namespace portcullis::session::stage
