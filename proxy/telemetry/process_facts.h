#pragma once

#include <optional>
#include <string_view>

namespace portcullis::telemetry {

// What the kernel knows about this process. A fact that could not be read is empty.
struct ProcessFacts {
  std::optional<double> cpu_seconds;
  std::optional<double> resident_bytes;
  std::optional<double> start_time;  // seconds since the Unix epoch
  std::optional<double> open_descriptors;
  std::optional<double> most_descriptors;
};
ProcessFacts read_process_facts();

// Fields of /proc/self/stat.
struct ProcessStat {
  double cpu_ticks = 0;    // clock ticks that were used
  double start_ticks = 0;  // clock ticks from boot to the start of the process
  double resident_pages = 0;
};
// Reads the line as proc(5) defines it. The name of the program, its second field, may contain
// blanks and parentheses.
std::optional<ProcessStat> parse_process_stat(std::string_view line);

}  // namespace portcullis::telemetry
