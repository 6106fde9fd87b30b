#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/telemetry/label.h"

namespace portcullis::telemetry {

enum class MetricType : std::uint8_t { kCounter, kGauge, kHistogram };
constexpr std::string_view name(MetricType type) {
  switch (type) {
    case MetricType::kCounter:
      return "counter";
    case MetricType::kGauge:
      return "gauge";
    case MetricType::kHistogram:
      return "histogram";
  }
  return "";
}

struct LabelRow {
  std::string_view name;
  std::string_view meaning;
  std::vector<std::string_view> values;  // empty: not known before they are used
  std::string_view listed_in;            // the page of docs/ that lists them, if another one does
};

// A metric as an operator sees it. The texts have static storage.
struct MetricRow {
  std::string_view name;
  MetricType type = MetricType::kCounter;
  std::string_view help;
  std::vector<LabelRow> labels;
  std::vector<double> buckets;  // upper bounds, of a histogram only
};

template <class Value>
LabelRow label_row() {
  LabelRow row{Label<Value>::kName, Label<Value>::kMeaning, {}, kListedIn<Value>};
  if constexpr (ClosedLabel<Value>)
    for (std::size_t i = 0; i < Label<Value>::kSize; ++i)
      row.values.push_back(Label<Value>::word(Label<Value>::at(i)));
  return row;
}

}  // namespace portcullis::telemetry
