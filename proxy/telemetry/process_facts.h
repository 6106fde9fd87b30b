#pragma once

#include <optional>
#include <string_view>

namespace portcullis::telemetry {

// What the kernel knows of this process. Empty: it could not be read.
struct ProcessFacts {
  std::optional<double> cpu_seconds;
  std::optional<double> resident_bytes;
  std::optional<double> start_time;  // seconds since the Unix epoch
  std::optional<double> open_descriptors;
  std::optional<double> most_descriptors;
};
ProcessFacts read_process_facts();

// Fields of /proc/self/stat, in clock ticks, ticks since boot, and pages.
struct ProcessStat {
  double cpu_ticks = 0;
  double start_ticks = 0;
  double resident_pages = 0;
};
// proc(5); the program's name (field 2) may contain blanks and parentheses.
std::optional<ProcessStat> parse_process_stat(std::string_view line);

}  // namespace portcullis::telemetry
