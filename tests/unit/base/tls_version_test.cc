#include "proxy/base/tls_version.h"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>

namespace portcullis {
namespace {

constexpr std::array kVersions{TlsVersion::kUnknown, TlsVersion::kTls10, TlsVersion::kTls11,
                               TlsVersion::kTls12, TlsVersion::kTls13};

TEST(TlsVersion, IsReadFromTheWire) {
  for (const auto version : kVersions)
    EXPECT_EQ(tls_version_of(static_cast<int>(version)), version);
  EXPECT_EQ(tls_version_of(0x0303), TlsVersion::kTls12);
  // SSLv3, what may come after TLS 1.3, DTLS 1.2, a draft, and what only ends like TLS 1.2.
  for (const int wire : {-1, 1, 0x0300, 0x0305, 0xfefd, 0x7f1c, 0x10303})
    EXPECT_EQ(tls_version_of(wire), TlsVersion::kUnknown) << wire;
}

TEST(TlsVersion, RisesWithTheVersion) {
  for (std::size_t i = 1; i < kVersions.size(); ++i) EXPECT_LT(kVersions[i - 1], kVersions[i]);
}

// Operators and their scripts know these words.
TEST(TlsVersion, HasItsWords) {
  EXPECT_EQ(name(TlsVersion::kUnknown), "none");
  EXPECT_EQ(name(TlsVersion::kTls10), "TLSv1.0");
  EXPECT_EQ(name(TlsVersion::kTls11), "TLSv1.1");
  EXPECT_EQ(name(TlsVersion::kTls12), "TLSv1.2");
  EXPECT_EQ(name(TlsVersion::kTls13), "TLSv1.3");
  EXPECT_EQ(words(TlsVersion::kUnknown), "an unknown TLS version");
  EXPECT_EQ(words(TlsVersion::kTls10), "TLS 1.0");
  EXPECT_EQ(words(TlsVersion::kTls11), "TLS 1.1");
  EXPECT_EQ(words(TlsVersion::kTls12), "TLS 1.2");
  EXPECT_EQ(words(TlsVersion::kTls13), "TLS 1.3");
}

}  // namespace
}  // namespace portcullis
