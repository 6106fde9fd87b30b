#include <gtest/gtest.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include <string>

#include "tests/unit/tls/stranger.h"

// Certificates that would cost more to look at than a stranger may cost.
namespace portcullis::tls {
namespace {

using policy::Reason;

// ---- Keys of certificates

certs::EvpPkeyPtr rsa_key(unsigned bits, const std::string& exponent, const char* type = "RSA") {
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
      EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr), &EVP_PKEY_CTX_free);
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

certs::X509Ptr certificate_of(EVP_PKEY* key) {
  certs::X509Ptr certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key);
  X509_sign(certificate.get(), key, EVP_sha256());
  return certificate;
}

// A client that shows a self-signed certificate of that key.
std::optional<Reason> refused_key(const certs::EvpPkeyPtr& key) {
  const auto certificate = certificate_of(key.get());
  std::string why;
  std::optional<TlsLimit> limit;
  const auto reason = refused(
      [&](SSL_CTX*, SSL* ssl) {
        ASSERT_EQ(SSL_use_cert_and_key(ssl, certificate.get(), key.get(), nullptr, 1), 1);
      },
      &why, &limit);
  if (reason) {
    EXPECT_EQ(limit, TlsLimit::kKey);
    EXPECT_NE(why.find("too large to be looked at"), std::string::npos) << why;
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

// The other type of RSA keys, which signs by RSASSA-PSS alone.
TEST(ClientKey, WithAHugeExponentIsRefusedUnderAnyName) {
  EXPECT_EQ(refused_key(rsa_key(2048, "10001", "RSA-PSS")), std::nullopt);
  EXPECT_EQ(refused_key(rsa_key(2048, "1" + std::string(64, '0') + "1", "RSA-PSS")),
            Reason::kTlsFailed);
}

// ---- Lists that are dear to decode

certs::EvpPkeyPtr ec_key(const char* encoding) {
  certs::EvpPkeyPtr key(EVP_EC_gen("P-256"));
  EXPECT_EQ(EVP_PKEY_set_utf8_string_param(key.get(), OSSL_PKEY_PARAM_EC_ENCODING, encoding), 1);
  return key;
}

// A client of that version whose list has `copies` of the certificate behind its own.
RawClient::Configure showing(const certs::X509Ptr& certificate, int copies, int version) {
  return [&certificate, copies, version](SSL_CTX*, SSL* ssl) {
    static const auto own = pair_for("peer.example", test::TestKey::kP256);
    SSL_set_min_proto_version(ssl, version);
    SSL_set_max_proto_version(ssl, version);
    ASSERT_EQ(SSL_use_cert_and_key(ssl, own.leaf.get(), own.key.get(), nullptr, 1), 1);
    for (int i = 0; i < copies; ++i) ASSERT_EQ(SSL_add1_chain_cert(ssl, certificate.get()), 1);
  };
}

class CertificateListTest : public ::testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Versions, CertificateListTest,
                         ::testing::Values(TLS1_2_VERSION, TLS1_3_VERSION));

TEST_P(CertificateListTest, WithACurveThatHasANameIsDecoded) {
  const auto named = certificate_of(ec_key(OSSL_PKEY_EC_ENCODING_GROUP).get());
  EXPECT_EQ(refused(showing(named, 3, GetParam())), std::nullopt);
}

// Whoever writes a curve out can make it up, with a prime that makes its square roots endless.
TEST_P(CertificateListTest, WithACurveThatIsWrittenOutIsRefusedUndecoded) {
  const auto written_out = certificate_of(ec_key(OSSL_PKEY_EC_ENCODING_EXPLICIT).get());
  std::string why;
  std::optional<TlsLimit> limit;
  EXPECT_EQ(refused(showing(written_out, 1, GetParam()), &why, &limit), Reason::kTlsFailed);
  EXPECT_EQ(limit, TlsLimit::kCurve);
  EXPECT_NE(why.find("elliptic curve without a name"), std::string::npos) << why;
}

TEST_P(CertificateListTest, IsShort) {
  const auto named = certificate_of(ec_key(OSSL_PKEY_EC_ENCODING_GROUP).get());
  std::string why;
  std::optional<TlsLimit> limit;
  EXPECT_EQ(refused(showing(named, 9, GetParam())), std::nullopt);
  EXPECT_EQ(refused(showing(named, 10, GetParam()), &why, &limit), Reason::kTlsFailed);
  EXPECT_EQ(limit, TlsLimit::kCertificates);
  EXPECT_NE(why.find("more than 10 certificates"), std::string::npos) << why;
}

// Its octets, whatever is in them. The library says so, before it has read them.
TEST_P(CertificateListTest, IsSmall) {
  const auto large = certificate_of(numbers_like_a_key(16000).get());
  std::optional<TlsLimit> limit;
  EXPECT_EQ(refused(showing(large, 3, GetParam())), std::nullopt);
  EXPECT_EQ(refused(showing(large, 5, GetParam()), nullptr, &limit), Reason::kTlsFailed);
  EXPECT_EQ(limit, TlsLimit::kMessage);
}

// The same for a server that we called.
TEST_P(CertificateListTest, OfAServerIsScreenedToo) {
  const auto local = contexts_for("legacy.example");
  const auto pair = pair_for("peer.example", test::TestKey::kP256);
  const auto written_out = certificate_of(ec_key(OSSL_PKEY_EC_ENCODING_EXPLICIT).get());
  for (const bool dear : {false, true}) {
    const certs::SslCtxPtr context(SSL_CTX_new(TLS_server_method()));
    SSL_CTX_set_max_proto_version(context.get(), GetParam());
    SSL_CTX_use_cert_and_key(context.get(), pair.leaf.get(), pair.key.get(), nullptr, 1);
    if (dear) SSL_CTX_add1_chain_cert(context.get(), written_out.get());
    certs::SslPtr ssl(SSL_new(context.get()));
    SSL_set_accept_state(ssl.get());
    Engine server(std::move(ssl));
    const auto client =
        local->connect_wan(domain("legacy.example"), domain("peer.example"), kStartTls);
    Talk talk{*client, server, SIZE_MAX, {}, {}, {}, {}};
    talk.handshake();
    EXPECT_EQ(client->state() == Engine::State::kFailed, dear);
  }
}

}  // namespace
}  // namespace portcullis::tls
