#include "proxy/telemetry/metric.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

namespace portcullis::telemetry {

void add(prometheus::Counter& series, double value) {
  series.Increment(value);
}
void add(prometheus::Gauge* series, double value) {
  series->Increment(value);
}
void set(prometheus::Gauge* series, double value) {
  series->Set(value);
}
void observe(prometheus::Histogram* series, double value) {
  series->Observe(value);
}

}  // namespace portcullis::telemetry
