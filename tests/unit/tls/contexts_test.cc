#include "proxy/tls/contexts.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/unit/tls/engine_pair.h"

namespace portcullis::tls {
namespace {

using policy::Reason;
using State = Engine::State;

std::string build_error(ContextsSpec spec) {
  const auto built = Contexts::build(std::move(spec));
  EXPECT_FALSE(built.has_value());
  return built ? "" : built.error().message;
}

TEST(ContextsBuild, RefusesWhatCannotBeServed) {
  EXPECT_NE(build_error({}).find("no host"), std::string::npos);

  ContextsSpec bare;
  bare.hosts.push_back({domain("bare.example"), {}, {}});
  EXPECT_NE(build_error(std::move(bare)).find("bare.example: has no certificate"),
            std::string::npos);

  ContextsSpec twice;
  twice.hosts.push_back(host("a.example", {domain("b.example")}));
  twice.hosts.push_back(host("b.example"));
  EXPECT_NE(build_error(std::move(twice)).find("b.example is configured twice"), std::string::npos);

  ContextsSpec same_type;
  same_type.hosts.push_back(host("a.example"));
  same_type.hosts[0].pairs.push_back(pair_for("a.example", test::TestKey::kP256));
  EXPECT_NE(build_error(std::move(same_type)).find("one pair per key type"), std::string::npos);

  ContextsSpec weak;
  weak.hosts.push_back({domain("weak.example"), {}, {}});
  weak.hosts[0].pairs.push_back(pair_for("weak.example", test::TestKey::kRsa1024));
  EXPECT_NE(build_error(std::move(weak)).find("too small"), std::string::npos);
}

TEST(ContextsBuild, AcceptsTheSameNameTwiceInOneHost) {
  ContextsSpec spec;
  spec.hosts.push_back(host("a.example", {domain("a.example")}));
  EXPECT_TRUE(Contexts::build(std::move(spec)));
}

// Which certificate a client with these settings is served.
struct ServedCase {
  const char* name;
  int max_version;
  const char* sigalgs;  // nullptr: the library's
  const char* ciphers;  // TLS 1.2 only
  KeyType expected;
};

class ServedTest : public ::testing::TestWithParam<ServedCase> {};

TEST_P(ServedTest, FollowsOurPreference) {
  const auto local = contexts_for("legacy.example");
  for (const StreamKind kind : {kS2s, StreamKind::kC2s}) {
    for (const TlsEntry entry : {kStartTls, kDirectTls}) {
      const auto server = local->accept_wan(kind, entry, std::nullopt);
      const RawClient raw([](SSL_CTX*, SSL* ssl) {
        SSL_set_max_proto_version(ssl, GetParam().max_version);
        if (GetParam().sigalgs != nullptr) {
          ASSERT_EQ(SSL_set1_sigalgs_list(ssl, GetParam().sigalgs), 1);
        }
        if (GetParam().ciphers != nullptr) {
          ASSERT_EQ(SSL_set_cipher_list(ssl, GetParam().ciphers), 1);
        }
      });
      Talk talk{*raw.engine, *server, SIZE_MAX, {}, {}, {}, {}};
      ASSERT_TRUE(talk.handshake());
      EXPECT_EQ(server->facts().served_key, GetParam().expected);
      const EVP_PKEY* shown = X509_get0_pubkey(raw.engine->peer_chain().leaf.get());
      EXPECT_EQ(EVP_PKEY_get_base_id(shown) == EVP_PKEY_EC, GetParam().expected == KeyType::kEcdsa);
    }
  }
}

// The order in which GnuTLS 3.7 offers its signature algorithms.
constexpr const char* kGnutlsOrder =
    "RSA+SHA256:rsa_pss_pss_sha256:rsa_pss_rsae_sha256:ECDSA+SHA256:ed25519:RSA+SHA384:ECDSA+"
    "SHA384";

INSTANTIATE_TEST_SUITE_P(
    Clients, ServedTest,
    ::testing::Values(
        ServedCase{"Default13", TLS1_3_VERSION, nullptr, nullptr, KeyType::kEcdsa},
        ServedCase{"Default12", TLS1_2_VERSION, nullptr, nullptr, KeyType::kEcdsa},
        ServedCase{"PssFirst", TLS1_3_VERSION, "rsa_pss_rsae_sha256:ECDSA+SHA256", nullptr,
                   KeyType::kEcdsa},
        ServedCase{"RsaFirst12", TLS1_2_VERSION, "RSA+SHA256:ECDSA+SHA256",
                   "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256", KeyType::kEcdsa},
        ServedCase{"Gnutls13", TLS1_3_VERSION, kGnutlsOrder, nullptr, KeyType::kEcdsa},
        ServedCase{"Gnutls12", TLS1_2_VERSION, kGnutlsOrder, nullptr, KeyType::kEcdsa},
        ServedCase{"RsaOnly13", TLS1_3_VERSION, "rsa_pss_rsae_sha256", nullptr, KeyType::kRsa},
        ServedCase{"RsaOnly12", TLS1_2_VERSION, "RSA+SHA256", nullptr, KeyType::kRsa},
        ServedCase{"RsaSuiteOnly12", TLS1_2_VERSION, nullptr, "ECDHE-RSA-AES256-GCM-SHA384",
                   KeyType::kRsa},
        ServedCase{"RsaKeyExchangeOnly12", TLS1_2_VERSION, nullptr, "AES128-GCM-SHA256",
                   KeyType::kRsa}),
    [](const auto& tested) { return tested.param.name; });

class RefusedHandshakeTest : public ::testing::Test {
 protected:
  // The server's refusal; checks that its alert reached the client.
  policy::Refusal refusal(Engine& server, const RawClient& client, int alert) {
    std::string hello;
    client.engine->start(hello);
    std::string plaintext;
    std::string wire;
    EXPECT_EQ(server.receive(hello, plaintext, wire), State::kFailed);
    EXPECT_EQ(alert_of(wire), alert);
    std::string ignored;
    EXPECT_EQ(client.engine->receive(wire, plaintext, ignored), State::kFailed);
    EXPECT_EQ(client.engine->failure().reason, server.failure().reason);
    return server.failure();
  }
  static RawClient client_up_to(int version) {
    return RawClient([version](SSL_CTX*, SSL* ssl) {
      SSL_set_security_level(ssl, 0);
      SSL_set_min_proto_version(ssl, TLS1_VERSION);
      SSL_set_max_proto_version(ssl, version);
      SSL_set_cipher_list(ssl, "ALL:@SECLEVEL=0");
    });
  }
};

TEST_F(RefusedHandshakeTest, OldVersions) {
  const auto local = contexts_for("legacy.example");
  const auto server = local->accept_wan(kS2s, kStartTls, domain("legacy.example"));
  const policy::Refusal refused =
      refusal(*server, client_up_to(TLS1_1_VERSION), SSL_AD_PROTOCOL_VERSION);
  EXPECT_EQ(refused.reason, Reason::kTlsVersionTooLow);
  EXPECT_NE(refused.text.find("TLSv1.1"), std::string::npos) << refused.text;
  EXPECT_NE(refused.text.find("TLSv1.2"), std::string::npos) << refused.text;
}

// The version field of such a hello says TLS 1.2, as RFC 8446 section 4.2.1 demands.
TEST_F(RefusedHandshakeTest, OldVersionsThatAreListed) {
  const auto local = contexts_for("legacy.example");
  const auto server = local->accept_wan(kS2s, kStartTls, domain("legacy.example"));
  // Recorded in shape: TLS 1.1 and 1.0 in supported_versions, one suite.
  const std::string_view body(
      "\x03\x03"
      "0123456789abcdef0123456789abcdef"
      "\x00"
      "\x00\x02\xc0\x2f"
      "\x01\x00"
      "\x00\x09"
      "\x00\x2b\x00\x05\x04\x03\x02\x03\x01",
      2 + 32 + 1 + 4 + 2 + 2 + 9);
  std::string hello("\x16\x03\x01\x00", 4);
  hello += static_cast<char>(body.size() + 4);
  hello += std::string("\x01\x00\x00", 3);
  hello += static_cast<char>(body.size());
  hello += body;
  std::string plaintext;
  std::string wire;
  EXPECT_EQ(server->receive(hello, plaintext, wire), State::kFailed);
  const auto refused = server->failure();
  EXPECT_EQ(refused.reason, Reason::kTlsVersionTooLow);
  EXPECT_NE(refused.text.find("TLSv1.1 was offered"), std::string::npos) << refused.text;
}

// A scanner that offers enough, and then says that it wanted another version.
TEST_F(RefusedHandshakeTest, AVersionThatIsAcceptedIsNeverCalledTooLow) {
  const auto local = contexts_for("legacy.example");
  const auto server = local->accept_wan(kS2s, kStartTls, domain("legacy.example"));
  const RawClient raw = client_up_to(TLS1_2_VERSION);
  std::string plaintext;
  std::string wire;
  std::string answer;
  raw.engine->start(wire);
  ASSERT_EQ(server->receive(wire, plaintext, answer), State::kHandshaking);
  constexpr std::string_view protocol_version("\x15\x03\x03\x00\x02\x02\x46", 7);
  ASSERT_EQ(server->receive(protocol_version, plaintext, answer), State::kFailed);
  const auto refused = server->failure();
  EXPECT_EQ(refused.reason, Reason::kTlsFailed);
  EXPECT_EQ(refused.text.find("was offered"), std::string::npos) << refused.text;
  EXPECT_NE(refused.text.find("alert"), std::string::npos) << refused.text;
}

TEST_F(RefusedHandshakeTest, EachFloorHoldsForItsKindOnly) {
  ContextsSpec spec;
  spec.hosts.push_back(host("legacy.example"));
  spec.s2s_min_version = TlsVersion::kTls13;
  const auto local = contexts(std::move(spec));
  for (const TlsEntry entry : {kStartTls, kDirectTls}) {
    const auto strict = local->accept_wan(kS2s, entry, std::nullopt);
    EXPECT_EQ(refusal(*strict, client_up_to(TLS1_2_VERSION), SSL_AD_PROTOCOL_VERSION).reason,
              Reason::kTlsVersionTooLow);
    const auto lax = local->accept_wan(StreamKind::kC2s, entry, std::nullopt);
    const RawClient raw = client_up_to(TLS1_2_VERSION);
    Talk talk{*raw.engine, *lax, SIZE_MAX, {}, {}, {}, {}};
    EXPECT_TRUE(talk.handshake());
  }
}

TEST_F(RefusedHandshakeTest, TheInitiatingSideHasTheSameFloor) {
  ContextsSpec spec;
  spec.hosts.push_back(host("legacy.example"));
  spec.s2s_min_version = TlsVersion::kTls13;
  const auto local = contexts(std::move(spec));
  const auto remote = contexts_for("peer.example");
  certs::SslCtxPtr old(SSL_CTX_new(TLS_server_method()));
  SSL_CTX_set_max_proto_version(old.get(), TLS1_2_VERSION);
  certs::SslPtr ssl(SSL_new(old.get()));
  SSL_set_accept_state(ssl.get());
  Engine server(std::move(ssl));
  const auto client =
      local->connect_wan(domain("legacy.example"), domain("peer.example"), kStartTls);
  Talk talk{*client, server, SIZE_MAX, {}, {}, {}, {}};
  EXPECT_FALSE(talk.handshake());
  EXPECT_EQ(client->failure().reason, Reason::kTlsVersionTooLow);
  EXPECT_NE(client->failure().text.find("TLSv1.3"), std::string::npos) << client->failure().text;
}

TEST_F(RefusedHandshakeTest, NothingInCommon) {
  ContextsSpec spec;
  spec.hosts.push_back({domain("ec.example"), {}, {}});
  spec.hosts[0].pairs.push_back(pair_for("ec.example", test::TestKey::kP256));
  const auto local = contexts(std::move(spec));
  const auto server = local->accept_wan(kS2s, kStartTls, std::nullopt);
  const RawClient raw([](SSL_CTX*, SSL* ssl) {
    SSL_set_max_proto_version(ssl, TLS1_2_VERSION);
    SSL_set_cipher_list(ssl, "AES128-GCM-SHA256");
  });
  EXPECT_EQ(refusal(*server, raw, SSL_AD_HANDSHAKE_FAILURE).reason, Reason::kTlsNoCommonSuite);
}

std::string alpn_list(std::initializer_list<std::string_view> protocols) {
  std::string list;
  for (const std::string_view protocol : protocols) {
    list += static_cast<char>(protocol.size());
    list += protocol;
  }
  return list;
}

RawClient client_with_alpn(std::initializer_list<std::string_view> protocols) {
  return RawClient([list = alpn_list(protocols)](SSL_CTX*, SSL* ssl) {
    SSL_set_alpn_protos(ssl, reinterpret_cast<const unsigned char*>(list.data()),
                        static_cast<unsigned>(list.size()));
  });
}

TEST_F(RefusedHandshakeTest, ForeignAlpnOnDirectTls) {
  const auto local = contexts_for("legacy.example");
  for (const auto& list : {std::string_view("h2"), std::string_view("xmpp-client"),
                           std::string_view("xmpp-serve"), std::string_view("xmpp-servers")}) {
    const auto server = local->accept_wan(kS2s, kDirectTls, std::nullopt);
    EXPECT_EQ(refusal(*server, client_with_alpn({list}), SSL_AD_NO_APPLICATION_PROTOCOL).reason,
              Reason::kAlpnMismatch);
  }
  const auto server = local->accept_wan(StreamKind::kC2s, kDirectTls, std::nullopt);
  EXPECT_EQ(
      refusal(*server, client_with_alpn({"xmpp-server"}), SSL_AD_NO_APPLICATION_PROTOCOL).reason,
      Reason::kAlpnMismatch);
}

// What is selected when these are offered.
std::string selected(const Contexts& local, StreamKind kind, TlsEntry entry,
                     std::initializer_list<std::string_view> offered) {
  const auto server = local.accept_wan(kind, entry, std::nullopt);
  const RawClient raw = client_with_alpn(offered);
  Talk talk{*raw.engine, *server, SIZE_MAX, {}, {}, {}, {}};
  EXPECT_TRUE(talk.handshake());
  EXPECT_EQ(raw.engine->facts().alpn, server->facts().alpn);
  return server->facts().alpn;
}

TEST(Alpn, IsSelectedWhereOffered) {
  const auto local = contexts_for("legacy.example");
  for (const TlsEntry entry : {kStartTls, kDirectTls}) {
    EXPECT_EQ(selected(*local, kS2s, entry, {"h2", "xmpp-server"}), "xmpp-server");
    EXPECT_EQ(selected(*local, StreamKind::kC2s, entry, {"xmpp-client", "h2"}), "xmpp-client");
  }
  EXPECT_EQ(selected(*local, kS2s, kStartTls, {"h2", "xmpp-client"}), "");
}

TEST(Alpn, IsNotDemandedFromThoseWhoOfferNone) {
  const auto local = contexts_for("legacy.example");
  const auto server = local->accept_wan(kS2s, kDirectTls, std::nullopt);
  const RawClient raw;
  Talk talk{*raw.engine, *server, SIZE_MAX, {}, {}, {}, {}};
  EXPECT_TRUE(talk.handshake());
  EXPECT_EQ(server->facts().alpn, "");
}

TEST(Alpn, IsOfferedByUsOnDirectTlsOnly) {
  const auto local = contexts_for("legacy.example");
  const auto remote = contexts_for("peer.example");
  for (const TlsEntry entry : {kStartTls, kDirectTls}) {
    const auto server = remote->accept_wan(kS2s, entry, std::nullopt);
    const auto client = local->connect_wan(domain("legacy.example"), domain("peer.example"), entry);
    Talk talk{*client, *server, SIZE_MAX, {}, {}, {}, {}};
    ASSERT_TRUE(talk.handshake());
    EXPECT_EQ(server->facts().alpn, entry == kDirectTls ? "xmpp-server" : "");
    EXPECT_EQ(server->facts().sni, "peer.example");
  }
}

}  // namespace
}  // namespace portcullis::tls
