// What is read for a configuration. The default path is played by the integration tests.

#include "proxy/app/config_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace portcullis::app {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view kHost = "[[host]]\ndomain = \"a.example\"\nbackend.kind = \"prosody\"\n";

class ConfigSource : public testing::Test {
 protected:
  ConfigSource() {
    std::string pattern = testing::TempDir() + "source-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  ~ConfigSource() override { fs::remove_all(folder_); }

  void write(const std::string& name, std::string_view text) const {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << text;
  }
  std::string path(const std::string& name = "p.toml") const { return folder_ / name; }
  std::vector<std::string> findings(const std::string& file) const {
    std::vector<std::string> all;
    for (const auto& one : load_config(file).diagnostics) all.push_back(one.text());
    return all;
  }

  fs::path folder_;
};

TEST_F(ConfigSource, IsTheFileAndThoseOfConfDInTheOrderOfTheirNames) {
  write("p.toml", kHost);
  write("conf.d/20-b.toml", "[limits]\ndepth = 32\n");
  write("conf.d/10-a.toml", "[log]\nformat = \"json\"\n");
  write("conf.d/30-c.toml.bak", "no toml");
  write("conf.d/.hidden.toml", "no toml");
  write("other.toml", "no toml");
  const auto sources = read_sources(path());
  ASSERT_TRUE(sources);
  std::vector<std::string> files;
  for (const auto& text : sources->texts) files.push_back(text.file);
  EXPECT_THAT(files, ElementsAre(path(), path("conf.d/10-a.toml"), path("conf.d/20-b.toml")));
  const auto loaded = load_config(path());
  ASSERT_TRUE(loaded.config);
  EXPECT_EQ(source_text(*loaded.config), path() + ", conf.d/10-a.toml, conf.d/20-b.toml");
  EXPECT_FALSE(is_from_environment(*loaded.config));
}

TEST_F(ConfigSource, IsReadOnlyAsFarAsAConfigurationMayGo) {
  write("p.toml", kHost);
  const std::string large = "# " + std::string(600'000, 'x') + "\n";
  for (const auto* name : {"conf.d/1.toml", "conf.d/2.toml", "conf.d/3.toml", "conf.d/4.toml"})
    write(name, large);
  const auto sources = read_sources(path());
  ASSERT_TRUE(sources);
  EXPECT_EQ(sources->texts.size(), 3U);  // 2.toml is the one that is too much
  EXPECT_THAT(findings(path()), ElementsAre(HasSubstr("larger than 1 MiB")));
}

TEST_F(ConfigSource, MayBeLinks) {  // as a ConfigMap of Kubernetes is mounted
  write("p.toml", kHost);
  write("conf.d/..1/a.toml", "[limits]\ndepth = 32\n");
  fs::create_symlink("..1", folder_ / "conf.d" / "..data");
  fs::create_symlink("..data/a.toml", folder_ / "conf.d" / "a.toml");
  const auto loaded = load_config(path());
  ASSERT_TRUE(loaded.config);
  EXPECT_EQ(loaded.config->limits.depth, 32U);
}

TEST_F(ConfigSource, NamesItselfInFindings) {
  write("p.toml", "version = 2\n");
  EXPECT_THAT(findings(path()), testing::Contains(HasSubstr(path() + ":1:11: error: version")));
}

TEST_F(ConfigSource, ThatIsNotThereOrIsAFolderIsAFinding) {
  EXPECT_THAT(findings(path("none.toml")),
              ElementsAre(HasSubstr("none.toml: error: the file cannot be opened: No such file")));
  EXPECT_THAT(findings(folder_.string()), ElementsAre(HasSubstr("the file cannot be read")));
  write("p.toml", kHost);
  fs::create_directories(folder_ / "conf.d" / "x.toml");
  EXPECT_THAT(findings(path()), ElementsAre(HasSubstr("conf.d/x.toml: error: the file cannot be "
                                                      "read; is it a folder?")));
  fs::remove_all(folder_ / "conf.d");
  fs::create_symlink("nowhere", folder_ / "x.toml");
  write("conf.d/b.toml", "");
  fs::create_symlink("nowhere", folder_ / "conf.d" / "a.toml");
  EXPECT_THAT(findings(path()), ElementsAre(HasSubstr("conf.d/a.toml: error: the file cannot be "
                                                      "opened")));
}

TEST_F(ConfigSource, ConfDThatIsNoFolderIsAFinding) {
  write("p.toml", kHost);
  write("conf.d", "");
  EXPECT_THAT(findings(path()), ElementsAre(HasSubstr("conf.d: error: the folder cannot be read")));
}

TEST_F(ConfigSource, ThatNeverEndsIsReadOnlySoFar) {
  EXPECT_THAT(findings("/dev/zero"), ElementsAre(HasSubstr("the file is larger than 1 MiB")));
}

TEST_F(ConfigSource, TheEnvironmentIsSeen) {
  ::setenv("PORTCULLIS_TEST_ALIAS", "b.example", 1);
  std::string text(kHost);
  text += "aliases = [\"${PORTCULLIS_TEST_ALIAS}\"]\n";
  write("p.toml", text);
  const auto loaded = load_config(path());
  ::unsetenv("PORTCULLIS_TEST_ALIAS");
  ASSERT_TRUE(loaded.config);
  EXPECT_EQ(loaded.config->hosts[0].aliases.at(0).a_label(), "b.example");
  EXPECT_THAT(findings(path()), ElementsAre(HasSubstr(":4:12: error: this holds")));
}

TEST_F(ConfigSource, OnlyTheDefaultPathMayBeMissing) {
  ::setenv("PORTCULLIS_DOMAIN", "a.example", 1);
  ::setenv("PORTCULLIS_BACKEND", "prosody", 1);
  EXPECT_THAT(findings(path("none.toml")), ElementsAre(HasSubstr("cannot be opened")));
  ::unsetenv("PORTCULLIS_DOMAIN");
  ::unsetenv("PORTCULLIS_BACKEND");
}

}  // namespace
}  // namespace portcullis::app
