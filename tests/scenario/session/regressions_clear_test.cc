#include "tests/scenario/session/regressions.h"
#include "tests/scenario/session/wire.h"

// Known ways around encryption and compression that was offered too early, each suite named after
// its row in docs/regressions.md.
namespace portcullis::session::stage {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string kFromPeer = server("from='peer.example' to='legacy.example' version='1.0'");
constexpr std::string_view kCompress =
    "<compress xmlns='http://jabber.org/protocol/compress'><method>zlib</method></compress>";
constexpr std::string_view kVerify =
    "<db:verify xmlns:db='jabber:server:dialback' from='peer.example' to='legacy.example' id='x' "
    "type='valid'/>";
constexpr std::string_view kBidi = "<bidi xmlns='urn:xmpp:bidi'/>";

struct Attempt {
  std::string bytes;
  std::string_view reason;
};

const Attempt kServerAttempts[] = {
    {std::string(kCompress), "plaintext_refused"},
    {auth(kAuthPeer), "plaintext_refused"},
    {auth("", "PLAIN"), "plaintext_refused"},
    {std::string(kBidi), "plaintext_refused"},
    {std::string(kMessage), "plaintext_refused"},
    {"<presence from='peer.example' to='legacy.example'/>", "plaintext_refused"},
    {"<iq type='get' id='1' from='peer.example' to='legacy.example'/>", "plaintext_refused"},
    {"<enable xmlns='urn:xmpp:sm:3'/>", "plaintext_refused"},
    {"<resume xmlns='urn:xmpp:sm:3' previd='x' h='0'/>", "plaintext_refused"},
    {std::string(kSuccess), "plaintext_refused"},
    {std::string(kNoFeatures), "plaintext_refused"},
    {std::string(kDialback), "dialback_attempted"},
    {std::string(kVerify), "dialback_attempted"},
};

const Attempt kClientAttempts[] = {
    {std::string(kCompress), "plaintext_refused"},
    {auth("AGEAYg==", "PLAIN"), "plaintext_refused"},
    {"<authenticate xmlns='urn:xmpp:sasl:2' mechanism='PLAIN'/>", "plaintext_refused"},
    {"<iq type='get' id='1'><query xmlns='jabber:iq:auth'/></iq>", "plaintext_refused"},
    {"<iq type='set' id='1'><query xmlns='jabber:iq:register'/></iq>", "plaintext_refused"},
    {"<resume xmlns='urn:xmpp:sm:3' previd='x' h='0'/>", "plaintext_refused"},
    {"<message to='b@legacy.example'><body>x</body></message>", "plaintext_refused"},
};

void expect_refused(Party& other, std::string_view reason) {
  EXPECT_EQ(reason_of(other), reason);
  EXPECT_EQ(other.state(), "closed");
  EXPECT_EQ(other.judged(), 0);
  EXPECT_FALSE(other.wanted);
  EXPECT_THAT(other.everything(), Not(HasSubstr("[tls")));
}

TEST(Regression_CVE_2014_8760, AServerReachesNothingWithoutTls) {
  for (const auto& attempt : kServerAttempts) {
    SCOPED_TRACE(attempt.bytes);
    play([&](Stage& stage) {
      auto& peer = stage.receiving(StreamKind::kS2sInbound, Side::kWan);
      peer.connects();
      peer.says(kFromPeer + attempt.bytes);
      expect_refused(peer, attempt.reason);
    });
  }
}

TEST(Regression_CVE_2014_8760, TheBackendReachesNothingWithoutTls) {
  for (const auto& attempt : kServerAttempts) {
    SCOPED_TRACE(attempt.bytes);
    play([&](Stage& stage) {
      auto& backend = stage.receiving(StreamKind::kS2sOutbound, Side::kBackend);
      backend.connects();
      backend.says(server("from='legacy.example' to='peer.example' version='1.0'"));
      backend.says(attempt.bytes);
      EXPECT_TRUE(backend.refused());
      EXPECT_EQ(backend.state(), "closed");
      EXPECT_FALSE(backend.wanted);
    });
  }
}

TEST(Regression_CVE_2014_8760, AClientReachesNothingWithoutTls) {
  for (const auto& attempt : kClientAttempts) {
    SCOPED_TRACE(attempt.bytes);
    play([&](Stage& stage) {
      auto& one = stage.receiving(StreamKind::kC2s, Side::kWan);
      one.connects();
      one.says(client("to='legacy.example' version='1.0'") + attempt.bytes);
      expect_refused(one, attempt.reason);
    });
  }
}

TEST(Regression_CVE_2014_8760, WhoNeverStartsTlsIsCutOff) {
  play([](Stage& stage) {
    auto& peer = stage.receiving(StreamKind::kS2sInbound, Side::kWan);
    peer.connects();
    peer.says(kFromPeer);
    peer.says(" \n ");
    peer.tell(DeadlineExpired{});
    expect_refused(peer, "negotiation_timeout");
  });
}

// ---- XMPP compression (XEP-0138)

// All that a peer hears from the first octet to the relay.
TEST(Regression_CVE_2014_2744, CompressionIsNeverOfferedToAServer) {
  play([](Stage& stage) {
    auto& peer = stage.receiving(StreamKind::kS2sInbound, Side::kWan);
    auto& backend = stage.initiating(StreamKind::kS2sInbound, Side::kBackend);
    stage.join();
    peer.connects();
    peer.says(kFromPeer);
    peer.says(kStartTls);
    peer.secures();
    peer.says(kFromPeer);
    peer.says(auth(kAuthPeer));
    const std::string offer =
        "<compression xmlns='http://jabber.org/features/compress'><method>zlib</method>"
        "</compression></stream:features>";
    const auto with_compression = [&](std::string_view features) {
      std::string made(features.substr(0, features.rfind("</stream:features>")));
      return server("id='b' version='1.0'") + made + offer;
    };
    backend.connects();
    backend.says(with_compression(kStartTlsFeatures));
    backend.says(kProceed);
    backend.secures();
    backend.says(with_compression(kExternalFeatures));
    backend.says(kSuccess);
    peer.says(kFromPeer);
    backend.says(with_compression("<stream:features></stream:features>"));
    ASSERT_EQ(peer.state(), "relaying");
    EXPECT_THAT(stage.everything(), Not(HasSubstr("compress")));
  });
}

TEST(Regression_CVE_2014_2744, CompressionIsRefusedUnderTls) {
  for (const int steps : {0, 1, 2}) {
    play([steps](Stage& stage) {
      auto& peer = stage.receiving(StreamKind::kS2sInbound, Side::kWan);
      peer.connects();
      peer.says(kFromPeer);
      peer.says(kStartTls);
      peer.secures();
      peer.says(kFromPeer);
      if (steps > 0) peer.says(auth(kAuthPeer));
      if (steps > 1) {
        peer.tell(FarAuthenticated{});
        peer.says(kFromPeer);
      }
      peer.says(kCompress);
      // Behind its last header what it says is held for the guard.
      if (steps > 1) peer.tell(FarFeatures{});
      EXPECT_EQ(peer.refused().has_value(), steps < 2);
      EXPECT_EQ(peer.state(), "closed");
      EXPECT_THAT(peer.everything(), HasSubstr("xml_invalid"));
      EXPECT_THAT(peer.everything(), Not(HasSubstr("compressed")));
    });
  }
}

TEST(Regression_CVE_2014_2744, CompressionNeitherReachesNorIsOfferedToAClient) {
  play([](Stage& stage) {
    auto& one = stage.receiving(StreamKind::kC2s, Side::kWan, TlsEntry::kDirectTls);
    auto& backend = stage.initiating(StreamKind::kC2s, Side::kBackend);
    stage.join();
    one.connects();
    one.secures();
    one.says(client("to='legacy.example' version='1.0'"));
    backend.connects();
    backend.says(
        client("version='1.0'") +
        "<stream:features><compression xmlns='http://jabber.org/features/compress'>"
        "<method>zlib</method></compression><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
        "<mechanism>PLAIN</mechanism></mechanisms></stream:features>");
    EXPECT_THAT(one.everything(), HasSubstr("PLAIN"));
    one.says(kCompress);
    EXPECT_TRUE(one.refused());
    EXPECT_THAT(stage.everything(), Not(HasSubstr("compress ")));
    EXPECT_THAT(stage.everything(), Not(HasSubstr("zlib")));
  });
}

}  // namespace
}  // namespace portcullis::session::stage
