#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>

#include "proxy/admin/server.h"
#include "proxy/app/exit_code.h"
#include "tests/unit/app/command_line.h"

namespace portcullis::app {
namespace {

using test::command;

// The command and a real admin server, which says what the test wants.
class Healthcheck : public ::testing::Test {
 protected:
  Healthcheck() {
    std::string pattern = testing::TempDir() + "healthcheck-XXXXXX";
    directory = ::mkdtemp(pattern.data());
    auto made = admin::Server::start({"127.0.0.1", 0},
                                     {[] { return std::string(); }, [] { return true; },
                                      [this] {
                                        return std::vector<admin::ReadyCheck>{
                                            {"loops", true, ""},
                                            {"draining", ready.load(), "shutting\ndown"},
                                            {"local_ca", !warns.load(), "ended\nearly", false}};
                                      }});
    EXPECT_TRUE(made);
    server = std::move(*made);
  }
  ~Healthcheck() override { std::filesystem::remove_all(directory); }

  test::CommandResult ask(const std::string& listen) {
    std::ofstream(directory / "p.toml")
        << "version = 1\n[listen]\nc2s = [\"127.0.0.1:1\"]\n"
        << listen
        << "\n[[host]]\ndomain = \"a.example\"\ncertificates = [{chain = \"c\", key = \"k\"}]\n"
           "[host.backend]\nc2s = \"127.0.0.1:2\"\n";
    return command({"healthcheck", "-c", (directory / "p.toml").string()});
  }
  std::string admin_on(const std::string& host) const {
    return "admin = \"" + host + ":" + std::to_string(server->port()) + "\"";
  }

  std::filesystem::path directory;
  std::atomic<bool> ready{true};
  std::atomic<bool> warns{false};
  std::unique_ptr<admin::Server> server;
};

TEST_F(Healthcheck, SaysThatItIsReady) {
  const auto done = ask(admin_on("127.0.0.1"));
  EXPECT_EQ(done.status, kFine) << done.err;
  EXPECT_EQ(done.out, "ready\n");
}

TEST_F(Healthcheck, SaysWhatIsNotReady) {
  ready = false;
  const auto done = ask(admin_on("127.0.0.1"));
  EXPECT_EQ(done.status, kProblemFound) << done.err;
  EXPECT_EQ(done.out.rfind("not ready: draining: shutting", 0), 0U) << done.out;
  EXPECT_EQ(std::count(done.out.begin(), done.out.end(), '\n'), 1) << "a detail forges no line";
}

TEST_F(Healthcheck, TellsAWarningAndThatItIsReady) {
  warns = true;
  const auto done = ask(admin_on("127.0.0.1"));
  EXPECT_EQ(done.status, kFine) << done.err;
  EXPECT_EQ(done.out.rfind("ready\nwarning: local_ca: ended", 0), 0U) << done.out;
  EXPECT_EQ(std::count(done.out.begin(), done.out.end(), '\n'), 2) << "a detail forges no line";
}

TEST_F(Healthcheck, AnAddressForAllIsAskedOnTheLoopback) {
  EXPECT_EQ(ask(admin_on("0.0.0.0")).status, kFine);
}

TEST_F(Healthcheck, NobodyListens) {
  const auto address = admin_on("127.0.0.1");
  server.reset();
  const auto done = ask(address);
  EXPECT_EQ(done.status, kUnreachable);
  EXPECT_EQ(done.out, "");
  EXPECT_NE(done.err.find("cannot be asked"), std::string::npos) << done.err;
}

TEST_F(Healthcheck, FindsTheAddressInAFileWithFaults) {
  EXPECT_EQ(ask(admin_on("127.0.0.1") + "\nspelt_wrong = 1").status, kFine)
      << "nobody has loaded that file yet, so the process is as healthy as before";
}

TEST_F(Healthcheck, NeedsToml) {
  const auto done = ask(admin_on("127.0.0.1") + "\nspelt wrong");
  EXPECT_EQ(done.status, kInvalidConfig);
  EXPECT_NE(done.err.find("p.toml:5:"), std::string::npos) << done.err;
}

TEST_F(Healthcheck, SaysThatTheAddressIsOff) {
  const auto done = ask("admin = \"off\"");
  EXPECT_EQ(done.status, kUnreachable);
  EXPECT_NE(done.err.find("[listen]"), std::string::npos) << done.err;
}

TEST_F(Healthcheck, NeedsAConfiguration) {
  EXPECT_EQ(command({"healthcheck", "-c", (directory / "none").string()}).status, kInvalidConfig);
}

TEST_F(Healthcheck, TakesNoOtherWords) {
  EXPECT_EQ(command({"healthcheck", "now"}).status, kUsage);
}

}  // namespace
}  // namespace portcullis::app
