#include "proxy/telemetry/process_facts.h"

#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <string>

namespace portcullis::telemetry {
namespace {

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

void read_stat(ProcessFacts& facts) {
  std::ifstream file("/proc/self/stat");
  std::string line;
  std::getline(file, line);
  const auto stat = parse_process_stat(line);
  if (!stat) return;
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  facts.cpu_seconds = stat->cpu_ticks / ticks;
  facts.resident_bytes = stat->resident_pages * static_cast<double>(sysconf(_SC_PAGESIZE));
  if (const auto boot = boot_time()) facts.start_time = *boot + stat->start_ticks / ticks;
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

ProcessFacts read_process_facts() {
  ProcessFacts facts;
  read_stat(facts);
  facts.open_descriptors = open_descriptors();
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
    facts.most_descriptors = static_cast<double>(limit.rlim_cur);
  return facts;
}

}  // namespace portcullis::telemetry
