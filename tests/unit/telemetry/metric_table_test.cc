// What is exposed is what the table says, and nothing else.

#include "proxy/telemetry/metric_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
#include <string>
#include <thread>
#include <vector>

#include "proxy/telemetry/metrics.h"
#include "tests/unit/telemetry/exposition.h"

namespace portcullis::telemetry {
namespace {

using testing::AnyOf;
using testing::EndsWith;
using testing::Not;
using testing::StartsWith;

// A series appears at its first use when a label's values are not known before.
bool is_open(const MetricRow& row) {
  return std::any_of(row.labels.begin(), row.labels.end(),
                     [](const LabelRow& label) { return label.values.empty(); });
}

// Every series that appears only when it is used.
void use_open_series(Metrics& metrics) {
  metrics.build_info("1.2.3", "3.0.15");
  metrics.streams.stands("legacy.example", StreamKind::kC2s, TlsVersion::kTls13,
                         Authentication::kLogin);
  metrics.policy.rule_verdict("*.bank.example", policy::Verdict::kAccepted, std::nullopt);
  metrics.configuration.certificate_expiry("legacy.example", KeyType::kEcdsa, {});
  metrics.configuration.certificate_client_use("legacy.example", true);
  metrics.configuration.exception_until("slow.example", {});
  metrics.connections.backend_up("legacy.example", StreamKind::kC2s, true);
  metrics.configuration.crl_next_update("/etc/crl.pem", {});
}

void expect_exposed(const MetricRow& row, const Exposed& exposed) {
  EXPECT_EQ(exposed.type, name(row.type)) << row.name;
  EXPECT_EQ(exposed.help, row.help);
  ASSERT_FALSE(exposed.series.empty()) << row.name;
  for (const auto& series : exposed.series) {
    EXPECT_EQ(series.size(), row.labels.size()) << row.name;
    for (const auto& label : row.labels)
      EXPECT_EQ(series.count(std::string(label.name)), 1U) << row.name << " " << label.name;
  }
  for (const auto& label : row.labels) {
    if (is_open(row)) break;
    EXPECT_EQ(exposed.values(std::string(label.name)),
              std::set<std::string>(label.values.begin(), label.values.end()))
        << row.name << " " << label.name;
  }
  EXPECT_EQ(exposed.bounds.size(), row.buckets.empty() ? 0 : row.buckets.size() + 1) << row.name;
}

TEST(MetricTable, EveryRowWithClosedLabelsIsExposedFromTheStart) {
  const Metrics metrics;
  auto exposed = parse_exposition(metrics.render());
  for (const auto& row : metrics.rows())
    if (!is_open(row)) expect_exposed(row, exposed[std::string(row.name)]);
}

TEST(MetricTable, EveryOtherRowIsExposedOnceItIsUsed) {
  Metrics metrics;
  auto before = parse_exposition(metrics.render());
  use_open_series(metrics);
  auto after = parse_exposition(metrics.render());
  for (const auto& row : metrics.rows()) {
    if (!is_open(row)) continue;
    EXPECT_EQ(before.count(std::string(row.name)), 0U) << row.name;
    expect_exposed(row, after[std::string(row.name)]);
  }
}

TEST(MetricTable, NothingIsExposedThatHasNoRow) {
  Metrics metrics;
  use_open_series(metrics);
  std::set<std::string> rows;
  for (const auto& row : metrics.rows())
    EXPECT_TRUE(rows.emplace(row.name).second) << row.name << " has two rows";
  for (const auto& [name, exposed] : parse_exposition(metrics.render()))
    EXPECT_EQ(rows.count(name), 1U) << name;
}

// https://prometheus.io/docs/practices/naming/
TEST(MetricTable, NamesFollowTheRulesOfPrometheus) {
  const std::regex valid("(portcullis|process)(_[a-z]+)+");
  const std::regex no_base_unit(
      "_(ms|us|ns|milliseconds|microseconds|nanoseconds|minutes|hours|days|kb|kilobytes|mb|"
      "megabytes|octets|percent)(_|$)");
  const std::regex unit_within("_(seconds|bytes)_(?!total$)");
  const Metrics metrics;
  for (const auto& row : metrics.rows()) {
    const std::string name(row.name);
    EXPECT_TRUE(std::regex_match(name, valid)) << name;
    EXPECT_FALSE(std::regex_search(name, no_base_unit)) << name;
    EXPECT_FALSE(std::regex_search(name, unit_within)) << name;
    switch (row.type) {
      case MetricType::kCounter:
        EXPECT_THAT(name, EndsWith("_total"));
        break;
      case MetricType::kGauge:
        EXPECT_THAT(name, Not(AnyOf(EndsWith("_total"), EndsWith("_count"), EndsWith("_sum"))));
        break;
      case MetricType::kHistogram:
        EXPECT_THAT(name, AnyOf(EndsWith("_seconds"), EndsWith("_bytes")));
        EXPECT_TRUE(std::is_sorted(row.buckets.begin(), row.buckets.end())) << name;
        EXPECT_FALSE(row.buckets.empty()) << name;
        break;
    }
    for (const auto& label : row.labels) {
      EXPECT_TRUE(std::regex_match(std::string(label.name), std::regex("[a-z]+(_[a-z]+)*")));
      EXPECT_THAT(std::string(label.name), Not(AnyOf("le", "quantile", "job", "instance")));
    }
  }
}

TEST(MetricTable, EveryTextIsWhole) {
  const Metrics metrics;
  for (const auto& row : metrics.rows()) {
    EXPECT_THAT(std::string(row.help), EndsWith(".")) << row.name;
    for (const auto& label : row.labels) {
      EXPECT_FALSE(label.meaning.empty()) << row.name << " " << label.name;
      const std::set<std::string_view> values(label.values.begin(), label.values.end());
      EXPECT_EQ(values.size(), label.values.size()) << row.name << " " << label.name;
      EXPECT_EQ(values.count(""), 0U) << row.name << " " << label.name;
    }
  }
}

// A metric can be declared with any labels, and each combination has a series of its own.
TEST(Counter, GivesEachCombinationOfLabelsItsOwnSeries) {
  MetricRegistry registry;
  Counter<StreamKind, Outcome, Limit> counter(registry, "portcullis_test_total", "Test.");
  std::uint64_t next = 1;
  for (std::size_t kind = 0; kind < Label<StreamKind>::kSize; ++kind)
    for (const Outcome outcome : {Outcome::kSuccess, Outcome::kFailure})
      for (const Limit limit :
           {Limit::kDescriptors, Limit::kClientConnections, Limit::kConnectionsPerAddress})
        counter.add(next++, Label<StreamKind>::at(kind), outcome, limit);
  const std::string text = registry.render();
  EXPECT_EQ(next, 19U);
  EXPECT_NE(text.find("portcullis_test_total{kind=\"s2s_in\",limit=\"descriptors\","
                      "outcome=\"success\"} 1\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("portcullis_test_total{kind=\"c2s\",limit=\"connections_per_address\","
                      "outcome=\"failure\"} 18\n"),
            std::string::npos)
      << text;
  for (std::uint64_t value = 1; value < next; ++value)
    EXPECT_NE(text.find("} " + std::to_string(value) + "\n"), std::string::npos) << value;
}

TEST(Counter, HasNoSeriesForWhatCannotOccurUntilItIsCountedAllTheSame) {
  MetricRegistry registry;
  Counter<StreamKind, Outcome> counter(
      registry, "portcullis_test_total", "Test.", [](StreamKind kind, Outcome outcome) {
        return kind == StreamKind::kC2s || outcome == Outcome::kFailure;
      });
  const std::string before = registry.render();
  EXPECT_EQ(parse_exposition(before)["portcullis_test_total"].series.size(), 4U);
  counter.count(StreamKind::kS2sInbound, Outcome::kSuccess);
  EXPECT_EQ(parse_exposition(registry.render())["portcullis_test_total"].series.size(), 5U);
  EXPECT_NE(registry.render().find("{kind=\"s2s_in\",outcome=\"success\"} 1\n"), std::string::npos);
  counter.count(StreamKind::kC2s, Outcome::kSuccess);
  EXPECT_NE(registry.render().find("{kind=\"c2s\",outcome=\"success\"} 1\n"), std::string::npos);
}

TEST(SpreadCounter, LosesNothingThatManyThreadsCountWhileItIsRead) {
  MetricRegistry registry;
  SpreadCounter<StreamKind, Outcome> counter(registry, "portcullis_test_total", "Test.");
  EXPECT_NE(registry.render().find("{kind=\"c2s\",outcome=\"success\"} 0\n"), std::string::npos);
  constexpr int kThreads = decltype(counter)::kLanes + 8;
  constexpr int kEach = 1000;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int i = 0; i < kThreads; ++i)
    threads.emplace_back([&counter] {
      for (int n = 0; n < kEach; ++n) counter.add(3, StreamKind::kC2s, Outcome::kSuccess);
    });
  std::thread other([&registry] {
    for (int i = 0; i < 20; ++i) registry.render();
  });
  for (int i = 0; i < 20; ++i) registry.render();
  other.join();
  for (auto& thread : threads) thread.join();
  const auto text = registry.render();
  EXPECT_NE(text.find("{kind=\"c2s\",outcome=\"success\"} " + std::to_string(3 * kThreads * kEach) +
                      "\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("{kind=\"c2s\",outcome=\"failure\"} 0\n"), std::string::npos);
}

TEST(Gauge, GoesUpAndDownAndIsSet) {
  MetricRegistry registry;
  Gauge<Phase> gauge(registry, "portcullis_test", "Test.");
  gauge.set(7, Phase::kRelaying);
  gauge.change(+2, Phase::kRelaying);
  gauge.change(-4, Phase::kRelaying);
  gauge.change(-1, Phase::kNegotiating);
  EXPECT_NE(registry.render().find("{phase=\"relaying\"} 5\n"), std::string::npos);
  EXPECT_NE(registry.render().find("{phase=\"negotiating\"} -1\n"), std::string::npos);
}

TEST(ProcessMetric, IsLeftOutWhenItCannotBeRead) {
  MetricRegistry registry([] {
    ProcessFacts facts;
    facts.cpu_seconds = 2.5;
    return facts;
  });
  const ProcessMetric known(registry, "process_known_total", MetricType::kCounter, "Test.",
                            &ProcessFacts::cpu_seconds);
  const ProcessMetric unknown(registry, "process_unknown", MetricType::kGauge, "Test.",
                              &ProcessFacts::open_descriptors);
  const std::string text = registry.render();
  EXPECT_NE(text.find("process_known_total 2.5\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("process_unknown"), std::string::npos) << text;
}

}  // namespace
}  // namespace portcullis::telemetry
