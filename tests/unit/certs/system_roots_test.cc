#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "certs/verify/roots_file.h"
#include "certs/verify/verify.h"
#include "tests/support/test_pki.h"

namespace portcullis::certs {
namespace {

using test::kNow;
using ::testing::Test;

struct SystemRootsTest : Test {
  std::string absent(const std::string& name) const { return files.path() + "/" + name; }

  test::TempDir files;
  test::TestPki pki;
  std::string present = files.write("present.pem", test::pem(pki.root().certificate.get()));
};

TEST_F(SystemRootsTest, OfThisMachineDoNotVouchForAStranger) {
  const auto system = load_system_roots(kNow);
  ASSERT_TRUE(system) << system.error().message;
  EXPECT_GT(system->anchors.certificates().size(), 50U);
  const VerifyResult verdict = verify_peer({pki.present(pki.leaf(test::leaf_spec("peer.example"))),
                                            system->anchors,
                                            DomainName::parse("peer.example").value(),
                                            PeerRole::kReceiving,
                                            {},
                                            kNow});
  ASSERT_FALSE(verdict);
  EXPECT_EQ(verdict.error().refusal.reason, policy::Reason::kUntrustedIssuer);
}

TEST_F(SystemRootsTest, AreTheFirstFileThatExists) {
  const std::string unusable = files.write("unusable.pem", "nothing");
  const auto roots = load_system_roots(kNow, {absent("a"), present, unusable});
  ASSERT_TRUE(roots) << roots.error().message;
  EXPECT_EQ(roots->anchors.certificates().size(), 1U);
}

TEST_F(SystemRootsTest, MissingNamesThePackage) {
  const auto roots = load_system_roots(kNow, {absent("a.crt"), absent("b.pem")});
  ASSERT_FALSE(roots);
  EXPECT_EQ(roots.error().message,
            "this machine has no file of public certificate authorities (looked for " +
                absent("a.crt") + ", " + absent("b.pem") + "); install ca-certificates");
}

// A file that is there and broken is a fault of its own, which no package mends.
TEST_F(SystemRootsTest, BrokenIsNotPassedOver) {
  const std::string unusable = files.write("unusable.pem", "nothing");
  const auto roots = load_system_roots(kNow, {unusable, present});
  ASSERT_FALSE(roots);
  EXPECT_NE(roots.error().message.find(unusable), std::string::npos) << roots.error().message;
  EXPECT_EQ(roots.error().message.find("ca-certificates"), std::string::npos);
}

}  // namespace
}  // namespace portcullis::certs
