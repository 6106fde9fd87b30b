#include <gtest/gtest.h>

#include "certs/own/credentials.h"
#include "tests/unit/tls/engine_pair.h"

// What channel binding by the server's certificate needs of TLS: we know what a client was served,
// and ask a backend for a certificate of the same type.
namespace portcullis::tls {
namespace {

// A server with its certificates in this order, as a backend would be.
struct Backend {
  explicit Backend(const std::vector<certs::KeyPair>& pairs)
      : context(SSL_CTX_new(TLS_server_method())) {
    for (const auto& pair : pairs)
      EXPECT_EQ(
          SSL_CTX_use_cert_and_key(context.get(), pair.leaf.get(), pair.key.get(), nullptr, 0), 1);
    SSL_CTX_set_options(context.get(), SSL_OP_CIPHER_SERVER_PREFERENCE);
  }
  std::unique_ptr<Engine> accept(int version) const {
    certs::SslPtr ssl(SSL_new(context.get()));
    SSL_set_min_proto_version(ssl.get(), version);
    SSL_set_max_proto_version(ssl.get(), version);
    SSL_set_accept_state(ssl.get());
    return std::make_unique<Engine>(std::move(ssl));
  }
  certs::SslCtxPtr context;
};

std::optional<KeyType> shown(const Backend& backend, const Contexts& local,
                             std::optional<KeyType> only, int version) {
  const auto client = local.connect_backend_for_client(domain("legacy.example"), only);
  const auto server = backend.accept(version);
  Talk talk{*client, *server, SIZE_MAX, {}, {}, {}, {}};
  if (!talk.handshake()) return std::nullopt;
  return certs::key_type_of_leaf(client->peer_chain().leaf.get());
}

TEST(SharedCertificateTls, IsOfTheTypeThatIsAskedFor) {
  const auto local = contexts_for("legacy.example");
  const Backend both(host("legacy.example").pairs);
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    EXPECT_EQ(shown(both, *local, KeyType::kEcdsa, version), KeyType::kEcdsa);
    EXPECT_EQ(shown(both, *local, KeyType::kRsa, version), KeyType::kRsa);
    EXPECT_EQ(shown(both, *local, std::nullopt, version), KeyType::kEcdsa);
  }
}

TEST(SharedCertificateTls, DoesNotComeAboutWithoutSuchAKey) {
  const auto local = contexts_for("legacy.example");
  for (const auto& [key, type, other] :
       {std::tuple(test::TestKey::kP256, KeyType::kEcdsa, KeyType::kRsa),
        std::tuple(test::TestKey::kRsa2048, KeyType::kRsa, KeyType::kEcdsa)}) {
    std::vector<certs::KeyPair> pairs;
    pairs.push_back(pair_for("legacy.example", key));
    const Backend one(pairs);
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      EXPECT_EQ(shown(one, *local, type, version), type);
      EXPECT_EQ(shown(one, *local, std::nullopt, version), type);
      EXPECT_EQ(shown(one, *local, other, version), std::nullopt);
      EXPECT_EQ(shown(one, *local, KeyType::kEddsa, version), std::nullopt);
    }
  }
}

// `algorithms`: of the client, in OpenSSL's words.
std::shared_ptr<X509> served(const Contexts& local, TlsEntry entry, const char* algorithms,
                             int version, certs::X509Ptr& seen) {
  const auto server = local.accept_wan(StreamKind::kC2s, entry, std::nullopt);
  EXPECT_EQ(server->facts().served_leaf, nullptr) << "before the handshake";
  const RawClient raw([&](SSL_CTX*, SSL* ssl) {
    SSL_set1_sigalgs_list(ssl, algorithms);
    SSL_set_max_proto_version(ssl, version);
  });
  Talk talk{*raw.engine, *server, SIZE_MAX, {}, {}, {}, {}};
  EXPECT_TRUE(talk.handshake());
  seen = raw.engine->peer_chain().leaf;
  return server->facts().served_leaf;
}

TEST(ServedLeaf, IsWhatTheClientSaw) {
  const auto local = contexts_for("legacy.example");
  for (const TlsEntry entry : {kStartTls, kDirectTls})
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION})
      for (const char* algorithms : {"ECDSA+SHA256", "rsa_pss_rsae_sha256:RSA+SHA256"}) {
        certs::X509Ptr seen;
        const auto ours = served(*local, entry, algorithms, version, seen);
        EXPECT_TRUE(certs::same_certificate(ours.get(), seen.get())) << algorithms;
      }
}

TEST(ServedLeaf, IsShownOnEachConnectionOfAClientThatMayBind) {
  ContextsSpec spec;
  spec.hosts.push_back(host("legacy.example"));
  spec.binds_clients = true;
  const auto local = contexts(std::move(spec));
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const auto server = local->accept_wan(StreamKind::kC2s, kDirectTls, std::nullopt);
    const RawClient raw([&](SSL_CTX*, SSL* ssl) { SSL_set_max_proto_version(ssl, version); });
    Talk talk{*raw.engine, *server, SIZE_MAX, {}, {}, {}, {}};
    ASSERT_TRUE(talk.handshake());
    EXPECT_EQ(SSL_SESSION_has_ticket(SSL_get0_session(raw.ssl)), 0);
  }
}

}  // namespace
}  // namespace portcullis::tls
