#include "proxy/app/instance_lock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>

namespace portcullis::app {
namespace {

using ::testing::HasSubstr;

class InstanceLockTest : public ::testing::Test {
 protected:
  InstanceLockTest() {
    std::string pattern = testing::TempDir() + "lock-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
    std::ofstream(file()) << "# a configuration\n";
  }
  ~InstanceLockTest() override { std::filesystem::remove_all(directory_); }
  std::string file() const { return directory_ / "portcullis.toml"; }
  std::filesystem::path directory_;
};

TEST_F(InstanceLockTest, IsTakenOnceAndNamesWhoHasIt) {
  auto first = std::make_optional(InstanceLock::take(file()));
  ASSERT_TRUE(*first) << first->error().message;
  const auto second = InstanceLock::take(file());
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, HasSubstr("process " + std::to_string(::getpid())));
  EXPECT_THAT(second.error().message, HasSubstr(file()));
  first.reset();
  EXPECT_TRUE(InstanceLock::take(file()));
}

TEST_F(InstanceLockTest, NamesWhoHasItToManyInTurn) {
  const auto first = InstanceLock::take(file());
  ASSERT_TRUE(first);
  for (int i = 0; i < 1000; ++i) {
    const auto refused = InstanceLock::take(file());
    ASSERT_FALSE(refused);
    ASSERT_THAT(refused.error().message, HasSubstr("process " + std::to_string(::getpid()))) << i;
  }
}

TEST_F(InstanceLockTest, IsNotThatOfAnotherConfiguration) {
  const auto first = InstanceLock::take(file());
  ASSERT_TRUE(first);
  EXPECT_TRUE(InstanceLock::take(directory_ / "other.toml"));
}

TEST_F(InstanceLockTest, HoldsForEveryNameOfTheFolderAndWhenTheFileIsReplaced) {
  const auto first = InstanceLock::take(file());
  ASSERT_TRUE(first);
  std::filesystem::create_directory_symlink(directory_, directory_ / "link");
  EXPECT_FALSE(InstanceLock::take(directory_ / "link" / "portcullis.toml"));
  std::ofstream(directory_ / "new") << "# another one\n";
  std::filesystem::rename(directory_ / "new", file());
  EXPECT_FALSE(InstanceLock::take(file()));
}

TEST_F(InstanceLockTest, IsFreeWhenItsProcessWasKilled) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const auto child = ::fork();
  if (child == 0) {
    const auto held = InstanceLock::take(file());
    const char word = held ? 'y' : 'n';
    if (::write(ready[1], &word, 1) == 1)
      for (;;) ::pause();
    ::_exit(1);
  }
  char word = 0;
  ASSERT_EQ(::read(ready[0], &word, 1), 1);
  ASSERT_EQ(word, 'y');
  const auto second = InstanceLock::take(file());
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, HasSubstr("process " + std::to_string(child)));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(InstanceLock::take(file()));
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_F(InstanceLockTest, OfAnotherUserKeepsNobodyOut) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become another user";
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  std::filesystem::permissions(directory_, std::filesystem::perms::all);
  const auto child = ::fork();
  if (child == 0) {
    const bool other = ::setuid(65534) == 0;
    const auto held = InstanceLock::take(file());
    const char word = other && held ? 'y' : 'n';
    if (::write(ready[1], &word, 1) == 1)
      for (;;) ::pause();
    ::_exit(1);
  }
  char word = 0;
  ASSERT_EQ(::read(ready[0], &word, 1), 1);
  EXPECT_EQ(word, 'y');
  EXPECT_TRUE(InstanceLock::take(file()));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(ready[0]);
  ::close(ready[1]);
}

}  // namespace
}  // namespace portcullis::app
