#include "certs/own/key_file.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <string_view>

namespace portcullis::certs {
namespace {

// Empty: nothing is wrong.
std::string_view fault_of(const struct stat& status) {
  if ((status.st_mode & S_IRWXO) != 0)
    return "others can use the key, so run chmod 600, or chmod 640 if it is root's";
  if ((status.st_mode & (S_IWGRP | S_IXGRP)) != 0)
    return "its group may do more than read the key, so run chmod 640";
  if ((status.st_mode & S_IRGRP) != 0 && status.st_uid != 0)
    return "a group may read a key of root only, so run chown root, or chmod 600";
  return {};
}

}  // namespace

Result<void> check_key_rights(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
  const auto fault = fault_of(status);
  if (fault.empty()) return {};
  return fail(fmt::format("{}: mode is {:04o}; {}", path, status.st_mode & 07777U, fault));
}

}  // namespace portcullis::certs
