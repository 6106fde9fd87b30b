// Who else could change the configuration, or what it names.

#include "proxy/app/file_rights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>

#include "proxy/app/config_source.h"
#include "proxy/app/named_files.h"

namespace portcullis::app {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr uid_t kNobodysNumber = 54321;  // no account has it
constexpr gid_t kSomeGroup = 12345;

class FileRightsTest : public testing::Test {
 protected:
  FileRightsTest() {
    std::string pattern = testing::TempDir() + "rights-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    write("p.toml", R"([local_ca]
directory = "ca"
[[host]]
domain = "a.example"
certificates = [ { chain = "chains/c.pem", key = "keys/k.pem" } ]
acme_dir = "acme"
[host.backend]
s2s = "127.0.0.1:15269"
certificate = "backend/b.pem"
[s2s]
roots = "trust/roots.pem"
crls = ["lists/*.pem"]
[[s2s.rule]]
match = ["b.example"]
roots = "private/ca.pem"
[c2s]
client_certificate = "request"
client_roots = "clients/ca.pem"
)");
    for (const auto* file : {"ca/ca.pem", "ca/ca.key", "chains/c.pem", "keys/k.pem",
                             "acme/a.example.pem", "acme/a.example.key", "backend/b.pem",
                             "trust/roots.pem", "lists/1.pem", "private/ca.pem", "clients/ca.pem"})
      write(file, "");
  }
  ~FileRightsTest() override { fs::remove_all(folder_); }

  void write(const std::string& name, std::string_view text) const {
    fs::create_directories((folder_ / name).parent_path());
    fs::permissions((folder_ / name).parent_path(), fs::perms(0755));
    std::ofstream(folder_ / name) << text;
    fs::permissions(folder_ / name, fs::perms(0644));
  }
  void allow(const std::string& name, unsigned mode) const {
    ASSERT_EQ(::chmod((folder_ / name).c_str(), mode), 0);
  }
  void give(const std::string& name, uid_t user, gid_t group = 0) const {
    ASSERT_EQ(::lchown((folder_ / name).c_str(), user, group), 0);
  }
  std::vector<std::string> found(
      const certs::ServiceUser& us = certs::ServiceUser::of_this_process()) const {
    const std::string file = folder_ / "p.toml";
    const auto loaded = load_config(file);
    EXPECT_TRUE(loaded.config) << loaded.diagnostics.front().text();
    std::vector<std::string> all;
    if (loaded.config)
      for (const auto& one : check_file_rights(*loaded.config, file, us)) all.push_back(one.text());
    return all;
  }
  std::string path(const std::string& name) const { return folder_ / name; }

  fs::path folder_;
};

// All but private keys, which read_key_file() judges, and the line that names each.
struct Named {
  const char* file;
  int line;
};
constexpr auto kNamed = std::to_array<Named>({{"chains/c.pem", 5},
                                              {"acme/a.example.pem", 6},
                                              {"backend/b.pem", 9},
                                              {"trust/roots.pem", 11},
                                              {"lists/1.pem", 12},
                                              {"private/ca.pem", 15},
                                              {"clients/ca.pem", 18},
                                              {"ca/ca.pem", 2}});

std::string folder_of(const char* file) {
  return fs::path(file).parent_path();
}

TEST_F(FileRightsTest, WhatOnlyItsOwnerWritesIsFine) {
  for (const unsigned mode : {0600U, 0640U, 0644U, 0400U}) {
    allow("p.toml", mode);
    EXPECT_THAT(found(), IsEmpty()) << mode;
  }
}

// ---- The configuration itself

TEST_F(FileRightsTest, AConfigurationThatEverybodyWritesIsAnError) {
  allow("p.toml", 0666);
  EXPECT_THAT(found(), ElementsAre(AllOf(
                           HasSubstr(path("p.toml") + ": error: every user of this machine"),
                           HasSubstr("mode is 0666"), HasSubstr("chmod go-w " + path("p.toml")))));
}

TEST_F(FileRightsTest, SoIsAPartOfItAndTheFolderOfItsParts) {
  write("conf.d/10.toml", "[limits]\ndepth = 32\n");
  EXPECT_THAT(found(), IsEmpty());
  allow("conf.d/10.toml", 0602);
  EXPECT_THAT(found(), ElementsAre(HasSubstr(path("conf.d/10.toml") + ": error: every user")));
  allow("conf.d/10.toml", 0600);
  // Sticky or not: anybody can add a file.
  allow("conf.d", 01777);
  EXPECT_THAT(found(), ElementsAre(AllOf(HasSubstr(path("conf.d") + ": error: every user"),
                                         HasSubstr("add files"))));
}

TEST_F(FileRightsTest, SoIsAFolderOfPartsWithoutAny) {
  fs::create_directory(folder_ / "conf.d");
  allow("conf.d", 0755);
  EXPECT_THAT(found(), IsEmpty());
  for (const unsigned mode : {0777U, 01777U}) {
    allow("conf.d", mode);
    EXPECT_THAT(found(), ElementsAre(AllOf(HasSubstr("error: "), HasSubstr(path("conf.d")))));
  }
}

TEST_F(FileRightsTest, TheFolderOfTheConfigurationIsToldOnce) {
  allow(".", 0777);
  EXPECT_THAT(found(), ElementsAre(AllOf(HasSubstr("p.toml: error: " + folder_.string()),
                                         HasSubstr("every user of this machine can put other"))));
  allow(".", 01777);
  EXPECT_THAT(found(), IsEmpty()) << "only the owner of a file can replace it";
}

TEST_F(FileRightsTest, AConfigurationOfAnotherUserIsAnError) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to give files away";
  give("p.toml", 1);  // "daemon" on every Debian
  EXPECT_THAT(found(), ElementsAre(AllOf(HasSubstr(path("p.toml") + ": error: its owner (user 1)"),
                                         HasSubstr("chown root"))));
  EXPECT_THAT(found({1, 1}), IsEmpty()) << "it is that of the service";
  EXPECT_THAT(found({2, 2}), ElementsAre(HasSubstr("error: its owner (user 1)")));
}

// As a file that is mounted into a container keeps its owner of outside.
TEST_F(FileRightsTest, OneOfANumberWithoutAnAccountIsAWarning) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to give files away";
  give("p.toml", kNobodysNumber);
  EXPECT_THAT(found(),
              ElementsAre(HasSubstr(path("p.toml") + ": warning: its owner (user 54321)")));
}

TEST_F(FileRightsTest, AGroupIsAWarningUnlessItIsRootsOrOurs) {
  allow("p.toml", 0664);
  EXPECT_THAT(found(), IsEmpty()) << "our own group";
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to give files away";
  give("p.toml", 0, kSomeGroup);
  EXPECT_THAT(found(), ElementsAre(HasSubstr("p.toml: warning: the group 12345 can change")));
  EXPECT_THAT(found({1, kSomeGroup}), IsEmpty());
}

TEST_F(FileRightsTest, AConfigurationThatCannotBeReadAgainIsAnError) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to become somebody else";
  const auto loaded = load_config(folder_ / "p.toml");
  allow("p.toml", 0600);
  ASSERT_EQ(::setreuid(1, 0), 0);  // access(2) asks for the real user
  const auto diagnostics = check_file_rights(*loaded.config, folder_ / "p.toml", {0, 0});
  ASSERT_EQ(::setreuid(0, 0), 0);
  ASSERT_EQ(diagnostics.size(), 1U);
  EXPECT_THAT(diagnostics.front().text(), HasSubstr("p.toml: error: the user that this program"));
}

TEST_F(FileRightsTest, AConfigurationInAClosedFolderIsAnError) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to become somebody else";
  const auto loaded = load_config(folder_ / "p.toml");
  allow(".", 0700);
  ASSERT_EQ(::seteuid(1), 0);
  const auto diagnostics = check_file_rights(*loaded.config, folder_ / "p.toml", {1, 1});
  ASSERT_EQ(::seteuid(0), 0);
  ASSERT_FALSE(diagnostics.empty());
  EXPECT_THAT(diagnostics.front().text(),
              AllOf(HasSubstr("p.toml: error: the user that this program runs as cannot read it"),
                    HasSubstr("the folders on the way")));
}

// ---- What it names

TEST_F(FileRightsTest, EachNamedFileThatEverybodyWritesIsAnErrorAtItsLine) {
  for (const auto& [file, line] : kNamed) {
    allow(file, 0666);
    EXPECT_THAT(found(),
                ElementsAre(AllOf(HasSubstr(":" + std::to_string(line) + ": error: " + path(file)),
                                  HasSubstr("every user of this machine can change this file"))))
        << file;
    allow(file, 0644);
  }
}

TEST_F(FileRightsTest, SoIsTheFolderOfEach) {
  for (const auto& [file, line] : kNamed) {
    const auto folder = folder_of(file);
    allow(folder, 0777);
    EXPECT_THAT(found(), ElementsAre(AllOf(
                             HasSubstr(":" + std::to_string(line) + ": error: " + path(folder)),
                             HasSubstr("can put other files in the place"))))
        << folder;
    allow(folder, 01777);
    EXPECT_THAT(found(), IsEmpty()) << folder;
    allow(folder, 0755);
  }
}

TEST_F(FileRightsTest, SoIsAnotherOwnerOfEachButTheBackendsCertificate) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to give files away";
  for (const auto& [file, line] : kNamed) {
    const bool is_backend = folder_of(file) == "backend";
    for (const auto& changed : {std::string(file), folder_of(file)}) {
      give(changed, 1);
      EXPECT_THAT(found(), ElementsAre(HasSubstr(":" + std::to_string(line) +
                                                 (is_backend ? ": warning: " : ": error: ") +
                                                 path(changed))))
          << changed;
      give(changed, 0);
    }
  }
}

TEST_F(FileRightsTest, AFolderOfCertificatesIsLookedAtThoughItIsEmpty) {
  for (const auto* file : {"acme/a.example.pem", "acme/a.example.key", "lists/1.pem"})
    fs::remove(folder_ / file);
  EXPECT_THAT(found(), IsEmpty());
  allow("acme", 0777);
  allow("lists", 0777);
  EXPECT_THAT(found(), UnorderedElementsAre(HasSubstr(":6: error: " + path("acme")),
                                            HasSubstr(":12: error: " + path("lists"))));
}

TEST_F(FileRightsTest, PrivateKeysAreLeftToThoseWhoReadThem) {
  for (const auto* file : {"keys/k.pem", "acme/a.example.key", "ca/ca.key"}) allow(file, 0666);
  allow("keys", 0777);
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(FileRightsTest, FoldersFurtherUpAreLookedAt) {
  write("up/trust/roots.pem", "");
  allow("trust/roots.pem", 0644);
  fs::remove_all(folder_ / "trust");
  fs::create_symlink("up/trust", folder_ / "trust");
  EXPECT_THAT(found(), IsEmpty());
  allow("up", 0777);
  EXPECT_THAT(found(), ElementsAre(HasSubstr(":11: error: " + path("up") + ": mode is 0777")));
}

TEST(NamedFiles, OfAPatternAreThoseThatAreThere) {
  const fs::path folder = testing::TempDir() + "named-files";
  fs::create_directories(folder);
  for (const auto* name : {"b.pem", "a.pem", "c.txt"}) std::ofstream(folder / name) << "x";
  EXPECT_THAT(files_meant_by(folder / "*.pem"), ElementsAre(folder / "a.pem", folder / "b.pem"));
  EXPECT_THAT(files_meant_by(folder / "none.pem"), ElementsAre(folder / "none.pem"));
  fs::remove_all(folder);
}

}  // namespace
}  // namespace portcullis::app
