// Unit tests of Reloader: the newer configuration, or the old one and why.

#include "proxy/app/reload.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "certs/own/local_ca.h"
#include "proxy/base/clock.h"
#include "tests/support/test_pki.h"
#include "tests/unit/telemetry/samples.h"

namespace portcullis::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

const std::string kConfig = R"(version = 1
[listen]
s2s = ["127.0.0.1:5269"]
[local_ca]
directory = "ca"
[[host]]
domain = "legacy.example"
certificates = [ { chain = "host.pem", key = "host.key" } ]
[host.backend]
s2s = "127.0.0.1:15269"
certificate = "backend.pem"
[s2s]
roots = "roots.pem"
)";

class ReloadTest : public testing::Test {
 protected:
  ReloadTest() {
    files_.write("roots.pem", test::pem(root_.certificate.get()));
    files_.write("backend.pem", test::pem(root_.certificate.get()));
    certify();
    EXPECT_TRUE(certs::LocalCa::create(files_.path() + "/ca", wall_clock_now()));
    configure(kConfig);
  }

  // Loading goes by the real clock, so the certificates do, too.
  static test::CertificateSpec valid_now(test::CertificateSpec spec) {
    spec.from = wall_clock_now() - std::chrono::days(1);
    spec.until = wall_clock_now() + std::chrono::days(60);
    return spec;
  }
  void configure(const std::string& text) { files_.write("p.toml", text); }
  // A new certificate of the host, as a renewal brings it.
  void certify() {
    const auto leaf = test::issue(valid_now(test::leaf_spec("legacy.example")), root_);
    files_.write("host.pem", test::pem(leaf.certificate.get()));
    const auto key = files_.write("host.key", test::pem(leaf.key.get()));
    std::filesystem::permissions(
        key, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  }
  Reloader reloader() {
    auto loaded = load(files_.path() + "/p.toml", Occasion::kColdStart);
    EXPECT_TRUE(loaded.snapshot);
    for (const auto& finding : loaded.diagnostics) ADD_FAILURE() << finding.text();
    return {std::move(loaded),
            [this](const relay::SnapshotPtr& next) -> Result<void> {
              if (!refuse_to_adopt_.empty()) return fail(refuse_to_adopt_);
              adopted_.push_back(next);
              return {};
            },
            log_, metrics_};
  }
  double count(const std::string& metric, const std::string& label = "") const {
    return telemetry::sum(metrics_.render(), "portcullis_" + metric, label);
  }
  std::vector<std::string> lines_of(const std::string& event) const {
    std::vector<std::string> found;
    for (const auto& line : lines_)
      if (line.find(" event=" + event + " ") != std::string::npos) found.push_back(line);
    return found;
  }

  const test::Issued root_ = test::issue_self_signed(valid_now(test::authority_spec("Test Root")));
  test::TempDir files_;
  std::vector<std::string> lines_;
  telemetry::Log log_{policy::Log{policy::LogFormat::kText, false},
                      [this](std::string_view line) { lines_.emplace_back(line); }};
  telemetry::Metrics metrics_;
  std::vector<relay::SnapshotPtr> adopted_;
  std::string refuse_to_adopt_;
};

TEST_F(ReloadTest, BeginsWithWhatWasLoadedAndTellsTheMetricsOfIt) {
  const auto reloader = this->reloader();
  ASSERT_TRUE(reloader.running());
  EXPECT_EQ(reloader.running()->config().hosts.size(), 1U);
  EXPECT_THAT(adopted_, IsEmpty());
  EXPECT_GT(count("certificate_not_after_timestamp_seconds", "legacy.example"), 0);
  EXPECT_EQ(count("config_reloads_total"), 0);
}

TEST_F(ReloadTest, TakesOverANewerConfiguration) {
  auto reloader = this->reloader();
  const auto before = reloader.running();
  configure(kConfig + "[limits]\nclient_connections = 77\n");
  const auto outcome = reloader.reload(ReloadTrigger::kSignal);
  EXPECT_TRUE(outcome.ok) << outcome.text();
  EXPECT_THAT(outcome.findings, IsEmpty());
  EXPECT_NE(reloader.running(), before);
  EXPECT_EQ(reloader.running()->config().limits.client_connections, 77U);
  EXPECT_THAT(adopted_, ElementsAre(reloader.running()));
  EXPECT_THAT(lines_of("reload"), ElementsAre(HasSubstr("outcome=ok generation=2 trigger=signal")));
  EXPECT_EQ(count("config_reloads_total", "success"), 1);
  EXPECT_EQ(count("config_generation"), 2);
}

TEST_F(ReloadTest, CountsGenerations) {
  auto reloader = this->reloader();
  for (std::uint64_t generation = 2; generation < 5; ++generation)
    EXPECT_EQ(reloader.reload(ReloadTrigger::kControl).generation, generation);
  EXPECT_EQ(count("config_generation"), 4);
  EXPECT_THAT(adopted_, SizeIs(3));
}

TEST_F(ReloadTest, AConfigurationWithAnErrorChangesNothing) {
  auto reloader = this->reloader();
  const auto before = reloader.running();
  configure(kConfig + "[limits]\nconections = 77\n");
  const auto outcome = reloader.reload(ReloadTrigger::kControl);
  EXPECT_FALSE(outcome.ok);
  EXPECT_EQ(outcome.generation, 1U);
  ASSERT_THAT(outcome.findings, Not(IsEmpty()));
  EXPECT_THAT(outcome.text(), HasSubstr("conections"));
  EXPECT_FALSE(says_ok(outcome.text()));
  EXPECT_EQ(reloader.running(), before);
  EXPECT_THAT(adopted_, IsEmpty());
  EXPECT_THAT(lines_of("reload"), ElementsAre(HasSubstr("level=error")));
  EXPECT_THAT(lines_of("finding"), SizeIs(outcome.findings.size()));
  EXPECT_EQ(count("config_reloads_total", "failure"), 1);
  EXPECT_EQ(count("config_reloads_total", "success"), 0);
  EXPECT_EQ(count("policy_reload_failed"), 1);
}

TEST_F(ReloadTest, AFileThatIsMissingChangesNothing) {
  auto reloader = this->reloader();
  const auto before = reloader.running();
  std::filesystem::remove(files_.path() + "/host.pem");
  EXPECT_FALSE(reloader.reload(ReloadTrigger::kSignal).ok);
  std::filesystem::remove(files_.path() + "/p.toml");
  EXPECT_FALSE(reloader.reload(ReloadTrigger::kSignal).ok);
  EXPECT_EQ(reloader.running(), before);
  EXPECT_THAT(adopted_, IsEmpty());
}

TEST_F(ReloadTest, RecoversOnceTheErrorIsMended) {
  auto reloader = this->reloader();
  configure("nonsense");
  ASSERT_FALSE(reloader.reload(ReloadTrigger::kSignal).ok);
  configure(kConfig);
  const auto outcome = reloader.reload(ReloadTrigger::kSignal);
  EXPECT_TRUE(outcome.ok) << outcome.text();
  EXPECT_EQ(outcome.generation, 2U);
  EXPECT_EQ(count("policy_reload_failed"), 0);
}

TEST_F(ReloadTest, WhatTheWorkersDoNotAdoptIsNotTheRunningOne) {
  auto reloader = this->reloader();
  const auto before = reloader.running();
  const auto files = reloader.loaded_files();
  refuse_to_adopt_ = "cannot listen on 127.0.0.1:5270: address already in use";
  configure(kConfig + "[limits]\nclient_connections = 77\n");
  certify();
  const auto outcome = reloader.reload(ReloadTrigger::kSignal);
  EXPECT_FALSE(outcome.ok);
  EXPECT_EQ(outcome.generation, 1U);
  EXPECT_THAT(outcome.text(), HasSubstr("address already in use"));
  EXPECT_EQ(reloader.running(), before);
  EXPECT_EQ(reloader.loaded_files(), files);
  EXPECT_EQ(count("config_reloads_total", "failure"), 1);

  refuse_to_adopt_.clear();
  EXPECT_EQ(reloader.reload(ReloadTrigger::kSignal).generation, 2U);
  EXPECT_NE(reloader.loaded_files(), files);
}

TEST_F(ReloadTest, AKeyThatWaitsForARestartIsNamedEachTime) {
  auto reloader = this->reloader();
  configure("workers = 3\n" + kConfig);
  for (int i = 0; i < 2; ++i) {
    const auto outcome = reloader.reload(ReloadTrigger::kControl);
    EXPECT_TRUE(outcome.ok);
    ASSERT_THAT(outcome.findings, SizeIs(1));
    EXPECT_EQ(outcome.findings[0].severity, policy::Diagnostic::Severity::kWarning);
    EXPECT_THAT(outcome.text(), HasSubstr("workers"));
    EXPECT_TRUE(says_ok(outcome.text()));
  }
  configure(kConfig);
  EXPECT_THAT(reloader.reload(ReloadTrigger::kControl).findings, IsEmpty());
}

// ---- Files alone

TEST_F(ReloadTest, ARenewedCertificateIsTakenOver) {
  auto reloader = this->reloader();
  const auto files = reloader.loaded_files();
  certify();
  const auto outcome = reloader.reload_files(false);
  EXPECT_TRUE(outcome.ok) << outcome.text();
  EXPECT_EQ(outcome.generation, 2U);
  EXPECT_NE(reloader.loaded_files(), files);
  EXPECT_THAT(lines_of("reload"), ElementsAre(HasSubstr("trigger=files")));
}

TEST_F(ReloadTest, ARenewalDoesNotReadTheConfigurationFile) {
  auto reloader = this->reloader();
  configure("half-edited = [");
  certify();
  EXPECT_TRUE(reloader.reload_files(false).ok);
}

TEST_F(ReloadTest, AFirstFailureOfARenewalIsOnlyNoted) {
  auto reloader = this->reloader();
  const auto before = reloader.running();
  // The key of another certificate: the second step of a renewal is yet to come.
  const auto other = test::issue(valid_now(test::leaf_spec("legacy.example")), root_);
  files_.write("host.pem", test::pem(other.certificate.get()));
  EXPECT_FALSE(reloader.reload_files(false).ok);
  EXPECT_THAT(lines_of("reload"), ElementsAre(HasSubstr("level=notice")));
  EXPECT_EQ(count("config_reloads_total"), 0);
  EXPECT_EQ(count("policy_reload_failed"), 0);

  EXPECT_FALSE(reloader.reload_files(true).ok);
  EXPECT_THAT(lines_of("reload").back(), HasSubstr("level=error"));
  EXPECT_EQ(count("config_reloads_total", "failure"), 1);
  EXPECT_EQ(count("policy_reload_failed"), 1);
  EXPECT_EQ(reloader.running(), before);
  EXPECT_THAT(adopted_, IsEmpty());
}

TEST_F(ReloadTest, TheMetricsForgetWhatANewerConfigurationNoLongerNames) {
  const std::chrono::year_month_day until(std::chrono::floor<std::chrono::days>(wall_clock_now()) +
                                          std::chrono::days(10));
  configure(kConfig + fmt::format("[[s2s.exception]]\ndomain = \"peer.example\"\n"
                                  "allow = [\"expired\"]\nuntil = {:04}-{:02}-{:02}\n"
                                  "why = \"renewal\"\n",
                                  static_cast<int>(until.year()),
                                  static_cast<unsigned>(until.month()),
                                  static_cast<unsigned>(until.day())));
  auto reloader = this->reloader();
  EXPECT_GT(count("exception_until_timestamp_seconds", "peer.example"), 0);
  configure(kConfig);
  ASSERT_TRUE(reloader.reload(ReloadTrigger::kSignal).ok);
  EXPECT_TRUE(std::isnan(count("exception_until_timestamp_seconds", "peer.example")));
}

}  // namespace
}  // namespace portcullis::app
