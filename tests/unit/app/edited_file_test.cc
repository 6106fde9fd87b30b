#include "proxy/app/edited_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/support/test_pki.h"

namespace portcullis::app {
namespace {

namespace fs = std::filesystem;

class EditedFileTest : public ::testing::Test {
 protected:
  static std::string text_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(directory_.path()), {}));
  }
  static mode_t mode_of(const std::string& path) {
    struct stat status {};
    EXPECT_EQ(::stat(path.c_str(), &status), 0);
    return status.st_mode & 07777U;
  }

  test::TempDir directory_;
  std::string path_ = directory_.write("p.toml", "before\n");
};

TEST_F(EditedFileTest, IsReplacedWithItsModeAndACopy) {
  ASSERT_EQ(::chmod(path_.c_str(), 0640), 0);
  const auto file = EditedFile::open(path_, 100);
  ASSERT_TRUE(file);
  EXPECT_EQ(file->text(), "before\n");
  const auto copy = file->keep_copy(".old");
  ASSERT_TRUE(copy);
  ASSERT_TRUE(file->replace("after\n"));
  EXPECT_EQ(text_of(path_), "after\n");
  EXPECT_EQ(mode_of(path_), 0640U);
  EXPECT_EQ(*copy, fs::canonical(path_).string() + ".old");
  EXPECT_EQ(text_of(*copy), "before\n");
  EXPECT_EQ(mode_of(*copy), 0640U);
  EXPECT_EQ(files(), 2U);
  ASSERT_TRUE(file->replace(file->text()));
  EXPECT_EQ(text_of(path_), "before\n");
}

TEST_F(EditedFileTest, ALinkStaysALink) {
  const auto link = directory_.path() + "/link.toml";
  fs::create_symlink(path_, link);
  const auto file = EditedFile::open(link, 100);
  ASSERT_TRUE(file);
  ASSERT_TRUE(file->replace("after\n"));
  EXPECT_TRUE(fs::is_symlink(link));
  EXPECT_EQ(text_of(path_), "after\n");
}

TEST_F(EditedFileTest, OnlyFilesOfABoundedSizeAreOpened) {
  EXPECT_TRUE(EditedFile::open(path_, 7));
  EXPECT_FALSE(EditedFile::open(path_, 6));
  EXPECT_FALSE(EditedFile::open(directory_.path(), 100));
  EXPECT_FALSE(EditedFile::open(directory_.path() + "/none", 100));
  const auto pipe = directory_.path() + "/pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_FALSE(EditedFile::open(pipe, 100));
}

TEST_F(EditedFileTest, WhatCannotBeWrittenLeavesTheFileAsItIs) {
  const auto file = EditedFile::open(path_, 100);
  ASSERT_TRUE(file);
  fs::create_directories(path_ + ".new/full");  // where the draft would be
  EXPECT_FALSE(file->replace("after\n"));
  EXPECT_EQ(text_of(path_), "before\n");
}

}  // namespace
}  // namespace portcullis::app
