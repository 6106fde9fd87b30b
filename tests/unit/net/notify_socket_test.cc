#include "proxy/net/notify_socket.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <optional>

#include "tests/support/notified_manager.h"

namespace portcullis::net {
namespace {

using Manager = portcullis::test::NotifiedManager;

class NotifySocketTest : public ::testing::Test {
 protected:
  NotifySocketTest() {
    std::string pattern = testing::TempDir() + "notify-XXXXXX";
    directory = ::mkdtemp(pattern.data());
  }
  ~NotifySocketTest() override { std::filesystem::remove_all(directory); }

  std::filesystem::path directory;
};

TEST_F(NotifySocketTest, TellsAManagerAtAPath) {
  const std::string path = directory / "notify";
  const Manager manager(path);
  const auto socket = NotifySocket::connect(path);
  ASSERT_TRUE(socket) << socket.error().message;
  EXPECT_TRUE(socket->send("READY=1\nSTATUS=fine"));
  EXPECT_EQ(manager.received(), "READY=1\nSTATUS=fine");
  EXPECT_EQ(manager.received(), "");
}

TEST_F(NotifySocketTest, TellsAManagerWithoutAFile) {
  const std::string name = "@portcullis-test-" + std::to_string(::getpid());
  const Manager manager(name);
  const auto socket = NotifySocket::connect(name);
  ASSERT_TRUE(socket) << socket.error().message;
  EXPECT_TRUE(socket->send("STOPPING=1"));
  EXPECT_EQ(manager.received(), "STOPPING=1");
}

TEST_F(NotifySocketTest, NobodyThereIsAnError) {
  const auto socket = NotifySocket::connect((directory / "nobody").string());
  ASSERT_FALSE(socket);
  EXPECT_NE(socket.error().message.find("nobody"), std::string::npos);
}

TEST_F(NotifySocketTest, AManagerThatLeftIsAnErrorAndNoSignal) {
  const std::string path = directory / "notify";
  std::optional<Manager> manager(path);
  const auto socket = NotifySocket::connect(path);
  ASSERT_TRUE(socket);
  manager.reset();
  EXPECT_FALSE(socket->send("READY=1"));
}

TEST_F(NotifySocketTest, AManagerThatDoesNotReadHoldsNobodyUpForLong) {
  const std::string path = directory / "notify";
  const Manager manager(path);
  const auto socket = NotifySocket::connect(path);
  ASSERT_TRUE(socket);
  bool taken = true;
  for (int i = 0; i < 10'000 && taken; ++i) taken = socket->send("WATCHDOG=1").has_value();
  EXPECT_FALSE(taken);
}

TEST_F(NotifySocketTest, OtherAddressesAreErrors) {
  for (const auto* address : {"", "@", "/", "relative", "vsock:2:1234"})
    EXPECT_FALSE(NotifySocket::connect(address)) << address;
  EXPECT_FALSE(NotifySocket::connect("/" + std::string(200, 'x')));
}

}  // namespace
}  // namespace portcullis::net
