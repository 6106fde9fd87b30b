#include "proxy/relay/shared_certificate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/relay/snapshot_world.h"

namespace portcullis::relay {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

test::Issued leaf(test::TestKey key) {
  auto spec = test::leaf_spec("legacy.example");
  spec.key = key;
  return pki().leaf(spec);
}
SharedCertificate served(const test::Issued& leaf) {
  return SharedCertificate(certs::share(leaf.certificate.get()));
}

TEST(SharedCertificate, AsksForTheTypeThatWasServed) {
  const auto ecdsa = leaf(test::TestKey::kP256);
  const auto rsa = leaf(test::TestKey::kRsa2048);
  EXPECT_EQ(served(ecdsa).begin_handshake(), KeyType::kEcdsa);
  EXPECT_EQ(served(rsa).begin_handshake(), KeyType::kRsa);
  EXPECT_EQ(SharedCertificate(nullptr).begin_handshake(), std::nullopt);
  EXPECT_EQ(SharedCertificate().begin_handshake(), std::nullopt);
}

TEST(SharedCertificate, TakesAnyTypeInASecondAttempt) {
  const auto rsa = leaf(test::TestKey::kRsa2048);
  auto shared = served(rsa);
  EXPECT_FALSE(shared.may_try_any()) << "no handshake has begun";
  shared.begin_handshake();
  EXPECT_TRUE(shared.may_try_any());
  EXPECT_EQ(shared.begin_handshake(), std::nullopt);
  EXPECT_FALSE(shared.may_try_any()) << "once is enough";
}

TEST(SharedCertificate, DoesNotTryAgainOnceACertificateWasShown) {
  const auto one = leaf(test::TestKey::kP256);
  auto shared = served(one);
  shared.begin_handshake();
  shared.end_handshake();
  EXPECT_FALSE(shared.may_try_any());
  EXPECT_FALSE(shared.difference(one.certificate.get()));
}

TEST(SharedCertificate, TellsWhatIsDifferent) {
  const auto one = leaf(test::TestKey::kP256);
  const auto other = leaf(test::TestKey::kRsa2048);
  auto shared = served(one);
  const auto found = shared.difference(other.certificate.get());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->reason, policy::Reason::kBackendWithoutBinding);
  EXPECT_THAT(found->text, AllOf(HasSubstr("rsa, valid until"), HasSubstr("here: ecdsa, valid")));
  EXPECT_TRUE(shared.difference(nullptr));
  EXPECT_TRUE(SharedCertificate(nullptr).difference(one.certificate.get()));
}

}  // namespace
}  // namespace portcullis::relay
