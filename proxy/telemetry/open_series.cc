#include "proxy/telemetry/open_series.h"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>

namespace portcullis::telemetry {
namespace {

constexpr std::string_view kFurtherValues = "(more)";

prometheus::Labels with_words(const std::vector<LabelRow>& labels,
                              std::initializer_list<std::string_view> words) {
  prometheus::Labels out;
  auto label = labels.begin();
  for (const auto word : words) out.emplace((label++)->name, word);
  return out;
}

}  // namespace

void OpenCounterSeries::count(std::initializer_list<std::string_view> words) {
  auto labels = with_words(labels_, words);
  if (!takes(*words.begin())) labels[std::string(labels_.front().name)] = kFurtherValues;
  family_.Add(labels).Increment();
}

bool OpenCounterSeries::takes(std::string_view value) {
  const std::lock_guard lock(mutex_);
  if (values_.contains(value)) return true;
  if (values_.size() >= kMaxValues) return false;
  values_.emplace(value);
  return true;
}

void OpenGaugeSeries::set(std::initializer_list<std::string_view> words, double value) {
  // The lock is held until the value is set, because forget() destroys the series.
  const std::lock_guard lock(mutex_);
  auto& series = family_.Add(with_words(labels_, words));
  series_.insert(&series);
  series.Set(value);
}

Counted::Counted(prometheus::Gauge& series) : series_(&series) {
  series.Increment();
}

Counted::~Counted() {
  if (series_ != nullptr) series_->Decrement();
}

Counted OpenGaugeSeries::count(std::initializer_list<std::string_view> words) {
  return Counted(family_.Add(with_words(labels_, words)));
}

void OpenGaugeSeries::forget() {
  const std::lock_guard lock(mutex_);
  for (auto* series : series_) family_.Remove(series);
  series_.clear();
}

}  // namespace portcullis::telemetry
