#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <ctime>
#include <thread>

#include "proxy/telemetry/metrics.h"
#include "tests/unit/telemetry/samples.h"

namespace portcullis::telemetry {
namespace {

using policy::Reason;
using policy::Verdict;
using std::chrono::sys_seconds;

constexpr sys_seconds kThen{std::chrono::seconds(1'800'000'000)};

std::string verdict_sample(StreamKind kind, std::string_view verdict, std::string_view reason) {
  return "portcullis_verdicts_total{kind=\"" + std::string(name(kind)) + "\",reason=\"" +
         std::string(reason) + "\",verdict=\"" + std::string(verdict) + "\"}";
}

bool exists(const std::string& text, StreamKind kind, std::string_view verdict, Reason reason) {
  return !std::isnan(sum(text, verdict_sample(kind, verdict, id(reason))));
}

TEST(Verdicts, EverySeriesThatCanCountExistsFromTheStart) {
  const std::string text = Metrics().render();
  for (const StreamKind kind : kStreamKinds) {
    EXPECT_EQ(sum(text, verdict_sample(kind, "accepted", "none")), 0);
    for (std::size_t i = 0; i < policy::kReasonCount; ++i) {
      const auto reason = policy::reason_at(i);
      const auto& info = policy::info(reason);
      const bool possible = policy::can_refuse(reason, kind);
      EXPECT_EQ(exists(text, kind, "rejected", reason), possible) << id(reason);
      EXPECT_EQ(exists(text, kind, "would_reject", reason), possible && !info.always_enforced)
          << id(reason);
      EXPECT_EQ(exists(text, kind, "excepted", reason),
                possible && info.waiver != policy::Waiver::kNever && kind != StreamKind::kC2s)
          << id(reason);
    }
  }
}

TEST(Verdicts, CountByKindVerdictAndReason) {
  Metrics metrics;
  metrics.policy.verdict(StreamKind::kS2sInbound, Verdict::kAccepted, std::nullopt);
  metrics.policy.verdict(StreamKind::kS2sInbound, Verdict::kWouldReject, Reason::kExpired);
  metrics.policy.verdict(StreamKind::kS2sInbound, Verdict::kWouldReject, Reason::kExpired);
  metrics.policy.verdict(StreamKind::kS2sOutbound, Verdict::kExcepted, Reason::kSelfSigned);
  const std::string text = metrics.render();
  EXPECT_EQ(sum(text, verdict_sample(StreamKind::kS2sInbound, "accepted", "none")), 1);
  EXPECT_EQ(sum(text, verdict_sample(StreamKind::kS2sInbound, "would_reject", "expired")), 2);
  EXPECT_EQ(sum(text, verdict_sample(StreamKind::kS2sOutbound, "excepted", "self_signed")), 1);
  EXPECT_EQ(sum(text, "portcullis_verdicts_total"), 4);
}

TEST(Verdicts, OddCombinationsCreateNoSeries) {
  Metrics metrics;
  const auto lines = [](const std::string& text) {
    return std::count(text.begin(), text.end(), '\n');
  };
  const auto before = lines(metrics.render());
  metrics.policy.verdict(StreamKind::kC2s, Verdict::kRejected, std::nullopt);
  metrics.policy.verdict(StreamKind::kC2s, Verdict::kAccepted, Reason::kExpired);
  const std::string text = metrics.render();
  EXPECT_EQ(lines(text), before);
  EXPECT_EQ(sum(text, verdict_sample(StreamKind::kC2s, "rejected", "internal_error")), 1);
  EXPECT_EQ(sum(text, verdict_sample(StreamKind::kC2s, "accepted", "none")), 1);
}

TEST(RuleVerdicts, AppearOnlyOnceARuleDecided) {
  Metrics metrics;
  EXPECT_TRUE(std::isnan(sum(metrics.render(), "portcullis_rule_verdicts_total")));
  metrics.policy.rule_verdict("*.bank.example", Verdict::kRejected, Reason::kWeakKey);
  metrics.policy.rule_verdict("*.bank.example", Verdict::kRejected, Reason::kWeakKey);
  metrics.policy.rule_verdict("bank.example", Verdict::kAccepted, std::nullopt);
  const std::string text = metrics.render();
  EXPECT_EQ(sum(text,
                "portcullis_rule_verdicts_total{reason=\"weak_key\",rule=\"*.bank.example\","
                "verdict=\"rejected\"}"),
            2);
  EXPECT_EQ(sum(text, "portcullis_rule_verdicts_total", "rule=\"bank.example\""), 1);
  EXPECT_EQ(sum(text, "portcullis_rule_verdicts_total", "reason=\"none\""), 1);
}

TEST(RuleVerdicts, AreBoundedWhateverNamesArePassed) {
  Metrics metrics;
  for (std::size_t i = 0; i < OpenCounterSeries::kMaxValues + 50; ++i)
    metrics.policy.rule_verdict("r" + std::to_string(i) + ".example", Verdict::kAccepted,
                                std::nullopt);
  metrics.policy.rule_verdict("r0.example", Verdict::kAccepted, std::nullopt);
  const std::string text = metrics.render();
  EXPECT_EQ(sum(text, "portcullis_rule_verdicts_total", "rule=\"(more)\""), 50);
  EXPECT_EQ(sum(text, "portcullis_rule_verdicts_total", "rule=\"r0.example\""), 2);
  EXPECT_TRUE(std::isnan(sum(text, "portcullis_rule_verdicts_total", "rule=\"r1000.example\"")));
}

TEST(RuleVerdicts, CountFromManyThreads) {
  Metrics metrics;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&metrics, t] {
      for (int i = 0; i < 500; ++i)
        metrics.policy.rule_verdict("r" + std::to_string((i + t) % 7), Verdict::kRejected,
                                    Reason::kExpired);
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(sum(metrics.render(), "portcullis_rule_verdicts_total"), 2000);
}

TEST(ConfiguredGauges, AreReplacedAndForgotten) {
  Metrics metrics;
  metrics.configuration.exception_until("slow.example", kThen);
  metrics.configuration.exception_until("slow.example", kThen + std::chrono::seconds(1));
  metrics.configuration.crl_next_update("/etc/crl/a.pem", kThen);
  metrics.configuration.certificate_expiry("legacy.example", KeyType::kRsa, kThen);
  std::string text = metrics.render();
  EXPECT_EQ(sum(text, "portcullis_exception_until_timestamp_seconds{domain=\"slow.example\"}"),
            1'800'000'001);
  EXPECT_EQ(sum(text, "portcullis_crl_next_update_timestamp_seconds{file=\"/etc/crl/a.pem\"}"),
            1'800'000'000);

  metrics.configuration.forget();
  text = metrics.render();
  for (const std::string metric : {"portcullis_exception_until_timestamp_seconds",
                                   "portcullis_crl_next_update_timestamp_seconds",
                                   "portcullis_certificate_not_after_timestamp_seconds"})
    EXPECT_TRUE(std::isnan(sum(text, metric))) << metric;

  metrics.configuration.exception_until("other.example", kThen);
  EXPECT_EQ(sum(metrics.render(), "portcullis_exception_until_timestamp_seconds"), 1'800'000'000);
}

TEST(ConfiguredGauges, ForgettingKeepsCounters) {
  Metrics metrics;
  metrics.policy.rule_verdict("bank.example", Verdict::kRejected, Reason::kExpired);
  metrics.policy.verdict(StreamKind::kS2sInbound, Verdict::kRejected, Reason::kExpired);
  metrics.configuration.forget();
  EXPECT_EQ(sum(metrics.render(), "portcullis_rule_verdicts_total"), 1);
  EXPECT_EQ(sum(metrics.render(), "portcullis_verdicts_total"), 1);
}

TEST(ConfiguredGauges, MayBeForgottenWhileTheyAreSetAndRead) {
  Metrics metrics;
  std::atomic<bool> done{false};
  std::thread setter([&] {
    for (int i = 0; i < 300; ++i)
      metrics.configuration.exception_until("d" + std::to_string(i % 5), kThen);
    done = true;
  });
  std::thread forgetter([&] {
    do {
      metrics.configuration.forget();
    } while (!done);
  });
  do {
    EXPECT_FALSE(metrics.render().empty());
  } while (!done);
  setter.join();
  forgetter.join();
  metrics.configuration.forget();
  EXPECT_TRUE(std::isnan(sum(metrics.render(), "portcullis_exception_until_timestamp_seconds")));
}

TEST(ConfiguredGauges, LabelsCannotBreakALine) {
  Metrics metrics;
  metrics.configuration.crl_next_update("a\"} 1\nevil 2", kThen);
  const std::string text = metrics.render();
  EXPECT_TRUE(std::isnan(sum(text, "evil")));
  EXPECT_NE(text.find("file=\"a\\\"} 1\\nevil 2\""), std::string::npos);
}

TEST(PolicyMode, IsOneForTheModeInForce) {
  Metrics metrics;
  EXPECT_EQ(sum(metrics.render(), "portcullis_policy_mode"), 0);
  metrics.configuration.policy_mode(policy::Mode::kObserve);
  EXPECT_EQ(sum(metrics.render(), "portcullis_policy_mode{mode=\"observe\"}"), 1);
  metrics.configuration.policy_mode(policy::Mode::kEnforce);
  const std::string text = metrics.render();
  EXPECT_EQ(sum(text, "portcullis_policy_mode{mode=\"observe\"}"), 0);
  EXPECT_EQ(sum(text, "portcullis_policy_mode{mode=\"enforce\"}"), 1);
}

TEST(Reloads, AFailureLeavesTheTimeOfTheConfigurationInForce) {
  Metrics metrics;
  std::string text = metrics.render();
  EXPECT_EQ(sum(text, "portcullis_config_generation"), 1);
  EXPECT_EQ(sum(text, "portcullis_policy_reload_failed"), 0);
  EXPECT_NEAR(sum(text, "portcullis_config_last_reload_timestamp_seconds"),
              static_cast<double>(std::time(nullptr)), 60);

  metrics.configuration.reloaded(Outcome::kSuccess, 2, kThen);
  metrics.configuration.reloaded(Outcome::kFailure, 2, kThen + std::chrono::hours(1));
  text = metrics.render();
  EXPECT_EQ(sum(text, "portcullis_config_reloads_total{outcome=\"success\"}"), 1);
  EXPECT_EQ(sum(text, "portcullis_config_reloads_total{outcome=\"failure\"}"), 1);
  EXPECT_EQ(sum(text, "portcullis_policy_reload_failed"), 1);
  EXPECT_EQ(sum(text, "portcullis_config_generation"), 2);
  EXPECT_EQ(sum(text, "portcullis_config_last_reload_timestamp_seconds"), 1'800'000'000);

  metrics.configuration.reloaded(Outcome::kSuccess, 3, kThen + std::chrono::hours(2));
  text = metrics.render();
  EXPECT_EQ(sum(text, "portcullis_policy_reload_failed"), 0);
  EXPECT_EQ(sum(text, "portcullis_config_last_reload_timestamp_seconds"), 1'800'007'200);
}

}  // namespace
}  // namespace portcullis::telemetry
