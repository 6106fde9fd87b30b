#include "proxy/net/directory_watch.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/unit/net/harness.h"

namespace portcullis::net {
namespace {

namespace fs = std::filesystem;
using test::run_until;

class DirectoryWatchTest : public ::testing::Test {
 protected:
  DirectoryWatchTest() {
    std::string pattern = testing::TempDir() + "watch-XXXXXX";
    directory = ::mkdtemp(pattern.data());
  }
  ~DirectoryWatchTest() override { fs::remove_all(directory); }

  void watch(const fs::path& what) {
    auto started = DirectoryWatch::start(loop, what, [this] { ++changes; });
    ASSERT_TRUE(started) << started.error().message;
    watching = std::move(*started);
  }
  bool notices() {
    const int before = changes;
    return run_until(loop, [&] { return changes > before; });
  }

  Loop loop;
  fs::path directory;
  std::unique_ptr<DirectoryWatch> watching;
  int changes = 0;
};

TEST_F(DirectoryWatchTest, NoticesWhatHappensToEntries) {
  watch(directory);
  std::ofstream(directory / "new") << "content";
  EXPECT_TRUE(notices());
  fs::rename(directory / "new", directory / "renamed");
  EXPECT_TRUE(notices());
  std::ofstream(directory / "renamed") << "other";
  EXPECT_TRUE(notices());
  fs::remove(directory / "renamed");
  EXPECT_TRUE(notices());
  fs::create_symlink("anywhere", directory / "link");
  EXPECT_TRUE(notices());
}

TEST_F(DirectoryWatchTest, NoticesThatTheDirectoryItselfGoes) {
  fs::create_directory(directory / "inner");
  watch(directory / "inner");
  fs::rename(directory / "inner", directory / "moved");
  EXPECT_TRUE(notices());
  fs::remove(directory / "moved");
  EXPECT_TRUE(notices());
}

TEST_F(DirectoryWatchTest, FollowsALinkWhenStarted) {
  fs::create_directory(directory / "real");
  fs::create_directory_symlink("real", directory / "link");
  watch(directory / "link");
  std::ofstream(directory / "real" / "file") << "content";
  EXPECT_TRUE(notices());
}

TEST_F(DirectoryWatchTest, SaysWhatCannotBeWatched) {
  const auto started = DirectoryWatch::start(loop, directory / "missing", [] {});
  ASSERT_FALSE(started);
  EXPECT_NE(started.error().message.find("missing"), std::string::npos);
}

TEST_F(DirectoryWatchTest, IsSilentOnceDestroyed) {
  watch(directory);
  std::ofstream(directory / "file") << "content";
  watching.reset();
  int later = 0;
  const auto other = DirectoryWatch::start(loop, directory, [&later] { ++later; });
  std::ofstream(directory / "file") << "more";
  EXPECT_TRUE(run_until(loop, [&] { return later > 0; }));
  EXPECT_EQ(changes, 0);
}

TEST_F(DirectoryWatchTest, MayBeDestroyedByItsOwnCallback) {
  auto started = DirectoryWatch::start(loop, directory, [this] {
    ++changes;
    watching.reset();
  });
  watching = std::move(*started);
  std::ofstream(directory / "file") << "content";
  EXPECT_TRUE(notices());
  EXPECT_EQ(changes, 1);
}

}  // namespace
}  // namespace portcullis::net
