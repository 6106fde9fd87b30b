#pragma once

#include <string>
#include <vector>

#include "proxy/telemetry/metric_row.h"

namespace portcullis::telemetry {

// The text of docs/metrics.md.
std::string metrics_page(const std::vector<MetricRow>& rows);

}  // namespace portcullis::telemetry
