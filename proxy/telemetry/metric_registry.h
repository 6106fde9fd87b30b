#pragma once

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

class OpenCounterSeries;
class OpenGaugeSeries;

// Keeps the rows and their series, and writes them out. Rows are declared on one thread, before
// anything is counted; the rest is thread-safe.
class MetricRegistry {
 public:
  using ReadProcess = ProcessFacts (*)();

  explicit MetricRegistry(ReadProcess read_process = &read_process_facts);
  ~MetricRegistry();
  MetricRegistry(const MetricRegistry&) = delete;
  MetricRegistry& operator=(const MetricRegistry&) = delete;

  // Rows whose labels are all closed: makes the series, at 0, and puts them into `cells` in the
  // order of the labels' values, the last label's changing fastest. Where `exists` is false the
  // cell stays as it is; an empty `exists` means all.
  void declare(MetricRow row, std::span<prometheus::Counter*> cells,
               const std::vector<bool>& exists = {});
  void declare(MetricRow row, std::span<prometheus::Gauge*> cells);
  void declare(MetricRow row, std::span<prometheus::Histogram*> cells);

  // Rows with a label that is not closed: series are made when they are used. The registry owns
  // what is returned.
  OpenCounterSeries& declare_open_counter(MetricRow row);
  OpenGaugeSeries& declare_open_gauge(MetricRow row);

  // A row without labels whose value is read at each scrape, and left out when it cannot be read.
  void declare(MetricRow row, std::optional<double> ProcessFacts::*value);

  // In the order in which they were declared.
  const std::vector<MetricRow>& rows() const;
  // Prometheus text exposition format 0.0.4.
  std::string render() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace portcullis::telemetry
