#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/core_names.h>

#include <cstdint>
#include <string>
#include <vector>

#include "tests/unit/tls/stranger.h"

// What a stranger could make us compute by the key exchange it asks for, and forward secrecy.
namespace portcullis::tls {
namespace {

using policy::Reason;

class GroupTest : public ::testing::TestWithParam<const char*> {};
class FiniteFieldTest : public GroupTest {};
class EllipticTest : public GroupTest {};

TEST_P(FiniteFieldTest, IsRefusedInTls13) {
  EXPECT_EQ(refused([](SSL_CTX*, SSL* ssl) {
              SSL_set_min_proto_version(ssl, TLS1_3_VERSION);
              ASSERT_EQ(SSL_set1_groups_list(ssl, GetParam()), 1);
            }),
            Reason::kTlsNoCommonSuite);
}

TEST_P(FiniteFieldTest, IsPassedOverForWhoeverKnowsBetterToo) {
  EXPECT_EQ(refused([](SSL_CTX*, SSL* ssl) {
              const auto list = std::string(GetParam()) + ":X25519";
              ASSERT_EQ(SSL_set1_groups_list(ssl, list.c_str()), 1);
            }),
            std::nullopt);
}

TEST_P(EllipticTest, IsAccepted) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    EXPECT_EQ(refused([version](SSL_CTX*, SSL* ssl) {
                SSL_set_min_proto_version(ssl, version);
                SSL_set_max_proto_version(ssl, version);
                ASSERT_EQ(SSL_set1_groups_list(ssl, GetParam()), 1);
              }),
              std::nullopt);
  }
}

INSTANTIATE_TEST_SUITE_P(Groups, FiniteFieldTest,
                         ::testing::Values("ffdhe2048", "ffdhe3072", "ffdhe4096", "ffdhe6144",
                                           "ffdhe8192"));
INSTANTIATE_TEST_SUITE_P(Groups, EllipticTest,
                         ::testing::Values("X25519", "P-256", "X448", "P-384", "P-521"));

TEST(FiniteField, IsRefusedInTls12) {
  EXPECT_EQ(refused([](SSL_CTX*, SSL* ssl) {
              SSL_set_max_proto_version(ssl, TLS1_2_VERSION);
              ASSERT_EQ(SSL_set_cipher_list(ssl, "DHE-RSA-AES128-GCM-SHA256"), 1);
            }),
            Reason::kTlsNoCommonSuite);
  EXPECT_EQ(refused([](SSL_CTX*, SSL* ssl) {
              SSL_set_max_proto_version(ssl, TLS1_2_VERSION);
              ASSERT_EQ(
                  SSL_set_cipher_list(ssl, "DHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256"),
                  1);
            }),
            std::nullopt);
}

// What we ourselves offer to a peer.
struct Offer {
  std::vector<int> groups;
  std::vector<int> key_exchanges;
};

Offer offer_of(const Contexts& local) {
  Offer offer;
  certs::SslCtxPtr context(SSL_CTX_new(TLS_server_method()));
  SSL_CTX_set_client_hello_cb(
      context.get(),
      [](SSL* ssl, int*, void* target) {
        const unsigned char* octets = nullptr;
        std::size_t size = 0;
        if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_supported_groups, &octets, &size) == 1)
          for (std::size_t i = 2; i + 1 < size; i += 2)
            static_cast<Offer*>(target)->groups.push_back(octets[i] << 8 | octets[i + 1]);
        size = SSL_client_hello_get0_ciphers(ssl, &octets);
        for (std::size_t i = 0; i + 1 < size; i += 2)
          if (const auto* cipher = SSL_CIPHER_find(ssl, octets + i))
            static_cast<Offer*>(target)->key_exchanges.push_back(SSL_CIPHER_get_kx_nid(cipher));
        return SSL_CLIENT_HELLO_ERROR;
      },
      &offer);
  certs::SslPtr ssl(SSL_new(context.get()));
  SSL_set_accept_state(ssl.get());
  Engine server(std::move(ssl));
  const auto client =
      local.connect_wan(domain("legacy.example"), domain("peer.example"), kStartTls);
  Talk talk{*client, server, SIZE_MAX, {}, {}, {}, {}};
  EXPECT_FALSE(talk.handshake());
  return offer;
}

TEST(FiniteField, IsNotOfferedByUs) {
  const auto offer = offer_of(*contexts_for("legacy.example"));
  ASSERT_FALSE(offer.groups.empty());
  ASSERT_FALSE(offer.key_exchanges.empty());
  for (const int group : offer.groups) EXPECT_FALSE(group >= 0x0100 && group <= 0x01FF) << group;
  for (const int exchange : offer.key_exchanges) EXPECT_NE(exchange, NID_kx_dhe);
}

// ---- finite_field = "ffdhe2048"

std::unique_ptr<Contexts> with_ffdhe2048() {
  ContextsSpec spec;
  spec.hosts.push_back(host("legacy.example"));
  spec.s2s_key_exchange.finite_field = policy::FiniteField::kFfdhe2048;
  return contexts(std::move(spec));
}

TEST(Ffdhe2048, IsAcceptedOnDemandAndNoLargerOne) {
  const auto local = with_ffdhe2048();
  const auto only = [](const char* group) {
    return [group](SSL_CTX*, SSL* ssl) {
      SSL_set_min_proto_version(ssl, TLS1_3_VERSION);
      ASSERT_EQ(SSL_set1_groups_list(ssl, group), 1);
    };
  };
  EXPECT_EQ(refused_by(*local, only("ffdhe2048")), std::nullopt);
  EXPECT_EQ(refused_by(*local, only("ffdhe3072")), Reason::kTlsNoCommonSuite);
  EXPECT_EQ(refused_by(*local, only("ffdhe8192")), Reason::kTlsNoCommonSuite);
  EXPECT_EQ(refused_by(*local,
                       [](SSL_CTX*, SSL* ssl) {
                         SSL_set_max_proto_version(ssl, TLS1_2_VERSION);
                         SSL_set_cipher_list(ssl, "DHE-RSA-AES128-GCM-SHA256");
                       }),
            std::nullopt);
}

TEST(Ffdhe2048, IsForItsKindOfStreamAlone) {
  const auto local = with_ffdhe2048();
  const auto server = local->accept_wan(StreamKind::kC2s, kStartTls, std::nullopt);
  const RawClient raw([](SSL_CTX*, SSL* ssl) { SSL_set1_groups_list(ssl, "ffdhe2048"); });
  Talk talk{*raw.engine, *server, SIZE_MAX, {}, {}, {}, {}};
  EXPECT_FALSE(talk.handshake());
}

TEST(Ffdhe2048, IsOfferedByUsOnDemand) {
  const auto offer = offer_of(*with_ffdhe2048());
  EXPECT_THAT(offer.groups, ::testing::Contains(0x0100));
  EXPECT_THAT(offer.groups, ::testing::Not(::testing::Contains(0x0101)));
  EXPECT_THAT(offer.key_exchanges, ::testing::Contains(NID_kx_dhe));
}

// A peer of TLS 1.2 chooses the group, and may choose one of its own.
TEST(Ffdhe2048, OfAPeerIsAcceptedAndNoLargerOne) {
  const auto local = with_ffdhe2048();
  const auto pair = pair_for("peer.example", test::TestKey::kRsa2048);
  for (const bool larger : {false, true}) {
    certs::SslCtxPtr context(SSL_CTX_new(TLS_server_method()));
    SSL_CTX_set_max_proto_version(context.get(), TLS1_2_VERSION);
    SSL_CTX_set_cipher_list(context.get(), "DHE-RSA-AES256-GCM-SHA384");
    ASSERT_EQ(SSL_CTX_use_cert_and_key(context.get(), pair.leaf.get(), pair.key.get(), nullptr, 1),
              1);
    // By itself the library takes 3072 bits beside AES-256 and 2048 as our certificate has.
    SSL_CTX_set_dh_auto(context.get(), larger ? 0 : 1);
    if (larger) {
      EVP_PKEY_CTX* maker = EVP_PKEY_CTX_new_from_name(nullptr, "DH", nullptr);
      EVP_PKEY* group = nullptr;
      EVP_PKEY_keygen_init(maker);
      EVP_PKEY_CTX_set_group_name(maker, "ffdhe4096");
      EVP_PKEY_generate(maker, &group);
      EVP_PKEY_CTX_free(maker);
      ASSERT_EQ(SSL_CTX_set0_tmp_dh_pkey(context.get(), group), 1);
    }
    certs::SslPtr ssl(SSL_new(context.get()));
    SSL_set_accept_state(ssl.get());
    Engine server(std::move(ssl));
    const auto client =
        local->connect_wan(domain("legacy.example"), domain("peer.example"), kStartTls);
    Talk talk{*client, server, SIZE_MAX, {}, {}, {}, {}};
    EXPECT_EQ(talk.handshake(), !larger);
  }
}

// ---- forward_secrecy

std::unique_ptr<Contexts> with_forward_secrecy(const std::string& name = "legacy.example") {
  ContextsSpec spec;
  spec.hosts.push_back(host(name));
  spec.s2s_key_exchange.forward_secrecy = true;
  return contexts(std::move(spec));
}

RawClient::Configure client_of(const char* suites, int version = TLS1_2_VERSION) {
  return [suites, version](SSL_CTX*, SSL* ssl) {
    SSL_set_max_proto_version(ssl, version);
    ASSERT_EQ(SSL_set_cipher_list(ssl, suites), 1);
  };
}

TEST(ForwardSecrecy, WhoOffersNothingElseIsToldSo) {
  const auto local = with_forward_secrecy();
  std::string why;
  EXPECT_EQ(refused_by(*local, client_of("AES128-GCM-SHA256"), &why), Reason::kTlsNoForwardSecrecy);
  EXPECT_NE(why.find("Only key exchange by RSA was offered"), std::string::npos) << why;
  EXPECT_EQ(refused_by(*local, client_of("kRSA")), Reason::kTlsNoForwardSecrecy);
}

TEST(ForwardSecrecy, NobodyElseIsLost) {
  const auto local = with_forward_secrecy();
  for (const char* suites : {"ECDHE-RSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA384",
                             "AES256-SHA:ECDHE-RSA-AES128-GCM-SHA256", "DEFAULT"})
    EXPECT_EQ(refused_by(*local, client_of(suites)), std::nullopt) << suites;
  EXPECT_EQ(refused_by(*local, client_of("AES256-SHA", TLS1_3_VERSION)), std::nullopt);
}

TEST(ForwardSecrecy, WhoOffersItWithSomethingElseThatWeDoNotHaveIsNotToldSo) {
  const auto local = with_forward_secrecy();
  EXPECT_EQ(refused_by(*local, client_of("AES256-SHA:DHE-RSA-AES128-GCM-SHA256")),
            Reason::kTlsNoCommonSuite);
}

TEST(ForwardSecrecy, WhereItIsNotDemandedTheFactsSayWhatIs) {
  const auto local = contexts_for("legacy.example");
  for (const bool secret : {false, true}) {
    const auto server = local->accept_wan(kS2s, kStartTls, std::nullopt);
    const RawClient raw(client_of(secret ? "ECDHE-RSA-AES128-SHA" : "AES128-SHA"));
    Talk talk{*raw.engine, *server, SIZE_MAX, {}, {}, {}, {}};
    ASSERT_TRUE(talk.handshake());
    EXPECT_EQ(server->facts().forward_secrecy, secret);
    EXPECT_EQ(raw.engine->facts().forward_secrecy, secret);
  }
}

// A server that knows nothing better says "handshake failure", which can mean much.
TEST(ForwardSecrecy, OfAServerIsGuessedAt) {
  const auto local = with_forward_secrecy();
  const auto pair = pair_for("peer.example", test::TestKey::kRsa2048);
  certs::SslCtxPtr context(SSL_CTX_new(TLS_server_method()));
  SSL_CTX_set_max_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context.get(), "AES128-GCM-SHA256");
  SSL_CTX_use_cert_and_key(context.get(), pair.leaf.get(), pair.key.get(), nullptr, 1);
  certs::SslPtr ssl(SSL_new(context.get()));
  SSL_set_accept_state(ssl.get());
  Engine server(std::move(ssl));
  const auto client =
      local->connect_wan(domain("legacy.example"), domain("peer.example"), kStartTls);
  Talk talk{*client, server, SIZE_MAX, {}, {}, {}, {}};
  EXPECT_FALSE(talk.handshake());
  EXPECT_EQ(client->failure().reason, Reason::kTlsNoCommonSuite);
  EXPECT_NE(client->failure().text.find("may know only key exchange by RSA"), std::string::npos)
      << client->failure().text;
}

}  // namespace
}  // namespace portcullis::tls
