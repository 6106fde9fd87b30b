#include "proxy/app/instance_lock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <thread>
#include <vector>

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

// Holds the name as no portcullis does.
class Squatter {
 public:
  explicit Squatter(const std::string& file) {
    const auto name = InstanceLock::name(file);
    address_.sun_family = AF_UNIX;
    const auto length = name.copy(address_.sun_path + 1, sizeof address_.sun_path - 1);
    size_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + length);
    EXPECT_EQ(::bind(socket_.get(), raw(), size_), 0);
  }
  void listen_with_a_full_queue() {
    EXPECT_EQ(::listen(socket_.get(), 0), 0);
    do waiting_.push_back(make());
    while (::connect(waiting_.back().get(), raw(), size_) == 0);
    EXPECT_EQ(errno, EAGAIN);
  }
  void leave() { socket_ = net::Descriptor(); }

 private:
  static net::Descriptor make() {
    return net::Descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  }
  const sockaddr* raw() const { return reinterpret_cast<const sockaddr*>(&address_); }

  sockaddr_un address_{};
  socklen_t size_ = 0;
  net::Descriptor socket_ = make();
  std::vector<net::Descriptor> waiting_;
};

TEST_F(InstanceLockTest, ANameThatIsOnlyBoundKeepsNobodyOut) {
  const Squatter squatter(file());
  const auto began = std::chrono::steady_clock::now();
  const auto taken = InstanceLock::take(file());
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(5));
  ASSERT_TRUE(taken) << taken.error().message;
  EXPECT_FALSE(taken->is_held());
  EXPECT_THAT(taken->warning(), HasSubstr(file()));
  EXPECT_THAT(taken->warning(), HasSubstr("takes no connection"));
  EXPECT_THAT(taken->warning(), HasSubstr("ss -xap | grep '@" + InstanceLock::name(file())));
}

TEST_F(InstanceLockTest, AFullQueueKeepsNobodyOut) {
  Squatter squatter(file());
  squatter.listen_with_a_full_queue();
  const auto began = std::chrono::steady_clock::now();
  const auto taken = InstanceLock::take(file());
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(5));
  ASSERT_TRUE(taken) << taken.error().message;
  EXPECT_FALSE(taken->is_held());
  EXPECT_THAT(taken->warning(), HasSubstr("takes no connection"));
}

// As where the other one ends just now, or has not come to listen yet.
TEST_F(InstanceLockTest, IsTakenWhenTheNameIsFreeAfterAll) {
  Squatter squatter(file());
  std::thread later([&] { squatter.leave(); });
  const auto taken = InstanceLock::take(file());
  later.join();
  ASSERT_TRUE(taken) << taken.error().message;
  EXPECT_TRUE(taken->is_held());
  EXPECT_EQ(taken->warning(), "");
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
  const auto taken = InstanceLock::take(file());
  ASSERT_TRUE(taken);
  EXPECT_FALSE(taken->is_held());
  EXPECT_THAT(taken->warning(),
              HasSubstr("process " + std::to_string(child) + " of the user 65534"));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(ready[0]);
  ::close(ready[1]);
}

}  // namespace
}  // namespace portcullis::app
