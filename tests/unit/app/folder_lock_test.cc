#include "proxy/app/setup/folder_lock.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/test_pki.h"

namespace portcullis::app {
namespace {

TEST(FolderLockTest, OneHasItUntilItsEnd) {
  const test::TempDir directory;
  const auto folder = directory.path() + "/gate";
  {
    const auto first = FolderLock::take(folder);
    ASSERT_TRUE(first) << first.error().message;
    const auto second = FolderLock::take(folder);
    ASSERT_FALSE(second);
    EXPECT_NE(second.error().message.find(folder), std::string::npos);
    EXPECT_TRUE(FolderLock::take(directory.path() + "/other"));
  }
  EXPECT_TRUE(FolderLock::take(folder));
  EXPECT_TRUE(std::filesystem::is_empty(folder));
}

TEST(FolderLockTest, OnlyAFolderIsLocked) {
  const test::TempDir directory;
  const auto file = directory.path() + "/file";
  std::ofstream(file) << "x";
  EXPECT_FALSE(FolderLock::take(file));
  EXPECT_FALSE(FolderLock::take(file + "/below"));
}

}  // namespace
}  // namespace portcullis::app
