#pragma once

#include <string>
#include <vector>

#include "proxy/telemetry/metric_row.h"

namespace portcullis::telemetry {

// docs/metrics.md, written from the rows of Metrics. Markdown.
std::string metrics_page(const std::vector<MetricRow>& rows);

}  // namespace portcullis::telemetry
