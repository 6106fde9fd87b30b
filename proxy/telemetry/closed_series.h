#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <utility>

#include "proxy/telemetry/metric_row.h"

namespace prometheus {
class Counter;
template <typename T>
class Family;
}  // namespace prometheus

namespace portcullis::telemetry {

// A row whose labels are all closed has its series numbered by the first label, then by the second,
// and so on. The labels of one of them:
std::map<std::string, std::string> labels_at(const MetricRow& row, std::size_t number);

// The series of a counter whose labels are all closed, by their number. Thread-safe.
class ClosedCounterSeries {
 public:
  ClosedCounterSeries(prometheus::Family<prometheus::Counter>& family, MetricRow row)
      : family_(family), row_(std::move(row)) {}

  // The series with this number. It is exposed from the first call on.
  prometheus::Counter& at(std::size_t number);

 private:
  prometheus::Family<prometheus::Counter>& family_;
  const MetricRow row_;
};

}  // namespace portcullis::telemetry
