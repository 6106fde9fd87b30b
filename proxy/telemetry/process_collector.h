#pragma once

#include <prometheus/collectable.h>

#include <optional>
#include <string_view>

namespace portcullis::telemetry {

// What the kernel knows of this process, under the names Prometheus clients agree on (process_*).
// Read at each scrape. A value that cannot be read is left out.
class ProcessCollector : public prometheus::Collectable {
 public:
  std::vector<prometheus::MetricFamily> Collect() const override;
};

// Fields of /proc/self/stat, in clock ticks, ticks since boot, and pages.
struct ProcessStat {
  double cpu_ticks = 0;
  double start_ticks = 0;
  double resident_pages = 0;
};
// proc(5); the program's name (field 2) may contain blanks and parentheses.
std::optional<ProcessStat> parse_process_stat(std::string_view line);

}  // namespace portcullis::telemetry
