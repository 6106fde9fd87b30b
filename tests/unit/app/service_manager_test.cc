#include "proxy/app/service_manager.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "tests/support/notified_manager.h"
#include "tests/unit/net/harness.h"

namespace portcullis::app {
namespace {

using namespace std::chrono_literals;

class ServiceManagerTest : public ::testing::Test {
 protected:
  ServiceManagerTest() {
    std::string pattern = testing::TempDir() + "manager-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
    path_ = directory_ / "notify";
    systemd_.emplace(path_);
  }
  ~ServiceManagerTest() override { std::filesystem::remove_all(directory_); }

  ServiceManager connected(const std::string& watchdog = "", const std::string& pid = "") {
    auto manager = ServiceManager::connect({path_, watchdog, pid});
    EXPECT_TRUE(manager) << manager.error().message;
    return std::move(*manager);
  }
  std::string heard() { return systemd_->received(); }

  std::filesystem::path directory_;
  std::string path_;
  std::optional<test::NotifiedManager> systemd_;
};

TEST_F(ServiceManagerTest, HearsOfTheWholeLife) {
  const auto manager = connected();
  manager.ready("Serving 1 host");
  EXPECT_EQ(heard(), "READY=1\nSTATUS=Serving 1 host");
  manager.reloading(1234567us);
  EXPECT_EQ(heard(), "RELOADING=1\nMONOTONIC_USEC=1234567\nSTATUS=Loading the configuration");
  manager.stopping(10s);
  EXPECT_EQ(heard(), "STOPPING=1\nEXTEND_TIMEOUT_USEC=15000000\nSTATUS=Shutting down");
}

TEST_F(ServiceManagerTest, AStatusIsNoSecondAssignment) {
  connected().ready("fine\nMAINPID=1");
  EXPECT_EQ(heard(), "READY=1\nSTATUS=fine MAINPID=1");
}

TEST_F(ServiceManagerTest, WithoutOneNothingIsSaid) {
  const auto manager = ServiceManager::connect({"", "1000000", ""});
  ASSERT_TRUE(manager);
  EXPECT_FALSE(manager->watchdog());
  manager->ready("nobody hears this");
  EXPECT_EQ(heard(), "");
}

TEST_F(ServiceManagerTest, OneThatIsNotThereIsAnError) {
  EXPECT_FALSE(ServiceManager::connect({path_ + "-not", "", ""}));
}

TEST_F(ServiceManagerTest, TheWatchdogIsForTheProcessThatIsNamed) {
  EXPECT_EQ(connected("2000000").watchdog(), 2s);
  EXPECT_EQ(connected("2000000", std::to_string(::getpid())).watchdog(), 2s);
  EXPECT_FALSE(connected("2000000", "1").watchdog());
}

TEST_F(ServiceManagerTest, ASpanThatMakesNoSenseIsNoWatchdog) {
  for (const auto* span : {"", "0", "-1", "2s", "99999999999999999999999"})
    EXPECT_FALSE(connected(span).watchdog()) << span;
}

TEST_F(ServiceManagerTest, TheWatchdogHearsNothingWhileALoopHangs) {
  const auto manager = connected("20000");
  net::Loop loop;
  bool is_alive = true;
  const WatchdogFeed feed(loop, manager, [&] { return is_alive; });
  int heard_alive = 0;
  const auto count = [&] {
    while (heard() == "WATCHDOG=1") ++heard_alive;
    return heard_alive;
  };
  EXPECT_TRUE(net::test::run_until(loop, [&] { return count() >= 3; }));
  is_alive = false;
  count();
  heard_alive = 0;
  int turns = 0;
  net::Timer later(loop, [&] {
    if (++turns < 10) later.start(10ms);
  });
  later.start(10ms);
  EXPECT_TRUE(net::test::run_until(loop, [&] { return turns == 10; }));
  EXPECT_EQ(count(), 0);
  is_alive = true;
  EXPECT_TRUE(net::test::run_until(loop, [&] { return count() >= 1; }));
}

}  // namespace
}  // namespace portcullis::app
