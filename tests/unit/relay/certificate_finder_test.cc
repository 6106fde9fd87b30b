#include "proxy/relay/certificate_finder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "tests/unit/relay/snapshot_world.h"

namespace portcullis::relay {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class CertificateFinder : public testing::Test {
 protected:
  void touch(const std::string& name) {
    fs::create_directories(fs::path(folder() + "/" + name).parent_path());
    files_.write(name, "");
  }
  const std::string& folder() const { return files_.path(); }
  // The chains that are found, without the folder; or the error.
  std::vector<std::string> found(const std::string& name = "a.example") const {
    const auto pairs = find_certificates(folder(), domain(name));
    if (!pairs) return {"error: " + pairs.error().message};
    std::vector<std::string> chains;
    for (const auto& pair : *pairs)
      chains.push_back(fs::path(pair.chain).lexically_relative(folder()).string());
    return chains;
  }

  test::TempDir files_;
};

TEST_F(CertificateFinder, FindsEachLayout) {
  for (const auto* chain :
       {"live/a.example/fullchain.pem", "a.example/fullchain.pem", "certificates/a.example.crt",
        "a.example.crt", "a.example.pem", "a.example/tls.crt"}) {
    touch(chain);
    EXPECT_THAT(found(), ElementsAre(chain));
    fs::remove_all(folder() + "/" + chain);
  }
}

TEST_F(CertificateFinder, TakesBothTypesOfOneLayout) {
  touch("live/a.example-rsa/fullchain.pem");
  touch("live/a.example/fullchain.pem");
  EXPECT_THAT(found(),
              ElementsAre("live/a.example/fullchain.pem", "live/a.example-rsa/fullchain.pem"));
}

TEST_F(CertificateFinder, TellsThoseForOutgoingStreamsApart) {
  const auto outgoing = [this] {
    const auto pairs =
        find_certificates(folder(), domain("a.example"), policy::CertificateUse::kOutgoing);
    std::vector<std::string> chains;
    for (const auto& pair : pairs.value())
      chains.push_back(fs::path(pair.chain).lexically_relative(folder()).string());
    return chains;
  };
  touch("a.example.pem");
  EXPECT_THAT(outgoing(), ElementsAre()) << "there need be none";
  touch("live/a.example-outgoing-rsa/fullchain.pem");
  EXPECT_THAT(outgoing(), ElementsAre("live/a.example-outgoing-rsa/fullchain.pem"));
  touch("a.example-outgoing.pem");
  EXPECT_THAT(outgoing(), ElementsAre("a.example-outgoing.pem"));
  EXPECT_THAT(found(), ElementsAre("a.example.pem"));
}

TEST_F(CertificateFinder, TakesTheFirstLayoutOnly) {
  touch("certificates/a.example.crt");
  touch("a.example.pem");
  EXPECT_THAT(found(), ElementsAre("a.example.pem"));
}

TEST_F(CertificateFinder, TakesNothingOfOtherDomains) {
  touch("b.example.pem");
  touch("x.a.example.pem");
  touch("live/xa.example/fullchain.pem");
  touch("a.example.key");
  EXPECT_THAT(found(), ElementsAre(testing::AllOf(
                           HasSubstr(folder() + ": holds no certificate of a.example"),
                           HasSubstr("live/a.example/fullchain.pem"), HasSubstr("acme_dir"))));
}

TEST_F(CertificateFinder, ALinkThatLeadsNowhereIsThere) {
  fs::create_directories(folder() + "/live/a.example");
  fs::create_symlink("../../archive/none.pem", folder() + "/live/a.example/fullchain.pem");
  EXPECT_THAT(found(), ElementsAre("live/a.example/fullchain.pem"));
}

TEST_F(CertificateFinder, SaysThatAFolderIsNotThere) {
  const auto pairs = find_certificates(folder() + "/none", domain("a.example"));
  ASSERT_FALSE(pairs);
  EXPECT_THAT(pairs.error().message, HasSubstr("none: holds no certificate"));
}

TEST_F(CertificateFinder, SaysWhatMayNotBeLookedInto) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may look everywhere";
  touch("live/a.example/fullchain.pem");
  fs::permissions(folder() + "/live", fs::perms::none);
  EXPECT_THAT(found(), ElementsAre(HasSubstr("this user may not look there")));
  fs::permissions(folder() + "/live", fs::perms::owner_all);
}

// ---- In a whole configuration

TEST(HostWithAFolder, IsLoadedWithBothTypes) {
  SnapshotWorld world;
  world.certify("legacy.example", test::leaf_spec("legacy.example"));
  auto rsa = test::leaf_spec("legacy.example");
  rsa.key = test::TestKey::kRsa2048;
  world.certify("legacy.example-rsa", rsa);
  const Built built = world.build_with_folder(".");
  ASSERT_TRUE(built.snapshot) << texts(built);
  EXPECT_EQ(built.snapshot->served().size(), 2U);
}

TEST(HostWithAFolder, TellsWhatIsWrongWithWhatItFound) {
  SnapshotWorld world;
  EXPECT_TRUE(mentions(world.build_with_folder("."), "holds no certificate of legacy.example"));
  world.certify("legacy.example", test::leaf_spec("other.example"));
  EXPECT_FALSE(world.build_with_folder(".").snapshot) << "it names another domain";
  world.certify("legacy.example", test::leaf_spec("legacy.example"));
  EXPECT_TRUE(world.build_with_folder(".").snapshot);
  fs::remove(world.path("legacy.example.key"));
  EXPECT_TRUE(mentions(world.build_with_folder("."), "legacy.example.key: No such file"));
}

}  // namespace
}  // namespace portcullis::relay
