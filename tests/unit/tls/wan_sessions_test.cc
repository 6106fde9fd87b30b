// Sessions with the WAN: which of our certificates is shown, and whether theirs is asked for.

#include <gtest/gtest.h>
#include <openssl/x509_vfy.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "certs/verify/verify.h"
#include "proxy/tls/contexts.h"
#include "proxy/tls/handshake_rules.h"
#include "tests/unit/tls/hosts_and_clients.h"

namespace portcullis::tls {
namespace {

using State = Engine::State;

// The domain of the certificate a client is served that sends this SNI (none: empty).
bool served(const Contexts& local, TlsEntry entry, const std::optional<DomainName>& to,
            const std::string& sni, std::string_view expected) {
  const auto server = local.accept_wan(kS2s, entry, to);
  const RawClient raw([&](SSL_CTX*, SSL* ssl) {
    if (!sni.empty()) SSL_set_tlsext_host_name(ssl, sni.c_str());
  });
  Talk talk{*raw.engine, *server, SIZE_MAX, {}, {}, {}, {}};
  EXPECT_TRUE(talk.handshake()) << sni;
  EXPECT_EQ(server->facts().sni, sni);
  const auto leaf = raw.engine->peer_chain().leaf;
  return certs::names_domain(leaf.get(), domain(expected));
}

TEST(HostChoice, IsBySniOnDirectTls) {
  const auto local = three_hosts();
  EXPECT_TRUE(served(*local, kDirectTls, std::nullopt, "a.example", "a.example"));
  EXPECT_TRUE(served(*local, kDirectTls, std::nullopt, "b.example", "b.example"));
  EXPECT_TRUE(served(*local, kDirectTls, std::nullopt, "C.EXAMPLE", "c.example"));
  EXPECT_TRUE(served(*local, kDirectTls, std::nullopt, "conference.b.example", "b.example"));
}

TEST(HostChoice, FallsBackToTheFirst) {
  const auto local = three_hosts();
  EXPECT_TRUE(served(*local, kDirectTls, std::nullopt, "", "a.example"));
  EXPECT_TRUE(served(*local, kDirectTls, std::nullopt, "unknown.example", "a.example"));
  EXPECT_TRUE(served(*local, kDirectTls, std::nullopt, "x.c.example", "a.example"));
  EXPECT_TRUE(served(*local, kDirectTls, std::nullopt, "127.0.0.1", "a.example"));
  EXPECT_TRUE(served(*local, kStartTls, domain("unknown.example"), "", "a.example"));
}

TEST(HostChoice, IsByStreamToAndNotBySniOnStartTls) {
  const auto local = three_hosts();
  EXPECT_TRUE(served(*local, kStartTls, domain("b.example"), "c.example", "b.example"));
  EXPECT_TRUE(served(*local, kStartTls, domain("conference.b.example"), "", "b.example"));
}

TEST(HostChoice, OutlivesTheContextsItBeganWith) {
  auto local = three_hosts();
  const auto server = local->accept_wan(kS2s, kDirectTls, std::nullopt);
  local.reset();  // a reload drops the old generation while a handshake is under way
  const RawClient raw([](SSL_CTX*, SSL* ssl) { SSL_set_tlsext_host_name(ssl, "c.example"); });
  Talk talk{*raw.engine, *server, 7, {}, {}, {}, {}};
  ASSERT_TRUE(talk.handshake());
  EXPECT_TRUE(certs::names_domain(raw.engine->peer_chain().leaf.get(), domain("c.example")));
}

TEST(ClientCertificate, IsAskedForOnS2sWithoutNamingAuthorities) {
  const auto local = contexts_for("legacy.example");
  const certs::KeyPair pair = pair_for("peer.example", test::TestKey::kP256);
  for (const TlsEntry entry : {kStartTls, kDirectTls}) {
    const auto server = local->accept_wan(kS2s, entry, std::nullopt);
    const RawClient raw = client_showing(&pair);
    Talk talk{*raw.engine, *server, SIZE_MAX, {}, {}, {}, {}};
    ASSERT_TRUE(talk.handshake());
    EXPECT_EQ(X509_cmp(server->peer_chain().leaf.get(), pair.leaf.get()), 0);
    EXPECT_LE(sk_X509_NAME_num(SSL_get0_peer_CA_list(raw.ssl)), 0);
  }
}

TEST(ClientCertificate, MayBeMissing) {
  const auto local = contexts_for("legacy.example");
  const auto server = local->accept_wan(kS2s, kStartTls, std::nullopt);
  const RawClient raw = client_showing(nullptr);
  Talk talk{*raw.engine, *server, SIZE_MAX, {}, {}, {}, {}};
  ASSERT_TRUE(talk.handshake());
  EXPECT_FALSE(server->peer_chain().leaf);
}

TEST(ClientCertificate, IsNeverAskedForOnC2s) {
  const auto local = contexts_for("legacy.example");
  const certs::KeyPair pair = pair_for("peer.example", test::TestKey::kP256);
  const auto server = local->accept_wan(StreamKind::kC2s, kStartTls, std::nullopt);
  const RawClient raw = client_showing(&pair);
  Talk talk{*raw.engine, *server, SIZE_MAX, {}, {}, {}, {}};
  ASSERT_TRUE(talk.handshake());
  EXPECT_FALSE(server->peer_chain().leaf);
}

TEST(ClientCertificate, NeverFailsTheHandshakeHoweverBadItIs) {
  const auto local = contexts_for("legacy.example");
  std::vector<test::CertificateSpec> bad(4, test::leaf_spec("peer.example"));
  bad[0].until = test::kNow - std::chrono::days(400);
  bad[1].purposes = "clientAuth";
  bad[2].digest = "SHA1";
  bad[3].key = test::TestKey::kRsa1024;
  for (const test::CertificateSpec& spec : bad) {
    const certs::KeyPair pair = pki().key_pair(test::issue_self_signed(spec));
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      const auto server = local->accept_wan(kS2s, kStartTls, std::nullopt);
      const RawClient raw = client_showing(&pair);
      SSL_set_max_proto_version(raw.ssl, version);
      Talk talk{*raw.engine, *server, SIZE_MAX, {}, {}, {}, {}};
      ASSERT_TRUE(talk.handshake()) << server->failure().text << raw.engine->failure().text;
      const certs::PresentedChain chain = server->peer_chain();
      ASSERT_TRUE(chain.leaf);
      EXPECT_FALSE(certs::verify_peer({chain,
                                       pki().anchors(),
                                       domain("peer.example"),
                                       certs::PeerRole::kInitiating,
                                       {},
                                       test::kNow}));
    }
  }
}

TEST(ClientCertificate, LeavesNoVerdictThatCouldBeTakenForOurs) {
  certs::SslCtxPtr context(SSL_CTX_new(TLS_client_method()));
  postpone_verification(context.get());
  certs::SslPtr ssl(SSL_new(context.get()));
  SSL* raw = ssl.get();
  SSL_set_connect_state(raw);
  Engine client(std::move(ssl));
  const auto server =
      contexts_for("legacy.example")->accept_wan(kS2s, kStartTls, domain("legacy.example"));
  Talk talk{client, *server, SIZE_MAX, {}, {}, {}, {}};
  ASSERT_TRUE(talk.handshake());
  EXPECT_EQ(SSL_get_verify_result(raw), X509_V_ERR_APPLICATION_VERIFICATION);
}

TEST(ClientCertificate, ListIsBounded) {
  const auto local = contexts_for("legacy.example");
  test::CertificateSpec fat = test::leaf_spec("peer.example");
  for (int i = 0; i < 150; ++i) {
    fat.dns_names.push_back("name-number-" + std::to_string(i) + ".of-a-fat-certificate.example");
  }
  const certs::KeyPair pair = pki().key_pair(pki().leaf(fat));
  for (const int copies : {0, 2}) {  // about 7 KiB each
    const auto server = local->accept_wan(kS2s, kStartTls, std::nullopt);
    const RawClient raw = client_showing(&pair);
    for (int i = 0; i < copies; ++i) SSL_add1_chain_cert(raw.ssl, pair.leaf.get());
    Talk talk{*raw.engine, *server, SIZE_MAX, {}, {}, {}, {}};
    talk.handshake();
    EXPECT_EQ(server->state(), copies == 0 ? State::kEstablished : State::kFailed);
  }
}

TEST(ClientCertificate, IsAskedForOnC2sOnDemand) {
  ContextsSpec spec;
  spec.hosts.push_back(host("legacy.example"));
  spec.asks_clients = true;
  const auto asking = contexts(std::move(spec));
  const auto not_asking = contexts_for("legacy.example");
  const certs::KeyPair user = pair_for("user.example", test::TestKey::kP256);
  for (const TlsEntry entry : {kStartTls, kDirectTls}) {
    for (const Contexts* local : {asking.get(), not_asking.get()}) {
      for (const certs::KeyPair* shown : {&user, static_cast<const certs::KeyPair*>(nullptr)}) {
        const auto server = local->accept_wan(StreamKind::kC2s, entry, std::nullopt);
        const RawClient raw = client_showing(shown);
        Talk talk{*raw.engine, *server, SIZE_MAX, {}, {}, {}, {}};
        ASSERT_TRUE(talk.handshake());
        EXPECT_EQ(server->peer_chain().leaf != nullptr, local == asking.get() && shown != nullptr);
      }
    }
  }
}

}  // namespace
}  // namespace portcullis::tls
