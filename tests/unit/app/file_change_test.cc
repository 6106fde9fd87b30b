#include "proxy/app/file_change.h"

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

constexpr uid_t kOther = 65'534;

class FileChangeTest : public ::testing::Test {
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

TEST_F(FileChangeTest, IsWrittenWithItsModeAndACopy) {
  ASSERT_EQ(::chmod(path_.c_str(), 0640), 0);
  auto change = file_to_change(path_);
  ASSERT_TRUE(change);
  EXPECT_EQ(change->before, "before\n");
  EXPECT_FALSE(change->is_needed());
  const auto copy = keep_copy(*change, "now");
  ASSERT_TRUE(copy);
  change->after = "after\n";
  ASSERT_TRUE(write_file(*change));
  EXPECT_EQ(text_of(path_), "after\n");
  EXPECT_EQ(mode_of(path_), 0640U);
  EXPECT_EQ(*copy, fs::canonical(path_).string() + ".before-portcullis-now");
  EXPECT_EQ(text_of(*copy), "before\n");
  EXPECT_EQ(mode_of(*copy), 0640U);
  EXPECT_EQ(files(), 2U);
}

TEST_F(FileChangeTest, ACopyThatIsThereStays) {
  auto change = file_to_change(path_);
  ASSERT_TRUE(change);
  const auto first = keep_copy(*change, "now");
  change->before = "later\n";
  const auto second = keep_copy(*change, "now");
  ASSERT_TRUE(first && second);
  EXPECT_EQ(text_of(*first), "before\n");
  EXPECT_EQ(text_of(*second), "later\n");
}

TEST_F(FileChangeTest, ALinkStaysALink) {
  const auto link = directory_.path() + "/link.toml";
  fs::create_symlink(path_, link);
  auto change = file_to_change(link);
  ASSERT_TRUE(change);
  change->after = "after\n";
  ASSERT_TRUE(write_file(*change));
  EXPECT_TRUE(fs::is_symlink(link));
  EXPECT_EQ(text_of(path_), "after\n");
}

// A server's folder belongs to the server's user.
TEST_F(FileChangeTest, RootFollowsNoLinkOfOthers) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  const auto folder = directory_.path() + "/server";
  fs::create_directories(folder + "/mine");
  const auto link = folder + "/link.pem";
  fs::create_symlink(path_, link);
  EXPECT_TRUE(file_to_change(link));  // all of it is root's
  EXPECT_TRUE(read_of_others(link, 100));
  ASSERT_EQ(::lchown(link.c_str(), kOther, kOther), 0);
  EXPECT_FALSE(file_to_change(link));
  EXPECT_FALSE(read_of_others(link, 100));

  ASSERT_EQ(::lchown(link.c_str(), 0, 0), 0);
  ASSERT_EQ(::chown(folder.c_str(), kOther, kOther), 0);
  EXPECT_FALSE(file_to_change(link)) << "who has the folder can put another one there";
  fs::create_directory_symlink(directory_.path(), folder + "/conf.d");
  const auto behind = folder + "/conf.d/" + fs::path(path_).filename().string();
  EXPECT_FALSE(file_to_change(behind));
  const auto none = file_to_change(folder + "/mine/none");
  ASSERT_TRUE(none);
  EXPECT_EQ(none->path, fs::canonical(folder).string() + "/mine/none");
}

TEST_F(FileChangeTest, LinksThatLeadNowhereEnd) {
  const auto link = directory_.path() + "/round";
  fs::create_symlink(link, link);
  EXPECT_FALSE(file_to_change(link));
}

TEST_F(FileChangeTest, OnlyFilesOfABoundedSizeAreRead) {
  EXPECT_TRUE(read_if_there(path_, 7));
  EXPECT_FALSE(read_if_there(path_, 6));
  EXPECT_FALSE(file_to_change(directory_.path()));
  const auto none = file_to_change(directory_.path() + "/none");
  ASSERT_TRUE(none);
  EXPECT_FALSE(none->before);
  const auto pipe = directory_.path() + "/pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_FALSE(file_to_change(pipe));
}

TEST_F(FileChangeTest, WhatCannotBeWrittenLeavesTheFileAsItIs) {
  auto change = file_to_change(path_);
  ASSERT_TRUE(change);
  change->after = "after\n";
  const auto draft = directory_.path() + "/." + fs::path(path_).filename().string() +
                     ".portcullis-" + std::to_string(::getpid());
  fs::create_directories(draft + "/full");  // where the draft would be
  EXPECT_FALSE(write_file(*change));
  EXPECT_EQ(text_of(path_), "before\n");
}

}  // namespace
}  // namespace portcullis::app
