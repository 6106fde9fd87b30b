#include "certs/x509/fingerprint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/test_pki.h"

namespace portcullis::certs {
namespace {

TEST(Fingerprint, IsInHexadecimalAndOfTheWholeCertificate) {
  const test::TestPki pki;
  const auto text = fingerprint_text(pki.root().certificate.get());
  EXPECT_THAT(text, testing::MatchesRegex("[0-9a-f]+"));
  EXPECT_EQ(text.size(), 64U);
  EXPECT_EQ(fingerprint_text(pki.root().certificate.get()), text);
  EXPECT_NE(fingerprint_text(pki.intermediate().certificate.get()), text);
}

TEST(Fingerprint, OfNoCertificateIsEmpty) {
  EXPECT_EQ(fingerprint_text(nullptr), "");
}

}  // namespace
}  // namespace portcullis::certs
