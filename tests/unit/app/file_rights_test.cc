// Who else could change the configuration, or what it names.

#include "proxy/app/file_rights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "proxy/app/config_source.h"

namespace portcullis::app {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr gid_t kSomeGroup = 12345;

class FileRightsTest : public testing::Test {
 protected:
  FileRightsTest() {
    std::string pattern = testing::TempDir() + "rights-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    write("p.toml",
          "[local_ca]\ndirectory = \"ca\"\n[[host]]\ndomain = \"a.example\"\n"
          "certificates = [ { chain = \"keys/c.pem\", key = \"keys/k.pem\" } ]\n"
          "[host.backend]\ns2s = \"127.0.0.1:15269\"\ncertificate = \"backend/b.pem\"\n");
    for (const auto* name : {"keys", "ca", "backend"}) fs::create_directory(folder_ / name);
    fs::permissions(folder_ / "p.toml", fs::perms(0640));
  }
  ~FileRightsTest() override { fs::remove_all(folder_); }

  void write(const std::string& name, std::string_view text) const {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << text;
  }
  void allow(const std::string& name, unsigned mode) const {
    ASSERT_EQ(::chmod((folder_ / name).c_str(), mode), 0);
  }
  std::vector<std::string> found() const {
    const auto loaded = load_config(folder_ / "p.toml");
    EXPECT_TRUE(loaded.config);
    std::vector<std::string> all;
    for (const auto& one : check_file_rights(*loaded.config)) all.push_back(one.text());
    return all;
  }
  std::string path(const std::string& name) const { return folder_ / name; }

  fs::path folder_;
};

TEST_F(FileRightsTest, WhatOnlyItsOwnerWritesIsFine) {
  for (const unsigned mode : {0600U, 0640U, 0644U, 0400U}) {
    allow("p.toml", mode);
    EXPECT_THAT(found(), IsEmpty()) << mode;
  }
}

TEST_F(FileRightsTest, AConfigurationThatEverybodyWritesIsAnError) {
  allow("p.toml", 0666);
  EXPECT_THAT(found(), ElementsAre(AllOf(
                           HasSubstr(path("p.toml") + ": error: every user of this machine"),
                           HasSubstr("mode is 0666"), HasSubstr("chmod go-w " + path("p.toml")))));
}

TEST_F(FileRightsTest, SoIsAPartOfItAndTheFolderOfItsParts) {
  write("conf.d/10.toml", "[limits]\ndepth = 32\n");
  allow("conf.d/10.toml", 0602);
  EXPECT_THAT(found(), ElementsAre(HasSubstr(path("conf.d/10.toml") + ": error: every user")));
  allow("conf.d/10.toml", 0600);
  // Sticky or not: anybody can add a file.
  allow("conf.d", 01777);
  EXPECT_THAT(found(), ElementsAre(AllOf(HasSubstr(path("conf.d") + ": error: every user"),
                                         HasSubstr("add files"))));
}

TEST_F(FileRightsTest, AFolderOfKeysThatEverybodyWritesIsAWarningAtItsLine) {
  allow("keys", 0777);
  EXPECT_THAT(found(), ElementsAre(AllOf(HasSubstr(path("p.toml") + ":5: warning: every user"),
                                         HasSubstr("replace the files in " + path("keys")))));
  allow("keys", 01777);
  EXPECT_THAT(found(), IsEmpty()) << "only the owner of a file can replace it";
}

TEST_F(FileRightsTest, SoAreThoseOfTheLocalCaAndTheBackendsCertificate) {
  allow("ca", 0777);
  allow("backend", 0777);
  EXPECT_THAT(found(), ElementsAre(HasSubstr(":8: warning: every user"),
                                   HasSubstr(":2: warning: every user")));
}

TEST_F(FileRightsTest, TheFolderOfTheFileItselfIsToldOnce) {
  allow(".", 0777);
  EXPECT_THAT(found(), ElementsAre(HasSubstr("replace the files in " + folder_.string())));
}

TEST(Writers, AreTheGroupUnlessItIsThatOfRoot) {
  const auto of = [](unsigned mode, gid_t group) {
    struct stat status {};
    status.st_mode = S_IFREG | mode;
    status.st_gid = group;
    return writers_of(status);
  };
  EXPECT_EQ(of(0660, kSomeGroup), Writers::kGroup);
  EXPECT_EQ(of(0660, 0), Writers::kNobody);
  EXPECT_EQ(of(0644, kSomeGroup), Writers::kNobody);
  EXPECT_EQ(of(0666, 0), Writers::kEverybody);
  EXPECT_EQ(of(0602, kSomeGroup), Writers::kEverybody);
}

}  // namespace
}  // namespace portcullis::app
