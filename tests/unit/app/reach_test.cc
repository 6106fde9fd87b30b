// Which files a confined process reaches, and what of a new configuration is outside of that.

#include "proxy/app/reach.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include "policy/load/environment_config.h"

namespace portcullis::app {
namespace {

namespace fs = std::filesystem;
using confine::Access;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

class ReachTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "reach.XXXXXX";
    top_ = fs::canonical(::mkdtemp(name.data()));
    config_.file = make("etc/gate/portcullis.toml");
    config_.listen.control = top_ / "run/gate/control.sock";
    config_.local_ca.directory = "";
    config_.hosts.emplace_back(policy::Host{*DomainName::parse("legacy.example"), {}, {}, {}});
    config_.hosts[0].acme_dir = "";
    config_.hosts[0].backend = {};
    name_certificate(make("ssl/live/a/chain.pem"));
  }
  void TearDown() override { fs::remove_all(top_); }

  fs::path make(const fs::path& file) const {
    fs::create_directories((top_ / file).parent_path());
    std::ofstream(top_ / file) << "x";
    return top_ / file;
  }
  void name_certificate(const fs::path& chain) {
    config_.hosts[0].certificates = {{chain, chain}};
    config_.lines["host[0].certificates[0]"] = {config_.file, 7};
  }
  static bool has(const Reach& reach, const fs::path& path, Access access) {
    const auto& rules = reach.rules();
    return std::any_of(rules.begin(), rules.end(), [&](const auto& rule) {
      return rule.path == path && rule.access == access;
    });
  }
  policy::Diagnostics outside(const Reach& reach) const { return reach.outside(config_); }

  fs::path top_;
  policy::Config config_;
};

TEST_F(ReachTest, HoldsTheFoldersOfTheConfigurationWithThoseAroundThem) {
  const auto reach = Reach::of(config_);
  EXPECT_TRUE(has(reach, top_ / "ssl/live", Access::kRead));
  EXPECT_TRUE(has(reach, top_ / "etc", Access::kRead));
  EXPECT_TRUE(has(reach, top_ / "run/gate", Access::kSockets));
  EXPECT_THAT(reach.folders_text(), HasSubstr((top_ / "ssl/live").string()));
  EXPECT_THAT(outside(reach), IsEmpty());
}

TEST_F(ReachTest, WritesNowhereAndStartsOnlyItself) {
  const auto reach = Reach::of(config_);
  for (const auto& rule : reach.rules()) {
    if (rule.access == Access::kWrite) {
      EXPECT_EQ(rule.path, "/dev/null");
    }
    if (rule.access == Access::kExecute && rule.path != "/proc/self/exe") {
      EXPECT_TRUE(fs::exists(fs::path(rule.path) / "libc.so.6")) << rule.path;
    }
    EXPECT_NE(rule.path, "/");
  }
  EXPECT_TRUE(has(reach, "/proc/self/exe", Access::kExecute));
  EXPECT_FALSE(has(reach, "/etc", Access::kRead));
}

TEST_F(ReachTest, AFileElsewhereIsAnErrorWithItsLine) {
  const auto reach = Reach::of(config_);
  name_certificate(make("elsewhere/deep/b/chain.pem"));
  const auto findings = outside(reach);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].severity, policy::Diagnostic::Severity::kError);
  EXPECT_EQ(findings[0].file, config_.file);
  EXPECT_EQ(findings[0].line, 7U);
  EXPECT_THAT(findings[0].message, HasSubstr("restart portcullis to use it"));
  EXPECT_THAT(findings[0].message, HasSubstr((top_ / "ssl/live").string()));
}

TEST_F(ReachTest, ANeighbourOfAFolderIsInside) {
  const auto reach = Reach::of(config_);
  name_certificate(make("ssl/live/another/chain.pem"));
  EXPECT_THAT(outside(reach), IsEmpty());
  name_certificate(top_ / "ssl/live/not-yet/chain.pem");
  EXPECT_THAT(outside(reach), IsEmpty());
}

TEST_F(ReachTest, ALinkCountsAsWhereItLeads) {
  make("archive/all/a/chain.pem");
  fs::remove(top_ / "ssl/live/a/chain.pem");
  fs::create_symlink(top_ / "archive/all/a/chain.pem", top_ / "ssl/live/a/chain.pem");
  const auto before = Reach::of(config_);
  EXPECT_TRUE(has(before, top_ / "ssl/live", Access::kRead));
  EXPECT_TRUE(has(before, top_ / "archive/all", Access::kRead));
  make("hidden/all/a/chain.pem");
  fs::remove(top_ / "ssl/live/a/chain.pem");
  fs::create_symlink(top_ / "hidden/all/a/chain.pem", top_ / "ssl/live/a/chain.pem");
  EXPECT_THAT(outside(before), SizeIs(1));
}

TEST_F(ReachTest, OfAFolderThatIsNotThereTheNearestAboveItIsTaken) {
  config_.hosts[0].acme_dir = top_ / "later/certs";
  config_.lines["host[0].acme_dir"] = {config_.file, 9};
  const auto reach = Reach::of(config_);
  EXPECT_THAT(outside(reach), IsEmpty());
  make("later/certs/legacy.example.crt");
  EXPECT_THAT(outside(reach), IsEmpty());
}

TEST_F(ReachTest, AFolderOfEverybodyIsNotTakenForOneInIt) {
  for (const char* const folder : {"/etc", "/var/lib", "/usr/share"}) {
    config_.hosts[0].acme_dir = folder + std::string("/portcullis-is-not-here/certs");
    EXPECT_FALSE(has(Reach::of(config_), folder, Access::kRead)) << folder;
  }
  // The file itself is there, and its folder has to be read.
  name_certificate("/usr/share/zoneinfo");
  EXPECT_TRUE(has(Reach::of(config_), "/usr/share", Access::kRead));
}

TEST_F(ReachTest, NothingRightBelowTheRootIsTakenForWhatIsNotThere) {
  config_.hosts[0].acme_dir = "/nowhere/at/all";
  const auto reach = Reach::of(config_);
  for (const auto& rule : reach.rules()) EXPECT_NE(rule.path, "/");
  config_.hosts[0].acme_dir = "/etc/nowhere-portcullis/certs";
  const auto next = Reach::of(config_);
  EXPECT_FALSE(has(next, "/etc", Access::kRead));
}

TEST_F(ReachTest, AFileRightBelowTheRootIsReachedByItself) {
  std::string name = "/reach.XXXXXX";
  const int file = ::mkstemp(name.data());
  if (file < 0) GTEST_SKIP() << "only root may make a file there";
  ::close(file);
  name_certificate(name);
  const auto reach = Reach::of(config_);
  fs::remove(name);
  EXPECT_TRUE(has(reach, name, Access::kRead));
  EXPECT_FALSE(has(reach, "/", Access::kRead));
}

TEST_F(ReachTest, TheFolderOfTheLocalCaIsOneOfThem) {
  const auto reach = Reach::of(config_);
  config_.local_ca.directory = top_ / "other/deep/ca";
  make("other/deep/ca/ca.key");
  EXPECT_THAT(outside(reach), SizeIs(1));
  EXPECT_TRUE(has(Reach::of(config_), top_ / "other/deep", Access::kRead));
}

TEST_F(ReachTest, AConfigurationOfTheEnvironmentNamesNoFile) {
  config_.file = policy::kEnvironmentFile;
  const auto reach = Reach::of(config_);
  EXPECT_THAT(reach.folders_text(), Not(HasSubstr(fs::current_path().string())));
}

}  // namespace
}  // namespace portcullis::app
