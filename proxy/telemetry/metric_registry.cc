#include "proxy/telemetry/metric_registry.h"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/metric_family.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <functional>
#include <map>
#include <set>
#include <sstream>
#include <utility>

#include "proxy/telemetry/closed_series.h"
#include "proxy/telemetry/open_series.h"

namespace portcullis::telemetry {
namespace {

// The row with those values of its labels that at least one of the series has.
MetricRow with_values_of(MetricRow row, const std::vector<std::size_t>& series) {
  std::map<std::string, std::set<std::string>, std::less<>> seen;
  for (const auto number : series)
    for (const auto& [label, value] : labels_at(row, number)) seen[label].insert(value);
  for (auto& label : row.labels)
    std::erase_if(label.values, [&values = seen[std::string(label.name)]](std::string_view value) {
      return !values.contains(std::string(value));
    });
  return row;
}

template <class Builder>
auto& family(prometheus::Registry& registry, Builder builder, const MetricRow& row) {
  return builder.Name(std::string(row.name)).Help(std::string(row.help)).Register(registry);
}

struct ProcessRow {
  MetricRow row;
  std::optional<double> ProcessFacts::*value;
};

prometheus::MetricFamily collect(const ProcessRow& process, double value) {
  prometheus::ClientMetric metric;
  const bool counts = process.row.type == MetricType::kCounter;
  (counts ? metric.counter.value : metric.gauge.value) = value;
  return {std::string(process.row.name),
          std::string(process.row.help),
          counts ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge,
          {std::move(metric)}};
}

}  // namespace

struct MetricRegistry::Impl {
  ReadProcess read_process = nullptr;
  prometheus::Registry registry;
  std::vector<MetricRow> rows;
  std::vector<ProcessRow> process;
  std::vector<std::function<void()>> gathering;
  std::vector<std::unique_ptr<ClosedCounterSeries>> counters;
  std::vector<std::unique_ptr<OpenCounterSeries>> open_counters;
  std::vector<std::unique_ptr<OpenGaugeSeries>> open_gauges;
};

MetricRegistry::MetricRegistry(ReadProcess read_process) : impl_(std::make_unique<Impl>()) {
  impl_->read_process = read_process;
}
MetricRegistry::~MetricRegistry() = default;

ClosedCounterSeries& MetricRegistry::declare_counter(MetricRow row,
                                                     const std::vector<std::size_t>& expected) {
  auto& counters = family(impl_->registry, prometheus::BuildCounter(), row);
  impl_->rows.push_back(with_values_of(row, expected));
  return *impl_->counters.emplace_back(
      std::make_unique<ClosedCounterSeries>(counters, std::move(row)));
}

void MetricRegistry::declare(MetricRow row, std::span<prometheus::Gauge*> cells) {
  auto& gauges = family(impl_->registry, prometheus::BuildGauge(), row);
  for (std::size_t i = 0; i < cells.size(); ++i) cells[i] = &gauges.Add(labels_at(row, i));
  impl_->rows.push_back(std::move(row));
}

void MetricRegistry::declare(MetricRow row, std::span<prometheus::Histogram*> cells) {
  auto& histograms = family(impl_->registry, prometheus::BuildHistogram(), row);
  for (std::size_t i = 0; i < cells.size(); ++i)
    cells[i] = &histograms.Add(labels_at(row, i), row.buckets);
  impl_->rows.push_back(std::move(row));
}

OpenCounterSeries& MetricRegistry::declare_open_counter(MetricRow row) {
  auto& counters = family(impl_->registry, prometheus::BuildCounter(), row);
  impl_->rows.push_back(row);
  return *impl_->open_counters.emplace_back(
      std::make_unique<OpenCounterSeries>(counters, std::move(row.labels)));
}

OpenGaugeSeries& MetricRegistry::declare_open_gauge(MetricRow row) {
  auto& gauges = family(impl_->registry, prometheus::BuildGauge(), row);
  impl_->rows.push_back(row);
  return *impl_->open_gauges.emplace_back(
      std::make_unique<OpenGaugeSeries>(gauges, std::move(row.labels)));
}

void MetricRegistry::declare(MetricRow row, std::optional<double> ProcessFacts::*value) {
  impl_->rows.push_back(row);
  impl_->process.push_back({std::move(row), value});
}

void MetricRegistry::before_render(std::function<void()> gather) {
  impl_->gathering.push_back(std::move(gather));
}

const std::vector<MetricRow>& MetricRegistry::rows() const {
  return impl_->rows;
}

std::string MetricRegistry::render() const {
  for (const auto& gather : impl_->gathering) gather();
  auto families = impl_->registry.Collect();
  const ProcessFacts facts = impl_->read_process();
  for (const auto& process : impl_->process)
    if (const auto value = facts.*process.value) families.push_back(collect(process, *value));
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, families);
  return out.str();
}

}  // namespace portcullis::telemetry
