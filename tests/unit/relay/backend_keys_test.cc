#include "proxy/relay/backend_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/relay/snapshot_world.h"

// A backend that shares the certificates which are served (channel_binding).
namespace portcullis::relay {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string kHost = R"(
[[host]]
domain = "shared.example"
certificates = [ { chain = "shared.pem", key = "shared.key" } ]
[host.backend]
c2s = "127.0.0.1:15222"
c2s_tls = "starttls"
channel_binding = "end-point"
)";

class BackendKeysTest : public ::testing::Test {
 protected:
  BackendKeysTest() : first_(renew()) {}

  // What is served from now on.
  test::Issued renew(std::chrono::sys_seconds until = test::kNow + std::chrono::days(60)) {
    auto spec = test::leaf_spec("shared.example");
    spec.until = until;
    auto made = pki().leaf(spec);
    world_.install("shared", made, test::pem(pki().intermediate().certificate.get()));
    return made;
  }
  Built build(const std::string& more = "") {
    return world_.build(kHost + more + "[s2s]\nroots = \"roots.pem\"\n");
  }
  // Loaded in place of `before`.
  static Built again(const SnapshotPtr& before, std::chrono::sys_seconds now = test::kNow) {
    return Snapshot::build(before->config(), now, {}, certs::ServiceUser::of_this_process(),
                           before.get());
  }
  static bool accepts(const SnapshotPtr& snapshot, const test::Issued& shown) {
    const auto& host = snapshot->config().hosts.back();
    return snapshot->backend_keys(host)->pinned.match(shown.certificate.get());
  }

  SnapshotWorld world_;
  test::Issued first_;
};

TEST_F(BackendKeysTest, OfWhatIsServedArePinned) {
  const auto built = build();
  ASSERT_TRUE(built.snapshot) << texts(built);
  EXPECT_EQ(texts(built), "");
  EXPECT_TRUE(accepts(built.snapshot, first_));
  EXPECT_FALSE(accepts(built.snapshot, pki().leaf(test::leaf_spec("shared.example"))));
}

TEST_F(BackendKeysTest, FollowARenewalInWhicheverOrderItComes) {
  const auto before = build().snapshot;
  const auto second = renew();
  const auto after = again(before).snapshot;
  EXPECT_TRUE(accepts(after, second));
  EXPECT_TRUE(accepts(after, first_)) << "the backend is reloaded later";
  const auto third = renew();
  const auto last = again(after).snapshot;
  EXPECT_TRUE(accepts(last, first_) && accepts(last, second) && accepts(last, third));
}

TEST_F(BackendKeysTest, AreForgottenWhenTheirCertificateHasEnded) {
  first_ = renew(test::kNow + std::chrono::days(1));
  const auto before = build().snapshot;
  const auto second = renew();
  const auto after = again(before, test::kNow + std::chrono::days(2)).snapshot;
  ASSERT_TRUE(after);
  EXPECT_FALSE(accepts(after, first_));
  EXPECT_TRUE(accepts(after, second));
}

TEST_F(BackendKeysTest, AreNeverMoreThanAFew) {
  auto last = build().snapshot;
  for (int i = 0; i < 20; ++i) {
    renew();
    last = again(last).snapshot;
  }
  EXPECT_EQ(last->backend_keys(last->config().hosts.back())->shared.size(), 8U);
  EXPECT_FALSE(accepts(last, first_));
}

TEST_F(BackendKeysTest, OfAFileThatIsNamedArePinnedToo) {
  const auto own = test::issue_self_signed(test::leaf_spec("shared.example"));
  world_.write("own.pem", test::pem(own.certificate.get()));
  const auto built = build("certificate = \"own.pem\"\n");
  ASSERT_TRUE(built.snapshot) << texts(built);
  EXPECT_TRUE(accepts(built.snapshot, own) && accepts(built.snapshot, first_));
  EXPECT_THAT(texts(built), HasSubstr("own.pem holds none of the certificates that are served for "
                                      "shared.example"));
  world_.write("own.pem", test::pem(own.certificate.get()) + test::pem(first_.certificate.get()));
  EXPECT_EQ(texts(again(built.snapshot)), "");
  renew();
  EXPECT_THAT(texts(again(built.snapshot)), HasSubstr("holds none"));
}

TEST_F(BackendKeysTest, AFileThatIsNamedMustBeThere) {
  EXPECT_THAT(texts(build("certificate = \"none.pem\"\n")), HasSubstr("error: "));
}

TEST_F(BackendKeysTest, OfWhatIsServedAreNotPinnedWithoutTheSetting) {
  world_.write("own.pem", test::pem(first_.certificate.get()));
  const auto off = world_.build(
      "[[host]]\ndomain = \"shared.example\"\n"
      "certificates = [ { chain = \"shared.pem\", key = \"shared.key\" } ]\n[host.backend]\n"
      "c2s = \"127.0.0.1:15222\"\nc2s_tls = \"starttls\"\ncertificate = \"own.pem\"\n"
      "[s2s]\nroots = \"roots.pem\"\n");
  ASSERT_TRUE(off.snapshot) << texts(off);
  const auto second = renew();
  EXPECT_TRUE(accepts(again(off.snapshot).snapshot, first_));
  EXPECT_FALSE(accepts(again(off.snapshot).snapshot, second));
}

}  // namespace
}  // namespace portcullis::relay
