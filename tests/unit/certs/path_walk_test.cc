#include "certs/own/path_walk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/support/test_pki.h"

namespace portcullis::certs {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;

class Walk : public testing::Test {
 protected:
  // Looked-up entries below the folder of the test.
  std::vector<std::string> entries(const std::string& path) const {
    std::vector<std::string> all;
    for (const auto& step : steps_to(at(path))) {
      EXPECT_EQ(step.entry.parent_path(), step.folder);
      const auto name = step.entry.lexically_relative(files_.path()).string();
      if (!name.starts_with("..") && name != ".") all.push_back(name + (step.is_link ? "@" : ""));
    }
    return all;
  }
  fs::path at(const std::string& path) const { return fs::path(files_.path()) / path; }
  void folder(const std::string& path) const { fs::create_directories(at(path)); }
  void link(const std::string& path, const fs::path& target) const {
    fs::create_symlink(target, at(path));
  }

  test::TempDir files_;
};

TEST_F(Walk, BeginsAtTheRoot) {
  const auto steps = steps_to("/a/b/c");
  ASSERT_EQ(steps.size(), 3U);
  EXPECT_EQ(steps[0].folder, "/");
  EXPECT_EQ(steps[2].entry, "/a/b/c");
}

TEST_F(Walk, OfARelativePathBeginsAtTheRootToo) {
  EXPECT_EQ(steps_to("x").front().folder, "/");
  EXPECT_EQ(steps_to("x").back().folder, fs::current_path());
}

TEST_F(Walk, GoesOnWhereNothingIs) {
  EXPECT_THAT(entries("no/file"), ElementsAre("no", "no/file"));
}

TEST_F(Walk, GoesThroughLinksOfFilesAndFolders) {
  folder("real/deep");
  folder("other");
  link("folder", "real");
  link("real/deep/file", at("other/first"));
  link("other/first", "second");
  EXPECT_THAT(entries("folder/./deep/file"),
              ElementsAre("folder@", "real", "real/deep", "real/deep/file@", "other",
                          "other/first@", "other/second"));
}

TEST_F(Walk, TakesTheFolderAboveThatOfTheLinksTarget) {
  folder("one/two");
  link("short", "one/two");
  EXPECT_THAT(entries("short/../file"), ElementsAre("short@", "one", "one/two", "one/file"));
  EXPECT_EQ(steps_to("/../../x").back().entry, "/x");
}

TEST_F(Walk, EndsInACircle) {
  link("one", "two");
  link("two", "one");
  EXPECT_LT(entries("one").size(), 50U);
}

}  // namespace
}  // namespace portcullis::certs
