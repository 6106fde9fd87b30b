#pragma once

#include <filesystem>
#include <vector>

namespace portcullis::certs {

// One look-up on the way to a file: of the name of `entry` in `folder`, on whose own path there is
// no link.
struct PathStep {
  std::filesystem::path folder;
  std::filesystem::path entry;
  bool is_link = false;
};

// All look-ups that the kernel makes to reach `path` (path_resolution(7)), in its order: from / on,
// through each symbolic link. What does not exist counts as a name like any other. Ends early where
// the kernel would give up because of too many links.
std::vector<PathStep> steps_to(const std::filesystem::path& path);

}  // namespace portcullis::certs
