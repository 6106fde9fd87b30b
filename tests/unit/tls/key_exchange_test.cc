#include <gtest/gtest.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include <cstdint>
#include <string>
#include <vector>

#include "tests/unit/tls/engine_pair.h"

// What a stranger could make us compute. Finite-field Diffie-Hellman and oversized keys are
// refused; everything else that the library knows stays.
namespace portcullis::tls {
namespace {

using policy::Reason;
using State = Engine::State;

// A handshake of a client of that kind with one of ours; the reason why it failed, or nothing.
std::optional<Reason> refused(const RawClient::Configure& configure, std::string* why = nullptr) {
  static const auto local = contexts_for("legacy.example");
  const auto server = local->accept_wan(kS2s, kStartTls, domain("legacy.example"));
  const RawClient raw(configure);
  Talk talk{*raw.engine, *server, SIZE_MAX, {}, {}, {}, {}};
  if (talk.handshake()) return std::nullopt;
  EXPECT_EQ(server->state(), State::kFailed);
  if (why != nullptr) *why = server->failure().text;
  return server->failure().reason;
}

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

Offer our_offer() {
  static const auto local = contexts_for("legacy.example");
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
      local->connect_wan(domain("legacy.example"), domain("peer.example"), kStartTls);
  Talk talk{*client, server, SIZE_MAX, {}, {}, {}, {}};
  EXPECT_FALSE(talk.handshake());
  return offer;
}

TEST(FiniteField, IsNotOfferedByUs) {
  const auto offer = our_offer();
  ASSERT_FALSE(offer.groups.empty());
  ASSERT_FALSE(offer.key_exchanges.empty());
  for (const int group : offer.groups) EXPECT_FALSE(group >= 0x0100 && group <= 0x01FF) << group;
  for (const int exchange : offer.key_exchanges) EXPECT_NE(exchange, NID_kx_dhe);
}

// ---- Keys of certificates

certs::EvpPkeyPtr rsa_key(unsigned bits, const std::string& exponent) {
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
      EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr), &EVP_PKEY_CTX_free);
  BIGNUM* e = nullptr;
  BN_hex2bn(&e, exponent.c_str());
  EVP_PKEY_keygen_init(context.get());
  EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), static_cast<int>(bits));
  EVP_PKEY_CTX_set1_rsa_keygen_pubexp(context.get(), e);
  BN_free(e);
  EVP_PKEY* key = nullptr;
  EVP_PKEY_generate(context.get(), &key);
  return certs::EvpPkeyPtr(key);
}

// No real key, which would take minutes to make: numbers of that size. A signature by them is
// wrong, and whoever looks at it has spent the time already.
certs::EvpPkeyPtr numbers_like_a_key(int bits) {
  using Number = std::unique_ptr<BIGNUM, decltype(&BN_free)>;
  const Number n(BN_new(), &BN_free);
  const Number e(BN_new(), &BN_free);
  const Number d(BN_new(), &BN_free);
  BN_rand(n.get(), bits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ODD);
  BN_set_word(e.get(), RSA_F4);
  BN_rand(d.get(), 256, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ODD);
  const std::unique_ptr<OSSL_PARAM_BLD, decltype(&OSSL_PARAM_BLD_free)> builder(
      OSSL_PARAM_BLD_new(), &OSSL_PARAM_BLD_free);
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_D, d.get());
  const std::unique_ptr<OSSL_PARAM, decltype(&OSSL_PARAM_free)> parameters(
      OSSL_PARAM_BLD_to_param(builder.get()), &OSSL_PARAM_free);
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
      EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr), &EVP_PKEY_CTX_free);
  EVP_PKEY* key = nullptr;
  EVP_PKEY_fromdata_init(context.get());
  EXPECT_EQ(EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEYPAIR, parameters.get()), 1);
  return certs::EvpPkeyPtr(key);
}

// A client that shows a self-signed certificate of that key.
std::optional<Reason> refused_key(const certs::EvpPkeyPtr& key) {
  certs::X509Ptr certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key.get());
  X509_sign(certificate.get(), key.get(), EVP_sha256());
  std::string why;
  const auto reason = refused(
      [&](SSL_CTX*, SSL* ssl) {
        ASSERT_EQ(SSL_use_cert_and_key(ssl, certificate.get(), key.get(), nullptr, 1), 1);
      },
      &why);
  if (reason) {
    EXPECT_NE(why.find("RSA key over 8192 bits"), std::string::npos) << why;
  }
  return reason;
}

TEST(ClientKey, OfAnOrdinarySizeIsJudgedAfterTheHandshake) {
  EXPECT_EQ(refused_key(rsa_key(2048, "10001")), std::nullopt);
}

TEST(ClientKey, WithAHugeModulusIsRefusedUnverified) {
  EXPECT_EQ(refused_key(numbers_like_a_key(8200)), Reason::kTlsFailed);
  EXPECT_EQ(refused_key(numbers_like_a_key(16384)), Reason::kTlsFailed);
}

TEST(ClientKey, WithAHugeExponentIsRefusedUnverified) {
  EXPECT_EQ(refused_key(rsa_key(2048, "1" + std::string(64, '0') + "1")), Reason::kTlsFailed);
}

}  // namespace
}  // namespace portcullis::tls
