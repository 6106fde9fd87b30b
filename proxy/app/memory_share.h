#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "policy/model/config.h"

namespace portcullis::app {

// How much memory this process may have, and what says so: the smallest of the machine's memory,
// the limits of its cgroup and of those above it (memory.max and memory.high; memory.limit_in_bytes
// of version 1), RLIMIT_AS and RLIMIT_DATA.
struct MemoryBound {
  std::size_t octets = 0;
  std::string of;  // "the machine", "the cgroup", "RLIMIT_AS", "RLIMIT_DATA"
};

// `root`: where /proc and /sys are looked for. A file that is missing or not understood is no
// limit.
MemoryBound memory_bound(const std::filesystem::path& root = "/");

// limits.memory in octets: as it is configured, or half of `bound`. The other half is for what is
// not counted: the program, its caches, what the allocator keeps, and the buffers of the kernel.
std::size_t memory_for_streams(const policy::Limits& limits, const MemoryBound& bound);

// The sentence for the operator, with a warning if what is configured is more than there is.
std::string memory_sentence(const policy::Limits& limits, const MemoryBound& bound);
bool exceeds(const policy::Limits& limits, const MemoryBound& bound);

}  // namespace portcullis::app
