#include "policy/model/certificate_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace portcullis::policy {
namespace {

using testing::Contains;

std::vector<std::string> chains(const std::string& folder, std::string_view domain) {
  std::vector<std::string> all;
  for (const auto& layout : certificate_candidates(folder, DomainName::parse(domain).value()))
    for (const auto& pair : layout) all.push_back(pair.chain);
  return all;
}

TEST(CertificateFolder, KnowsWhatCertbotAndLegoWrite) {
  const auto certbot = chains("/etc/letsencrypt", "a.example");
  EXPECT_THAT(certbot, Contains("/etc/letsencrypt/live/a.example/fullchain.pem"));
  EXPECT_THAT(certbot, Contains("/etc/letsencrypt/live/a.example-rsa/fullchain.pem"));
  EXPECT_THAT(chains("/etc/letsencrypt/live", "a.example"),
              Contains("/etc/letsencrypt/live/a.example/fullchain.pem"));
  EXPECT_THAT(chains("/var/lib/lego", "a.example"),
              Contains("/var/lib/lego/certificates/a.example.crt"));
  EXPECT_THAT(chains("/etc/portcullis/certs", "a.example"),
              Contains("/etc/portcullis/certs/a.example-ecdsa.pem"));
}

TEST(CertificateFolder, UsesALabels) {
  EXPECT_THAT(chains("/c", "b\u00fccher.example"), Contains("/c/xn--bcher-kva.example.pem"));
}

TEST(CertificateFolder, KeyAndChainBelongTogether) {
  for (const auto& layout : certificate_candidates("/c", DomainName::parse("a.example").value()))
    for (const auto& pair : layout) {
      const std::filesystem::path chain(pair.chain);
      const std::filesystem::path key(pair.key);
      EXPECT_EQ(chain.parent_path(), key.parent_path());
      EXPECT_NE(chain, key);
    }
}

// No domain that the configuration can name leads out of the folder.
TEST(CertificateFolder, IsNotLeft) {
  for (const auto* name : {"..", "../a", "a/../../b", "/etc/passwd", ".", "a..b", ".a", "a/b",
                           "a\\b", "..%2f", "-", "", "\u2024\u2024/a", "\uff0e\uff0e"})
    EXPECT_FALSE(DomainName::parse(name)) << name;
  for (const auto* name : {"a.example", "a", "x.y.z.example", "xn--bcher-kva.example", "1.example"})
    for (const auto& chain : chains("/c", name)) {
      const std::string inside =
          std::filesystem::path(chain).lexically_normal().lexically_relative("/c").string();
      EXPECT_FALSE(inside.empty() || inside.starts_with("..")) << chain;
      EXPECT_EQ(std::filesystem::path(chain).lexically_normal(), chain);
    }
}

}  // namespace
}  // namespace portcullis::policy
