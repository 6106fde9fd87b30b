#include "proxy/telemetry/process_collector.h"

#include <prometheus/metric_family.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace portcullis::telemetry {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

MetricFamily family(std::string name, std::string help, MetricType type, double value) {
  ClientMetric metric;
  if (type == MetricType::Counter)
    metric.counter.value = value;
  else
    metric.gauge.value = value;
  MetricFamily out;
  out.name = std::move(name);
  out.help = std::move(help);
  out.type = type;
  out.metric.push_back(std::move(metric));
  return out;
}

// Seconds since the epoch at which the machine started.
std::optional<double> boot_time() {
  std::ifstream file("/proc/stat");
  std::string word;
  double seconds = 0;
  while (file >> word)
    if (word == "btime" && file >> seconds) return seconds;
  return std::nullopt;
}

std::optional<double> open_descriptors() {
  std::error_code error;
  const std::filesystem::directory_iterator entries("/proc/self/fd", error);
  if (error) return std::nullopt;
  double count = -1;  // the directory itself
  for (auto at = begin(entries); at != end(entries); at.increment(error)) {
    if (error) return std::nullopt;
    ++count;
  }
  return count;
}

void add_stat(std::vector<MetricFamily>& out) {
  std::ifstream file("/proc/self/stat");
  std::string line;
  std::getline(file, line);
  const auto stat = parse_process_stat(line);
  if (!stat) return;
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  out.push_back(family("process_cpu_seconds_total",
                       "Total user and system CPU time spent in seconds.", MetricType::Counter,
                       stat->cpu_ticks / ticks));
  out.push_back(family("process_resident_memory_bytes", "Resident memory size in bytes.",
                       MetricType::Gauge,
                       stat->resident_pages * static_cast<double>(sysconf(_SC_PAGESIZE))));
  if (const auto boot = boot_time())
    out.push_back(family("process_start_time_seconds",
                         "Start time of the process since the Unix epoch in seconds.",
                         MetricType::Gauge, *boot + stat->start_ticks / ticks));
}

}  // namespace

std::optional<ProcessStat> parse_process_stat(std::string_view line) {
  constexpr std::size_t kUserTime = 14;  // numbers of proc(5)
  constexpr std::size_t kSystemTime = 15;
  constexpr std::size_t kStartTime = 22;
  constexpr std::size_t kResident = 24;
  const auto name_end = line.rfind(')');
  if (name_end == std::string_view::npos) return std::nullopt;
  line.remove_prefix(name_end + 1);

  std::array<double, kResident + 1> fields{};
  std::size_t number = 2;
  while (number < kResident) {
    const auto start = line.find_first_not_of(' ');
    if (start == std::string_view::npos) return std::nullopt;
    line.remove_prefix(start);
    const auto word = line.substr(0, line.find(' '));
    line.remove_prefix(word.size());
    ++number;
    if (number == 3) continue;  // the state is a letter
    const char* end = word.data() + word.size();
    const auto [rest, error] = std::from_chars(word.data(), end, fields[number]);
    if (error != std::errc{} || rest != end) return std::nullopt;
  }
  return ProcessStat{fields[kUserTime] + fields[kSystemTime], fields[kStartTime],
                     fields[kResident]};
}

std::vector<MetricFamily> ProcessCollector::Collect() const {
  std::vector<MetricFamily> out;
  add_stat(out);
  if (const auto open = open_descriptors())
    out.push_back(
        family("process_open_fds", "Number of open file descriptors.", MetricType::Gauge, *open));
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
    out.push_back(family("process_max_fds", "Maximum number of open file descriptors.",
                         MetricType::Gauge, static_cast<double>(limit.rlim_cur)));
  return out;
}

}  // namespace portcullis::telemetry
