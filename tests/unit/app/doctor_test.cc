#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "proxy/app/cli/rows_doctor.h"
#include "proxy/app/doctor/examiner.h"
#include "proxy/app/doctor/machine.h"
#include "proxy/app/instance_lock.h"
#include "proxy/doctor/finding.h"

namespace portcullis::app {
namespace {

TEST(DoctorCommand, OffersTheWordsOfAllChecks) {
  const auto rows = doctor::checks();
  ASSERT_EQ(rows.size(), kDoctorCheckWords.size());
  for (std::size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(rows[i].word, kDoctorCheckWords[i]);
}

constexpr std::string_view kMetrics =
    "HTTP/1.1 200 OK\r\n\r\n# HELP portcullis_streams_active Connections.\n"
    "portcullis_streams_active{kind=\"s2s_in\",phase=\"established\"} 3\n"
    "portcullis_streams_active{kind=\"c2s\",phase=\"established\"} 40\n"
    "portcullis_streams_active{kind=\"s2s_out\",phase=\"established\"} 5\n"
    "portcullis_busiest_address_connections 31\n"
    "portcullis_busiest_address_connections_of_something_else 99\n"
    "portcullis_streams_established_total{kind=\"s2s_in\"} 12\n"
    "portcullis_streams_established_total{kind=\"s2s_out\"} 0\n";

TEST(GateNumbers, AreReadFromTheMetrics) {
  policy::Limits limits;
  limits.connections_per_address = 77;
  const auto numbers = numbers_of(kMetrics, limits);
  EXPECT_EQ(numbers.clients.busiest, 31U);
  EXPECT_EQ(numbers.clients.all, 43U);
  EXPECT_EQ(numbers.clients.limit, 77U);
  EXPECT_FALSE(numbers.has_sent);
}

TEST(GateNumbers, SayWhetherTheBackendHasSent) {
  EXPECT_TRUE(
      numbers_of("portcullis_streams_established_total{kind=\"s2s_out\"} 1\n", {}).has_sent);
}

TEST(GateNumbers, SayWhetherTheGateDoubtsTheClock) {
  EXPECT_TRUE(numbers_of("portcullis_clock_suspect 1\n", {}).clock_suspect);
  EXPECT_FALSE(numbers_of("portcullis_clock_suspect 0\n", {}).clock_suspect);
  EXPECT_FALSE(numbers_of("portcullis_clock_suspects 1\n", {}).clock_suspect);
}

TEST(GateNumbers, AreNothingInHostileText) {
  for (const auto* const text :
       {"", "\n\n", "portcullis_streams_active", "portcullis_streams_active{} nan\n",
        "portcullis_busiest_address_connections -5\n", "portcullis_streams_active{} 1x\n"}) {
    const auto numbers = numbers_of(text, {});
    EXPECT_EQ(numbers.clients.busiest, 0U) << text;
    EXPECT_EQ(numbers.clients.all, 0U) << text;
  }
  EXPECT_LE(numbers_of("portcullis_streams_active{} 1e300\n", {}).clients.all, 2'000'000'000'000U);
}

class FindGate : public ::testing::Test {
 protected:
  FindGate() {
    std::string pattern = testing::TempDir() + "doctor-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
    std::ofstream(file()) << "# a configuration\n";
  }
  ~FindGate() override { std::filesystem::remove_all(directory_); }
  std::string file() const { return directory_ / "portcullis.toml"; }
  std::filesystem::path directory_;
  policy::Config config_;
};

TEST_F(FindGate, IsNoneWhereNobodyHasTheLock) {
  EXPECT_FALSE(find_gate(file(), config_));
}

TEST_F(FindGate, IsTheProcessThatHasTheLockOfThisFile) {
  const auto lock = InstanceLock::take(file());
  ASSERT_TRUE(lock);
  const auto gate = find_gate(file(), config_);
  ASSERT_TRUE(gate);
  EXPECT_EQ(gate->process, ::getpid());
  EXPECT_EQ(gate->user, ::geteuid());
  EXPECT_FALSE(find_gate(directory_ / "other.toml", config_));
}

// Who looked by connecting would fill the queue of a socket at which nobody accepts.
TEST_F(FindGate, MayLookAsOftenAsItLikes) {
  const auto lock = InstanceLock::take(file());
  ASSERT_TRUE(lock);
  for (int i = 0; i < 80; ++i) ASSERT_TRUE(find_gate(file(), config_)) << i;
}

TEST(LookAtPorts, HasTheAddressesOfTheConfiguration) {
  policy::Config config;
  config.listen.s2s = {{"192.0.2.77", 5269}, {"127.0.0.1", 5269}};
  config.listen.admin.reset();
  config.outbound.listen.clear();
  const auto ports = look_at_ports(config, "");
  EXPECT_FALSE(ports.is_known);
  ASSERT_GE(ports.own.size(), 2U);
  EXPECT_EQ(ports.own[0].path, "listen.s2s[0]");
  EXPECT_FALSE(ports.own[0].is_here);
  EXPECT_TRUE(ports.own[1].is_here);
}

TEST(LookAtClock, KnowsTheDayOfTheBuild) {
  const auto clock = look_at_clock();
  EXPECT_GT(clock.built, std::chrono::sys_days(std::chrono::year(2026) / 1 / 1));
  EXPECT_LE(clock.built, clock.now);
}

}  // namespace
}  // namespace portcullis::app
