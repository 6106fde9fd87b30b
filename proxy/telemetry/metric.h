#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "proxy/telemetry/closed_series.h"
#include "proxy/telemetry/metric_registry.h"
#include "proxy/telemetry/metric_row.h"
#include "proxy/telemetry/open_series.h"

namespace portcullis::telemetry {

// A metric: constructing one declares its row, and its functions change its series. Each label is a
// type, so a wrong label does not compile. Thread-safe. With closed labels a change costs an index
// into an array and an atomic addition.

void add(prometheus::Counter& series, double value);
void add(prometheus::Gauge* series, double value);
void set(prometheus::Gauge* series, double value);
void observe(prometheus::Histogram* series, double value);

// The numbers of the series, by the values of the labels.
template <ClosedLabel... Labels>
struct Grid {
  static constexpr std::size_t kSize = (Label<Labels>::kSize * ... * std::size_t{1});

  static constexpr std::size_t index(const Labels&... labels) {
    std::size_t index = 0;
    ((index = index * Label<Labels>::kSize + Label<Labels>::index(labels)), ...);
    return index;
  }

  // Calls `function` with the values of the labels that the series with this number has.
  template <class Function>
  static auto at(std::size_t number, Function function) {
    return at(number, function, std::index_sequence_for<Labels...>());
  }

 private:
  template <class Function, std::size_t... kPlaces>
  static auto at(std::size_t number, Function function, std::index_sequence<kPlaces...>) {
    std::array<std::size_t, sizeof...(Labels)> digits{};
    constexpr std::array sizes{Label<Labels>::kSize...};
    for (std::size_t i = digits.size(); i-- > 0; number /= sizes[i]) digits[i] = number % sizes[i];
    return function(Label<Labels>::at(digits[kPlaces])...);
  }
};

template <ClosedLabel... Labels>
class Counter {
 public:
  // Says which combinations of values can occur. Only these have a series from the start. Another
  // one gets its series when it is counted all the same, so that no count is ever lost.
  using CanOccur = bool (*)(Labels...);

  Counter(MetricRegistry& registry, std::string_view name, std::string_view help,
          CanOccur can_occur = nullptr)
      : Counter(registry, {name, MetricType::kCounter, help, {label_row<Labels>()...}, {}},
                numbers(can_occur)) {}

  void count(const Labels&... labels) { add(1, labels...); }
  void add(std::uint64_t amount, const Labels&... labels) {
    telemetry::add(series_at(Grid<Labels...>::index(labels...)), static_cast<double>(amount));
  }

 private:
  static constexpr std::size_t kSize = Grid<Labels...>::kSize;

  Counter(MetricRegistry& registry, MetricRow row, const std::vector<std::size_t>& from_the_start)
      : series_(registry.declare_counter(std::move(row), from_the_start)) {
    for (const auto number : from_the_start) series_at(number);
  }

  static std::vector<std::size_t> numbers(CanOccur can_occur) {
    std::vector<std::size_t> numbers;
    for (std::size_t i = 0; i < kSize; ++i)
      if (can_occur == nullptr || Grid<Labels...>::at(i, can_occur)) numbers.push_back(i);
    return numbers;
  }

  prometheus::Counter& series_at(std::size_t number) {
    auto& cell = cells_[number];
    if (auto* const known = cell.load(std::memory_order_acquire)) return *known;
    // Two threads that come here at once get the same series.
    auto& made = series_.at(number);
    cell.store(&made, std::memory_order_release);
    return made;
  }

  ClosedCounterSeries& series_;
  std::array<std::atomic<prometheus::Counter*>, kSize> cells_{};
};

template <ClosedLabel... Labels>
class Gauge {
 public:
  Gauge(MetricRegistry& registry, std::string_view name, std::string_view help) {
    registry.declare({name, MetricType::kGauge, help, {label_row<Labels>()...}, {}}, cells_);
  }

  void change(double by, const Labels&... labels) {
    telemetry::add(cells_[Grid<Labels...>::index(labels...)], by);
  }
  void set(double value, const Labels&... labels) {
    telemetry::set(cells_[Grid<Labels...>::index(labels...)], value);
  }

 private:
  std::array<prometheus::Gauge*, Grid<Labels...>::kSize> cells_{};
};

// For durations; exposed in seconds.
template <ClosedLabel... Labels>
class Histogram {
 public:
  // `buckets`: the upper bounds, in growing order.
  Histogram(MetricRegistry& registry, std::string_view name, std::string_view help,
            std::vector<double> buckets) {
    registry.declare(
        {name, MetricType::kHistogram, help, {label_row<Labels>()...}, std::move(buckets)}, cells_);
  }

  void observe(std::chrono::duration<double> time, const Labels&... labels) {
    telemetry::observe(cells_[Grid<Labels...>::index(labels...)], time.count());
  }

 private:
  std::array<prometheus::Histogram*, Grid<Labels...>::kSize> cells_{};
};

// A counter whose first label is not closed. Each count takes a lock and searches for the series.
template <class First, class... Labels>
class OpenCounter {
 public:
  OpenCounter(MetricRegistry& registry, std::string_view name, std::string_view help)
      : series_(registry.declare_open_counter(
            {name, MetricType::kCounter, help, {label_row<First>(), label_row<Labels>()...}, {}})) {
  }

  void count(const First& first, const Labels&... labels) {
    series_.count({Label<First>::word(first), Label<Labels>::word(labels)...});
  }

 private:
  OpenCounterSeries& series_;
};

template <class... Labels>
class OpenGauge {
 public:
  OpenGauge(MetricRegistry& registry, std::string_view name, std::string_view help)
      : series_(registry.declare_open_gauge(
            {name, MetricType::kGauge, help, {label_row<Labels>()...}, {}})) {}

  void set(double value, const Labels&... labels) {
    series_.set({Label<Labels>::word(labels)...}, value);
  }
  Counted count(const Labels&... labels) { return series_.count({Label<Labels>::word(labels)...}); }
  void forget() { series_.forget(); }

 private:
  OpenGaugeSeries& series_;
};

// A fact about the process, read from the kernel at each scrape.
struct ProcessMetric {
  ProcessMetric(MetricRegistry& registry, std::string_view name, MetricType type,
                std::string_view help, std::optional<double> ProcessFacts::*value) {
    registry.declare({name, type, help, {}, {}}, value);
  }
};

}  // namespace portcullis::telemetry
