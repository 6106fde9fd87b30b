#include "certs/own/credentials.h"

#include <gtest/gtest.h>

#include <string>

#include "certs/x509/spki_pin.h"
#include "tests/support/test_pki.h"

namespace portcullis::certs {
namespace {

using test::CertificateSpec;
using test::Issued;
using test::kNow;
using test::TestKey;

class CredentialsTest : public ::testing::Test {
 protected:
  std::string chain_file(const Issued& leaf) const {
    return files_.write("chain.pem", test::pem(leaf.certificate.get()) +
                                         test::pem(pki_.intermediate().certificate.get()));
  }
  std::string key_file(const Issued& leaf) const {
    return files_.write("leaf.key", test::pem(leaf.key.get()));
  }
  // The error of a load that must fail.
  static std::string error(const Result<KeyPair>& loaded) {
    EXPECT_FALSE(loaded.has_value());
    return loaded ? "" : loaded.error().message;
  }

  test::TestPki pki_;
  test::TempDir files_;
};

TEST_F(CredentialsTest, LoadsEveryKeyType) {
  const std::vector<std::pair<TestKey, KeyType>> types{{TestKey::kP256, KeyType::kEcdsa},
                                                       {TestKey::kP384, KeyType::kEcdsa},
                                                       {TestKey::kRsa2048, KeyType::kRsa},
                                                       {TestKey::kEd25519, KeyType::kEddsa}};
  for (const auto& [key, expected] : types) {
    CertificateSpec spec = test::leaf_spec("host.example");
    spec.key = key;
    const Issued leaf = pki_.leaf(spec);
    const auto pair = load_key_pair(chain_file(leaf), key_file(leaf), kNow);
    ASSERT_TRUE(pair) << pair.error().message;
    EXPECT_EQ(pair->type, expected);
    EXPECT_EQ(X509_cmp(pair->leaf.get(), leaf.certificate.get()), 0);
    ASSERT_EQ(pair->chain.size(), 1U);
  }
}

TEST_F(CredentialsTest, RefusesAForeignKey) {
  const Issued leaf = pki_.leaf(test::leaf_spec("host.example"));
  const Issued other = pki_.leaf(test::leaf_spec("host.example"));
  EXPECT_NE(error(load_key_pair(chain_file(leaf), key_file(other), kNow)).find("is not the key of"),
            std::string::npos);
}

TEST_F(CredentialsTest, RefusesTheWrongOrder) {
  const Issued leaf = pki_.leaf(test::leaf_spec("host.example"));
  const std::string file =
      files_.write("reversed.pem", test::pem(pki_.intermediate().certificate.get()) +
                                       test::pem(leaf.certificate.get()));
  EXPECT_NE(error(load_key_pair(file, key_file(leaf), kNow)).find("own certificate first"),
            std::string::npos);
}

TEST_F(CredentialsTest, RefusesWhatIsNotValidNow) {
  const Issued leaf = pki_.leaf(test::leaf_spec("host.example"));
  const std::string chain = chain_file(leaf);
  const std::string key = key_file(leaf);
  EXPECT_NE(error(load_key_pair(chain, key, kNow + std::chrono::days(61))).find("expired on 2026-"),
            std::string::npos);
  EXPECT_NE(error(load_key_pair(chain, key, kNow - std::chrono::days(31))).find("valid only from"),
            std::string::npos);
}

TEST_F(CredentialsTest, NamesTheFileThatCannotBeRead) {
  const Issued leaf = pki_.leaf(test::leaf_spec("host.example"));
  const std::string missing = files_.path() + "/missing.pem";
  EXPECT_NE(error(load_key_pair(missing, key_file(leaf), kNow)).find(missing), std::string::npos);
  EXPECT_NE(error(load_key_pair(chain_file(leaf), missing, kNow)).find(missing), std::string::npos);
  EXPECT_NE(error(load_key_pair(files_.path(), key_file(leaf), kNow)).find(files_.path()),
            std::string::npos);
  const std::string empty = files_.write("empty.pem", "");
  EXPECT_NE(error(load_key_pair(empty, key_file(leaf), kNow)).find("no PEM certificate"),
            std::string::npos);
  EXPECT_NE(error(load_key_pair(chain_file(leaf), empty, kNow)).find("no usable private key"),
            std::string::npos);
}

TEST_F(CredentialsTest, RefusesABrokenCertificateBehindAGoodOne) {
  const Issued leaf = pki_.leaf(test::leaf_spec("host.example"));
  const std::string file = files_.write(
      "broken.pem", test::pem(leaf.certificate.get()) +
                        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  EXPECT_NE(error(load_key_pair(file, key_file(leaf), kNow)).find("certificate 2 does not parse"),
            std::string::npos);
}

TEST_F(CredentialsTest, PinsSurviveARenewalWithTheSameKey) {
  const Issued backend = test::issue_self_signed(test::leaf_spec("backend.example"));
  std::vector<X509Ptr> certificates;
  certificates.push_back(share(backend.certificate.get()));
  const auto pins = PinnedKeys::of(certificates, "backend.pem");
  ASSERT_TRUE(pins) << pins.error().message;
  EXPECT_TRUE(pins->match(backend.certificate.get()));

  // The same key under another certificate, then another key under the same name.
  const Issued renewed = pki_.leaf(test::leaf_spec("backend.example"));
  ASSERT_EQ(X509_set_pubkey(renewed.certificate.get(), backend.key.get()), 1);
  EXPECT_TRUE(pins->match(renewed.certificate.get()));
  const Issued impostor = test::issue_self_signed(test::leaf_spec("backend.example"));
  EXPECT_FALSE(pins->match(impostor.certificate.get()));
  EXPECT_FALSE(pins->match(nullptr));
}

TEST_F(CredentialsTest, OnlyTheVeryCertificateIsTheSame) {
  const Issued one = pki_.leaf(test::leaf_spec("host.example"));
  const Issued renewed = pki_.leaf(test::leaf_spec("host.example"));
  ASSERT_EQ(X509_set_pubkey(renewed.certificate.get(), one.key.get()), 1);
  const X509Ptr copy(X509_dup(one.certificate.get()));
  EXPECT_TRUE(same_certificate(one.certificate.get(), one.certificate.get()));
  EXPECT_TRUE(same_certificate(one.certificate.get(), copy.get()));
  EXPECT_FALSE(same_certificate(one.certificate.get(), renewed.certificate.get()));
  EXPECT_FALSE(same_certificate(one.certificate.get(), nullptr));
  EXPECT_FALSE(same_certificate(nullptr, nullptr));
}

TEST_F(CredentialsTest, PrintsAPin) {
  const Issued leaf = pki_.leaf(test::leaf_spec("host.example"));
  const std::string pin = spki_pin_text(leaf.certificate.get());
  EXPECT_EQ(pin.substr(0, 12), "spki-sha256:");
  EXPECT_EQ(pin.size(), 12U + 44U);
  EXPECT_EQ(pin.back(), '=');
  EXPECT_NE(pin, spki_pin_text(pki_.leaf(test::leaf_spec("host.example")).certificate.get()));
  EXPECT_EQ(spki_pin_text(nullptr), "");
}

TEST_F(CredentialsTest, ReadsTheEndOfValidity) {
  const Issued leaf = pki_.leaf(test::leaf_spec("host.example"));
  EXPECT_EQ(not_after(leaf.certificate.get()), kNow + std::chrono::days(60));
}

TEST_F(CredentialsTest, AnchorsFromAFileWithoutCertificatesFail) {
  EXPECT_FALSE(TrustAnchors::from_pem_file(files_.write("roots.pem", "no certificate\n")));
  EXPECT_FALSE(TrustAnchors::from_pem_file(files_.path() + "/missing.pem"));
}

}  // namespace
}  // namespace portcullis::certs
