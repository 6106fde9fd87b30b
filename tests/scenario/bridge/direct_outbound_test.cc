#include "tests/scenario/bridge/neighbours.h"
#include "tests/unit/tls/engine_pair.h"

// The backend of legacy.example begins with direct TLS (XEP-0368): its ClientHello decides whose
// certificate it is shown, and its stream header has to say the same. The ClientHello and what
// answers it are real; behind them nothing is encrypted.
namespace portcullis::relay::scene {
namespace {

using policy::Reason;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// The names in the certificate that a ClientHello with this SNI is answered with; "" if it names
// nobody.
std::string shown_for(Scene& scene, const char* sni, const char* alpn = "\x0bxmpp-server") {
  EXPECT_TRUE(scene.near.connection.begin_with_tls()) << scene.log_text;
  const tls::RawClient backend([&](SSL_CTX*, SSL* ssl) {
    if (sni != nullptr) SSL_set_tlsext_host_name(ssl, sni);
    SSL_set_alpn_protos(ssl, reinterpret_cast<const unsigned char*>(alpn),
                        static_cast<unsigned int>(std::string_view(alpn).size()));
  });
  tls::Talk talk{*backend.engine, *scene.near.connection.engine(), 100, {}, {}, {}, {}};
  EXPECT_TRUE(talk.handshake());
  EXPECT_EQ(backend.engine->facts().alpn, "xmpp-server");
  const auto leaf = backend.engine->peer_chain().leaf;
  for (const auto* const name :
       {"peer.example", "other.example", "legacy.example", "second.example", "twin.example"})
    if (certs::names_domain(leaf.get(), tls::domain(name))) return name;
  return "";
}

// The rest of its negotiation.
void authenticates(Scene& scene, const std::string& header = kFromLegacy) {
  scene.near.connection.chain = [] { return pki().present(world().backend); };
  scene.near.connection.secure();
  scene.near.says(header);
}

TEST(DirectOutbound, ReachesThePeerWithTheCertificateOfItsSni) {
  play([](std::size_t piece) {
    Scene scene(piece, kOutbound);
    EXPECT_EQ(shown_for(scene, "peer.example"), "peer.example");
    authenticates(scene);
    scene.near.says(wire::auth(wire::kAuthLegacy));
    EXPECT_EQ(scene.network.asked, "[peer.example]");
    scene.network.finds(candidates({"198.51.100.1"}));
    far_accepts(scene.far(), &world().peer);
    scene.near.says(kFromLegacy);
    scene.far().says(theirs(wire::kNoFeatures));
    EXPECT_TRUE(scene.established()) << scene.log_text;
    scene.near.says(wire::kEnd);
  });
}

// Case and the trailing dot do not matter, as anywhere.
TEST(DirectOutbound, ReadsTheNameAsADomain) {
  Scene scene(1, kOutbound);
  EXPECT_EQ(shown_for(scene, "PEER.example"), "peer.example");
  authenticates(scene);
  EXPECT_THAT(scene.near.heard(), HasSubstr("EXTERNAL"));
  scene.near.says(wire::kEnd);
}

// What it is told, and that nobody was called for it.
void expect_refused(Scene& scene, const std::string& detail) {
  authenticates(scene);
  EXPECT_THAT(scene.near.heard(),
              AllOf(HasSubstr("<policy-violation"), HasSubstr("direct_tls_refused</reason>"),
                    Not(HasSubstr("EXTERNAL"))));
  EXPECT_THAT(scene.log_text, AllOf(HasSubstr("reason=direct_tls_refused"), HasSubstr(detail)));
  EXPECT_EQ(scene.network.asked, "");
  EXPECT_EQ(scene.metric("streams_rejected_total", "\"direct_tls_refused\""), 1);
}

TEST(DirectOutbound, RefusesAHeaderForAnotherDomain) {
  play([](std::size_t piece) {
    Scene scene(piece, kOutbound);
    EXPECT_EQ(shown_for(scene, "other.example"), "other.example");
    expect_refused(scene, "other.example, and its stream header peer.example");
  });
}

TEST(DirectOutbound, ShowsNobodyToWhoNamesNobody) {
  play([](std::size_t piece) {
    Scene scene(piece, kOutbound);
    EXPECT_EQ(shown_for(scene, nullptr), "");
    expect_refused(scene, "names no domain");
  });
}

TEST(DirectOutbound, ShowsNobodyForWhatIsNoDomainName) {
  for (const auto* const name : {"not a domain", "a..example", "192.0.2.1", "-x.example"}) {
    SCOPED_TRACE(name);
    Scene scene(std::string::npos, kOutbound);
    EXPECT_EQ(shown_for(scene, name), "");
    expect_refused(scene, "which is no domain name");
  }
}

// The local CA confirms nobody as one of the operator's own domains ...
TEST(DirectOutbound, ShowsNobodyForAnOwnDomain) {
  Scene scene(std::string::npos, kOutbound);
  EXPECT_EQ(shown_for(scene, "legacy.example"), "");
  expect_refused(scene, "legacy.example, which is served here");
}

// ... unless a backend on another server is there to be shown it.
TEST(DirectOutbound, ReachesAnotherHostOfOurs) {
  Scene scene(1, kOutbound, two_hosts());
  EXPECT_EQ(shown_for(scene, "second.example"), "second.example");
  authenticates(scene, kToSecond);
  scene.near.says(wire::auth(wire::kAuthLegacy));
  EXPECT_EQ(scene.network.asked, "[127.0.0.1:15270]");
  scene.near.says(wire::kEnd);
}

TEST(DirectOutbound, AHostOnTheSameServerIsRefusedOnceTheCallerIsKnown) {
  Scene scene(1, kOutbound, two_hosts());
  EXPECT_EQ(shown_for(scene, "twin.example"), "twin.example");
  authenticates(scene, wire::server("from='legacy.example' to='twin.example' version='1.0'"));
  EXPECT_THAT(scene.near.heard(), HasSubstr("host_unknown</reason>"));
  EXPECT_EQ(scene.network.asked, "");
}

TEST(DirectOutbound, AHostOfTheOtherServerMayNotBeClaimed) {
  Scene scene(1, kOutbound, two_hosts());
  EXPECT_EQ(shown_for(scene, "legacy.example"), "legacy.example");
  authenticates(scene, wire::server("from='second.example' to='legacy.example' version='1.0'"));
  EXPECT_THAT(scene.near.heard(), HasSubstr("not_the_backend</reason>"));
  EXPECT_EQ(scene.network.asked, "");
}

// The certificate is paid for by the host whose backend has called from there before.
TEST(DirectOutbound, CertificatesAreChargedToTheHostThatCalls) {
  Scene scene(std::string::npos, kOutbound, two_hosts());
  const auto& caller = scene.near.connection.peer;
  const auto mint = [&](std::string_view host) {
    return scene.limits->mint(certs::LeafPurpose::kOutbound, DomainName::parse(host).value(),
                              caller, scene.time.now());
  };
  while (!mint("legacy.example")) {
  }
  scene.limits->proved(DomainName::parse("second.example").value(), caller);
  EXPECT_EQ(shown_for(scene, "peer.example"), "peer.example");
  scene.near.connection.leave();
}

TEST(DirectOutbound, IsNotServedForDomainsInObserveMode) {
  Scene scene(std::string::npos, kOutbound, world().build("", "[policy]\nmode = \"observe\"\n"));
  EXPECT_EQ(shown_for(scene, "peer.example"), "");
  expect_refused(scene, "peer.example is in observe mode");
}

TEST(DirectOutbound, TellsADeniedDomainInWords) {
  Scene scene(std::string::npos, kOutbound,
              world().build("", "[federation]\ndeny = [\"peer.example\"]\n"));
  EXPECT_EQ(shown_for(scene, "peer.example"), "peer.example");
  authenticates(scene);
  EXPECT_THAT(scene.near.heard(), HasSubstr("federation_denied"));
}

// It costs what every other certificate costs, and is refused in the same words.
TEST(DirectOutbound, CertificatesAreBoundedAsBehindStartTls) {
  Scene scene(std::string::npos, kOutbound, world().build(""));
  const auto host = DomainName::parse("legacy.example").value();
  while (!scene.limits->mint(certs::LeafPurpose::kOutbound, host, scene.near.connection.peer,
                             scene.time.now())) {
  }
  EXPECT_EQ(shown_for(scene, "peer.example"), "");
  authenticates(scene);
  EXPECT_THAT(scene.near.heard(), HasSubstr("dial_limit</reason>"));
  EXPECT_EQ(scene.metric("limit_hits_total", "\"outbound_mints\""), 1);
}

TEST(DirectOutbound, AHandshakeThatIsBegunAndNotEndedIsBounded) {
  Scene scene(std::string::npos, kOutbound);
  EXPECT_TRUE(scene.near.connection.begin_with_tls());
  scene.time.advance(10s);
  EXPECT_THAT(scene.log_text, HasSubstr("did not finish its part of the negotiation within 10 s"));
}

// A backend by dialback has its streams in the clear, and is told so.
TEST(DirectOutbound, ABackendByDialbackHasToSwitchItOff) {
  static const auto by_dialback = world().build("", "", "s2s_auth = \"dialback\"\n");
  Scene scene(1, kOutbound, by_dialback);
  shown_for(scene, "peer.example");
  authenticates(scene);
  EXPECT_THAT(scene.near.heard(),
              AllOf(HasSubstr("backend_misconfigured</reason>"), Not(HasSubstr("EXTERNAL"))));
  EXPECT_THAT(scene.log_text, HasSubstr("Switch TLS off for its streams to other servers"));
  EXPECT_EQ(scene.network.asked, "");
}

// Behind the header it is no ClientHello any more, and on other listeners never one.
TEST(DirectOutbound, OnlyTheFirstOctetCounts) {
  Scene scene(std::string::npos, kOutbound);
  scene.near.says(kFromLegacy);
  scene.near.says("\x16\x03\x01");
  EXPECT_THAT(scene.near.heard(), HasSubstr("<stream:error>"));
  for (const auto kind : {StreamKind::kS2sInbound, StreamKind::kC2s}) {
    Scene other(std::string::npos, kind);
    EXPECT_FALSE(other.near.connection.begin_with_tls());
    other.near.says("\x16\x03\x01");
    EXPECT_THAT(other.near.heard(), HasSubstr("<stream:error>"));
  }
}

}  // namespace
}  // namespace portcullis::relay::scene
