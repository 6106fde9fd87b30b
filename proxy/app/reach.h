#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "policy/model/config.h"
#include "policy/model/diagnostic.h"
#include "proxy/confine/landlock.h"

namespace portcullis::app {

// Which files a confined process can reach: the folders of the configuration that it was started
// with, and what the C library and the program itself read. A folder of certificates is meant with
// the one around it, so that a renewal may put a new folder into its place.
class Reach {
 public:
  // Looks at the file system as it is now. Of a folder that does not exist the nearest one above it
  // that does is taken, but none of everybody, such as /etc or /var/lib.
  static Reach of(const policy::Config& config);

  const std::vector<confine::PathRule>& rules() const { return rules_; }
  // The folders of the configuration, for people.
  std::string folders_text() const;
  // An error for each path that `next` names and that is outside. A symbolic link on the way counts
  // as where it leads to.
  policy::Diagnostics outside(const policy::Config& next) const;

 private:
  void add(const std::filesystem::path& folder, confine::Access access);
  void add_configured(const policy::Config& config);
  bool holds(const std::filesystem::path& folder) const;

  std::vector<confine::PathRule> rules_;
  std::vector<std::filesystem::path> configured_;  // those that a path of `next` may be in
};

}  // namespace portcullis::app
