// The secret of server dialback: from a file, or one of the process.

#include "proxy/relay/dialback_secret.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "tests/unit/relay/snapshot_world.h"

namespace portcullis::relay {
namespace {

using testing::HasSubstr;
using xmpp::DialbackPlace;

const std::string kWithFile = "[s2s]\nroots = \"roots.pem\"\ndialback_secret = \"secret\"\n";
const std::string kWithout = "[s2s]\nroots = \"roots.pem\"\n";
constexpr std::string_view kSecret = "s3cr3tf0rd14lb4ck";

std::string key(const xmpp::DialbackKeys& keys) {
  return keys.key(*DomainName::parse("a.example"), *DomainName::parse("b.example"), "id");
}

class DialbackSecretTest : public ::testing::Test {
 protected:
  void write(std::string_view secret, unsigned mode = 0600) {
    world_.write("secret", secret);
    std::filesystem::permissions(world_.path("secret"), std::filesystem::perms(mode));
  }
  Built build(const std::string& more) const { return world_.build(more); }
  static Built again(const SnapshotPtr& before, const SnapshotPtr& with) {
    return Snapshot::build(with->config(), test::kNow, {}, certs::ServiceUser::of_this_process(),
                           before.get());
  }
  static std::string key(const Built& built, DialbackPlace place = DialbackPlace::kBackend) {
    return relay::key(*built.snapshot->dialback().keys(place));
  }

  SnapshotWorld world_;
};

TEST_F(DialbackSecretTest, IsThatOfTheFile) {
  write(kSecret);
  const auto built = build(kWithFile);
  ASSERT_TRUE(built.snapshot) << texts(built);
  EXPECT_EQ(texts(built), "");
  for (const auto place : {DialbackPlace::kBackend, DialbackPlace::kWan})
    EXPECT_EQ(key(built, place), relay::key(xmpp::DialbackKeys(kSecret, place)));
}

TEST_F(DialbackSecretTest, ALineEndIsNoPartOfIt) {
  for (const auto* const end : {"\n", "\r\n"}) {
    write(std::string(kSecret) + end);
    EXPECT_EQ(key(build(kWithFile)),
              relay::key(xmpp::DialbackKeys(kSecret, DialbackPlace::kBackend)));
  }
  write(std::string(kSecret) + "\n\n");
  EXPECT_NE(key(build(kWithFile)),
            relay::key(xmpp::DialbackKeys(kSecret, DialbackPlace::kBackend)));
}

TEST_F(DialbackSecretTest, IsReadAgain) {
  write(kSecret);
  const auto before = build(kWithFile);
  EXPECT_EQ(key(again(before.snapshot, before.snapshot)), key(before));
  write("another secret of ours");
  EXPECT_NE(key(again(before.snapshot, before.snapshot)), key(before));
}

TEST_F(DialbackSecretTest, WithoutAFileEachProcessHasItsOwn) {
  const auto built = build(kWithout);
  EXPECT_NE(key(built), key(build(kWithout)));
  EXPECT_EQ(key(again(built.snapshot, built.snapshot)), key(built)) << "a reload changed it";
}

TEST_F(DialbackSecretTest, TheSecretOfAFileIsForgottenWithIt) {
  write(kSecret);
  const auto with_file = build(kWithFile);
  const auto without = build(kWithout);
  EXPECT_NE(key(again(with_file.snapshot, without.snapshot)), key(with_file));
}

// ---- What is refused

TEST_F(DialbackSecretTest, AShortSecretIsRefused) {
  for (const auto* const secret : {"", "\n", "123456789012345", "123456789012345\n"}) {
    write(secret);
    const auto built = build(kWithFile);
    EXPECT_FALSE(built.snapshot);
    EXPECT_TRUE(mentions(built, "p.toml:15: error: " + world_.path("secret") + ": has "))
        << texts(built);
    EXPECT_TRUE(mentions(built, "at least 16")) << texts(built);
  }
  write("1234567890123456\n");
  EXPECT_TRUE(build(kWithFile).snapshot);
}

TEST_F(DialbackSecretTest, AFileThatIsNotThereIsAnError) {
  const auto built = build(kWithFile);
  EXPECT_FALSE(built.snapshot);
  EXPECT_TRUE(mentions(built, "p.toml:15: error: " + world_.path("secret") + ": No such file"))
      << texts(built);
}

TEST_F(DialbackSecretTest, SoIsOneThatOthersCanRead) {
  write(kSecret, 0644);
  const auto built = build(kWithFile);
  EXPECT_FALSE(built.snapshot);
  EXPECT_TRUE(mentions(built, "others can use the key, so run chmod 600")) << texts(built);
}

}  // namespace
}  // namespace portcullis::relay
