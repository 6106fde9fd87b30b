#include "proxy/app/memory_share.h"

#include <sys/resource.h>
#include <unistd.h>

#include <charconv>
#include <fstream>
#include <optional>
#include <string_view>

#include "policy/model/quantity.h"

namespace portcullis::app {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMiB = std::size_t{1024} * 1024;

// "max", an empty file and text are no limit.
std::optional<std::size_t> number_in(const fs::path& file) {
  std::ifstream in(file);
  std::string text;
  std::size_t number = 0;
  if (!std::getline(in, text)) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

void narrow(MemoryBound& bound, std::optional<std::size_t> octets, std::string_view of) {
  if (octets && *octets < bound.octets) bound = {*octets, std::string(of)};
}

// A limit holds for everything below it. In a container the path may be one that is not visible
// there; then the limit stands in the uppermost folder.
void narrow_by_cgroup(MemoryBound& bound, const fs::path& top, const fs::path& cgroup) {
  for (auto at = cgroup.relative_path().lexically_normal();; at = at.parent_path()) {
    for (const char* const file : {"memory.max", "memory.high", "memory.limit_in_bytes"})
      narrow(bound, number_in(top / at / file), "the cgroup");
    if (at.empty()) return;
  }
}

// cgroups(7): "0::PATH" of version 2, "N:CONTROLLER,CONTROLLER:PATH" of version 1.
void narrow_by_cgroups(MemoryBound& bound, const fs::path& root) {
  std::ifstream in(root / "proc/self/cgroup");
  for (std::string line; std::getline(in, line);) {
    const auto first = line.find(':');
    const auto second = first == line.npos ? line.npos : line.find(':', first + 1);
    if (second == line.npos) continue;
    const auto controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    const fs::path path(line.substr(second + 1));
    if (controllers == ",,")
      narrow_by_cgroup(bound, root / "sys/fs/cgroup", path);
    else if (controllers.find(",memory,") != controllers.npos)
      narrow_by_cgroup(bound, root / "sys/fs/cgroup/memory", path);
  }
}

std::optional<std::size_t> soft_limit(__rlimit_resource resource) {
  rlimit limit{};
  if (getrlimit(resource, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return std::nullopt;
  return static_cast<std::size_t>(limit.rlim_cur);
}

std::string in_mib(std::size_t octets) {
  return policy::quantity_text(octets / kMiB * kMiB);
}

}  // namespace

MemoryBound memory_bound(const fs::path& root) {
  const auto pages = sysconf(_SC_PHYS_PAGES);
  const auto page = sysconf(_SC_PAGESIZE);
  MemoryBound bound{static_cast<std::size_t>(pages) * static_cast<std::size_t>(page),
                    "the machine"};
  narrow_by_cgroups(bound, root);
  narrow(bound, soft_limit(RLIMIT_AS), "RLIMIT_AS");
  narrow(bound, soft_limit(RLIMIT_DATA), "RLIMIT_DATA");
  return bound;
}

std::size_t memory_for_streams(const policy::Limits& limits, const MemoryBound& bound) {
  return limits.memory != 0 ? limits.memory : bound.octets / 2;
}

bool exceeds(const policy::Limits& limits, const MemoryBound& bound) {
  return limits.memory > bound.octets / 8 * 7;
}

std::string memory_sentence(const policy::Limits& limits, const MemoryBound& bound) {
  const auto all = in_mib(bound.octets) + " of " + bound.of;
  if (limits.memory == 0)
    return "streams may take " + in_mib(bound.octets / 2) + ", half of the " + all;
  auto sentence = "streams may take " + in_mib(limits.memory) + " (limits.memory) of the " + all;
  if (exceeds(limits, bound))
    sentence +=
        "; that leaves nothing for the program itself: lower limits.memory, or leave it out";
  return sentence;
}

}  // namespace portcullis::app
