#include "proxy/telemetry/closed_series.h"

#include <prometheus/counter.h>
#include <prometheus/family.h>

#include <string>

namespace portcullis::telemetry {

std::map<std::string, std::string> labels_at(const MetricRow& row, std::size_t number) {
  std::map<std::string, std::string> labels;
  for (auto label = row.labels.rbegin(); label != row.labels.rend(); ++label) {
    const auto& values = label->values;
    labels.emplace(label->name, values[number % values.size()]);
    number /= values.size();
  }
  return labels;
}

prometheus::Counter& ClosedCounterSeries::at(std::size_t number) {
  return family_.Add(labels_at(row_, number));
}

}  // namespace portcullis::telemetry
