#include "certs/own/path_walk.h"

#include <deque>
#include <system_error>

namespace portcullis::certs {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxLinks = 40;  // as the kernel's own limit for one path

}  // namespace

std::vector<PathStep> steps_to(const fs::path& path) {
  std::vector<PathStep> steps;
  std::error_code error;
  const fs::path whole = fs::absolute(path, error);
  fs::path here = whole.root_path();
  const fs::path below = whole.relative_path();
  std::deque<fs::path> rest(below.begin(), below.end());
  int links = 0;
  while (!rest.empty()) {
    const fs::path name = rest.front();
    rest.pop_front();
    if (name.empty() || name == ".") continue;
    if (name == "..") {
      here = here.parent_path();
      continue;
    }
    const fs::path entry = here / name;
    const fs::path target = fs::read_symlink(entry, error);
    steps.push_back({here, entry, !error});
    if (error) {
      here = entry;
      continue;
    }
    if (++links > kMaxLinks) break;
    if (target.is_absolute()) here = target.root_path();
    const fs::path onward = target.relative_path();
    rest.insert(rest.begin(), onward.begin(), onward.end());
  }
  return steps;
}

}  // namespace portcullis::certs
