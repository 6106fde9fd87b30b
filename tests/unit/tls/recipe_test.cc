#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "proxy/tls/context_builder.h"
#include "tests/unit/tls/engine_pair.h"

namespace portcullis::tls {
namespace {

// Every context there is, as built.
std::vector<certs::SslCtxPtr> all_contexts() {
  const HostCredentials served = host("legacy.example");
  std::vector<certs::SslCtxPtr> all;
  for (const StreamKind kind : {kS2s, StreamKind::kC2s}) {
    for (const TlsEntry entry : {kStartTls, kDirectTls}) {
      WanRules rules;
      rules.kind = kind;
      rules.entry = entry;
      all.push_back(build_wan_receiving(served, rules).value());
    }
  }
  WanRules outbound;
  outbound.kind = StreamKind::kS2sOutbound;
  all.push_back(build_wan_initiating(served, outbound).value());
  all.push_back(build_backend_receiving().value());
  all.push_back(build_backend_anonymous().value());
  all.push_back(build_backend_initiating().value());
  return all;
}

std::string cipher_names(const SSL_CTX* context) {
  std::string names;
  const STACK_OF(SSL_CIPHER)* ciphers = SSL_CTX_get_ciphers(context);
  for (int i = 0; i < sk_SSL_CIPHER_num(ciphers); ++i) {
    names += std::string(SSL_CIPHER_get_name(sk_SSL_CIPHER_value(ciphers, i))) + ":";
  }
  return names;
}

// The suites that are really used: the list less what the security callback refuses.
std::vector<int> key_exchanges(SSL_CTX* context) {
  std::vector<int> found;
  const certs::SslPtr ssl(SSL_new(context));
  STACK_OF(SSL_CIPHER)* const suites = SSL_get1_supported_ciphers(ssl.get());
  for (int i = 0; i < sk_SSL_CIPHER_num(suites); ++i)
    found.push_back(SSL_CIPHER_get_kx_nid(sk_SSL_CIPHER_value(suites, i)));
  sk_SSL_CIPHER_free(suites);
  return found;
}

bool offers_krsa(SSL_CTX* context) {
  const auto all = key_exchanges(context);
  return std::find(all.begin(), all.end(), NID_kx_rsa) != all.end();
}

TEST(Recipe, IsTheSameForEveryContext) {
  for (const auto& context : all_contexts()) {
    SSL_CTX* raw = context.get();
    const auto wanted = SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
                        SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION;
    EXPECT_EQ(SSL_CTX_get_options(raw) & wanted, wanted);
#ifdef SSL_OP_NO_TX_CERTIFICATE_COMPRESSION
    constexpr auto uncompressed =
        SSL_OP_NO_RX_CERTIFICATE_COMPRESSION | SSL_OP_NO_TX_CERTIFICATE_COMPRESSION;
    EXPECT_EQ(SSL_CTX_get_options(raw) & uncompressed, uncompressed);
#endif
    EXPECT_EQ(SSL_CTX_get_options(raw) & SSL_OP_IGNORE_UNEXPECTED_EOF, 0U);
    EXPECT_EQ(SSL_CTX_get_min_proto_version(raw), TLS1_2_VERSION);
    EXPECT_EQ(SSL_CTX_get_max_proto_version(raw), 0);
    EXPECT_EQ(SSL_CTX_get_security_level(raw), 2);
    EXPECT_EQ(SSL_CTX_get_max_early_data(raw), 0U);
    EXPECT_EQ(SSL_CTX_get_recv_max_early_data(raw), 0U);
    EXPECT_EQ(SSL_CTX_get_session_cache_mode(raw), SSL_SESS_CACHE_OFF);
    EXPECT_EQ(sk_X509_NAME_num(SSL_CTX_get_client_CA_list(raw)), 0);
    EXPECT_LE(SSL_CTX_get_max_cert_list(raw), 24 * 1024);
    // The handshake must not fail because of a certificate.
    EXPECT_EQ(SSL_CTX_get_verify_mode(raw), SSL_VERIFY_PEER);
  }
}

TEST(Recipe, LeavesCiphersToTheLibrary) {
  const certs::SslCtxPtr plain(SSL_CTX_new(TLS_method()));
  const std::string untouched = cipher_names(plain.get());
  for (const auto& context : all_contexts()) EXPECT_EQ(cipher_names(context.get()), untouched);
}

TEST(Recipe, ResumesNothingWhereACertificateIsAskedFor) {
  for (const auto& context : all_contexts()) {
    EXPECT_NE(SSL_CTX_get_options(context.get()) & SSL_OP_NO_TICKET, 0U);
    EXPECT_EQ(SSL_CTX_get_num_tickets(context.get()), 0U);
  }
  WanRules rules;
  rules.kind = StreamKind::kC2s;
  rules.tickets = std::make_shared<TicketKeys>(&std::chrono::steady_clock::now);
  const auto asking = build_wan_receiving(host("legacy.example"), rules).value();
  EXPECT_EQ(SSL_CTX_get_num_tickets(asking.get()), 0U);
  rules.asks_for_certificate = false;
  const auto not_asking = build_wan_receiving(host("legacy.example"), rules).value();
  EXPECT_EQ(SSL_CTX_get_num_tickets(not_asking.get()), 1U);
  EXPECT_EQ(SSL_CTX_get_verify_mode(not_asking.get()), SSL_VERIFY_NONE);
}

// Only digitalSignature, as many CAs issue RSA certificates now.
HostCredentials signing_only(const std::string& name) {
  test::CertificateSpec spec = test::leaf_spec(name);
  spec.key = test::TestKey::kRsa2048;
  spec.key_usage = "critical,digitalSignature";
  HostCredentials made{domain(name), {}, {}};
  made.pairs.push_back(pki().key_pair(pki().leaf(spec)));
  return made;
}

TEST(KeyTransport, IsLeftOutOnDemandInBothRoles) {
  WanRules rules;
  rules.key_exchange.forward_secrecy = true;
  const HostCredentials served = host("legacy.example");
  EXPECT_FALSE(offers_krsa(build_wan_receiving(served, rules).value().get()));
  rules.kind = StreamKind::kS2sOutbound;
  EXPECT_FALSE(offers_krsa(build_wan_initiating(served, rules).value().get()));
  rules.key_exchange.forward_secrecy = false;
  EXPECT_TRUE(offers_krsa(build_wan_initiating(served, rules).value().get()));
}

// Nothing else is lost: ECDHE with CBC stays.
TEST(KeyTransport, IsAllThatIsLeftOut) {
  WanRules rules;
  const HostCredentials served = host("legacy.example");
  const auto with = [&](bool forward_secrecy) {
    rules.key_exchange.forward_secrecy = forward_secrecy;
    return key_exchanges(build_wan_receiving(served, rules).value().get());
  };
  auto all = with(false);
  EXPECT_GT(std::erase(all, NID_kx_rsa), 0U);
  EXPECT_EQ(with(true), all);
}

TEST(KeyTransport, IsLeftOutWhereTheCertificateForbidsIt) {
  WanRules rules;
  EXPECT_FALSE(offers_krsa(build_wan_receiving(signing_only("a.example"), rules).value().get()));
  EXPECT_TRUE(offers_krsa(build_wan_receiving(host("a.example"), rules).value().get()));
  // As a client it is the other end's certificate that counts.
  rules.kind = StreamKind::kS2sOutbound;
  EXPECT_TRUE(offers_krsa(build_wan_initiating(signing_only("a.example"), rules).value().get()));
}

// Whether a client that knows nothing else gets through to the host it names.
bool key_transport_works(const Contexts& local, TlsEntry entry, const std::string& name) {
  const auto server = local.accept_wan(kS2s, entry, domain(name));
  const RawClient raw([&](SSL_CTX*, SSL* ssl) {
    SSL_set_max_proto_version(ssl, TLS1_2_VERSION);
    SSL_set_cipher_list(ssl, "AES128-GCM-SHA256");
    SSL_set_tlsext_host_name(ssl, name.c_str());
  });
  Talk talk{*raw.engine, *server, SIZE_MAX, {}, {}, {}, {}};
  return talk.handshake();
}

TEST(KeyTransport, IsAMatterOfEachHost) {
  for (const bool forbidden_first : {true, false}) {
    ContextsSpec spec;
    if (forbidden_first) spec.hosts.push_back(signing_only("signing.example"));
    spec.hosts.push_back(host("both.example"));
    if (!forbidden_first) spec.hosts.push_back(signing_only("signing.example"));
    const auto local = contexts(std::move(spec));
    for (const TlsEntry entry : {kStartTls, kDirectTls}) {
      EXPECT_TRUE(key_transport_works(*local, entry, "both.example"));
      EXPECT_FALSE(key_transport_works(*local, entry, "signing.example"));
    }
  }
}

TEST(KeyTransport, LeavesPeersWithRsaOnlyConnected) {
  ContextsSpec spec;
  spec.hosts.push_back(signing_only("signing.example"));
  spec.s2s_key_exchange.forward_secrecy = true;
  const auto local = contexts(std::move(spec));
  const auto server = local->accept_wan(kS2s, kStartTls, std::nullopt);
  const RawClient raw([](SSL_CTX*, SSL* ssl) {
    SSL_set_max_proto_version(ssl, TLS1_2_VERSION);
    SSL_set_cipher_list(ssl, "ECDHE-RSA-AES128-GCM-SHA256");
  });
  Talk talk{*raw.engine, *server, SIZE_MAX, {}, {}, {}, {}};
  EXPECT_TRUE(talk.handshake());
}

}  // namespace
}  // namespace portcullis::tls
