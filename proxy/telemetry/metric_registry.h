#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "proxy/telemetry/metric_row.h"
#include "proxy/telemetry/process_facts.h"

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace portcullis::telemetry {

class ClosedCounterSeries;
class OpenCounterSeries;
class OpenGaugeSeries;

// Holds the rows and their series, and writes them in the format that Prometheus reads. Declare all
// rows on one thread before anything is counted; everything else is thread-safe.
class MetricRegistry {
 public:
  using ReadProcess = ProcessFacts (*)();

  explicit MetricRegistry(ReadProcess read_process = &read_process_facts);
  ~MetricRegistry();
  MetricRegistry(const MetricRegistry&) = delete;
  MetricRegistry& operator=(const MetricRegistry&) = delete;

  // For a counter whose labels are all closed. Its series are created when they are asked for.
  // `expected`: the numbers of those that can occur; rows() shows only their values of each label.
  // The registry owns what it returns.
  ClosedCounterSeries& declare_counter(MetricRow row, const std::vector<std::size_t>& expected);

  // For a row whose labels are all closed. Creates the series with the value 0 and puts them into
  // `cells`, ordered by the first label, then by the second, and so on.
  void declare(MetricRow row, std::span<prometheus::Gauge*> cells);
  void declare(MetricRow row, std::span<prometheus::Histogram*> cells);

  // For a row with a label that is not closed. Its series are created when they are used. The
  // registry owns what it returns.
  OpenCounterSeries& declare_open_counter(MetricRow row);
  OpenGaugeSeries& declare_open_gauge(MetricRow row);

  // For a row without labels whose value is read at each scrape. If it cannot be read, the metric
  // is left out.
  void declare(MetricRow row, std::optional<double> ProcessFacts::*value);

  // For a metric that keeps its counts elsewhere: `gather` puts them into its series, at the begin
  // of each render(). It must be thread-safe.
  void before_render(std::function<void()> gather);

  // In the order in which they were declared.
  const std::vector<MetricRow>& rows() const;
  // Prometheus text exposition format 0.0.4.
  std::string render() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace portcullis::telemetry
