#include "proxy/net/kept_descriptors.h"

#include <sys/resource.h>

#include <algorithm>

namespace portcullis::net {
namespace {

constexpr rlim_t kKept = 32;
constexpr rlim_t kShare = 8;

// One of the last `kept / part` that may be opened.
bool is_of_the_kept(int descriptor, rlim_t part) {
  rlimit limit{};
  if (descriptor < 0 || getrlimit(RLIMIT_NOFILE, &limit) != 0) return false;
  const rlim_t kept = std::min(kKept, limit.rlim_cur / kShare);
  return static_cast<rlim_t>(descriptor) >= limit.rlim_cur - kept / part;
}

}  // namespace

bool is_kept_descriptor(int descriptor) {
  return is_of_the_kept(descriptor, 1);
}

bool is_last_descriptor(int descriptor) {
  return is_of_the_kept(descriptor, 2);
}

}  // namespace portcullis::net
