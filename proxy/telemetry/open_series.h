#pragma once

#include <cstddef>
#include <initializer_list>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "proxy/telemetry/metric_row.h"

namespace prometheus {
class Counter;
class Gauge;
template <typename T>
class Family;
}  // namespace prometheus

namespace portcullis::telemetry {

// The series of a metric that has a label that is not closed. A series is created when it is first
// used. `words` are the values of the labels, in the order of the row. Thread-safe.

// The first label must be the one that is not closed. After kMaxValues different words for it, all
// further words are replaced by "(more)", so that the number of series is bounded.
class OpenCounterSeries {
 public:
  static constexpr std::size_t kMaxValues = 1000;

  OpenCounterSeries(prometheus::Family<prometheus::Counter>& family, std::vector<LabelRow> labels)
      : family_(family), labels_(std::move(labels)) {}

  void count(std::initializer_list<std::string_view> words);

 private:
  bool takes(std::string_view value);

  prometheus::Family<prometheus::Counter>& family_;
  const std::vector<LabelRow> labels_;
  std::mutex mutex_;
  std::set<std::string, std::less<>> values_;
};

// One that a gauge counts for as long as this lives. Its end needs no memory.
class Counted {
 public:
  Counted() = default;  // counts nothing
  explicit Counted(prometheus::Gauge& series);
  Counted(Counted&& other) noexcept : series_(std::exchange(other.series_, nullptr)) {}
  Counted& operator=(Counted&& other) noexcept {
    std::swap(series_, other.series_);
    return *this;
  }
  ~Counted();

 private:
  prometheus::Gauge* series_ = nullptr;
};

class OpenGaugeSeries {
 public:
  OpenGaugeSeries(prometheus::Family<prometheus::Gauge>& family, std::vector<LabelRow> labels)
      : family_(family), labels_(std::move(labels)) {}

  void set(std::initializer_list<std::string_view> words, double value);
  // Counts one more for as long as what is returned lives. Such a metric is never forgotten.
  Counted count(std::initializer_list<std::string_view> words);
  // Removes all series.
  void forget();

 private:
  prometheus::Family<prometheus::Gauge>& family_;
  const std::vector<LabelRow> labels_;
  std::mutex mutex_;
  std::unordered_set<prometheus::Gauge*> series_;  // owned by family_
};

}  // namespace portcullis::telemetry
