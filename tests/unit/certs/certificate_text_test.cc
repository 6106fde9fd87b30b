// Unit tests of certificates in words.

#include "certs/x509/certificate_text.h"

#include <gtest/gtest.h>

#include "tests/support/test_pki.h"

namespace portcullis::certs {
namespace {

using test::TestKey;

TEST(KeyText, NamesTypeAndSize) {
  const test::TestPki pki;
  const auto text = [&pki](TestKey key) {
    auto spec = test::leaf_spec("a.example");
    spec.key = key;
    return key_text(pki.leaf(spec).certificate.get());
  };
  EXPECT_EQ(text(TestKey::kP256), "ECDSA P-256");
  EXPECT_EQ(text(TestKey::kP384), "ECDSA P-384");
  EXPECT_EQ(text(TestKey::kSecp256k1), "ECDSA secp256k1");
  EXPECT_EQ(text(TestKey::kRsa1024), "RSA 1024 bits");
  EXPECT_EQ(text(TestKey::kEd25519), "ED25519");
}

TEST(KeyText, KnowsNothingOfNoCertificate) {
  EXPECT_EQ(key_text(nullptr), "unknown");
}

}  // namespace
}  // namespace portcullis::certs
