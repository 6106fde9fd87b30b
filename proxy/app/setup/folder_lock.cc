#include "proxy/app/setup/folder_lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

namespace portcullis::app {

Result<FolderLock> FolderLock::take(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return fail(folder + " cannot be made: " + error.message());
  net::Descriptor held(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (held && ::flock(held.get(), LOCK_EX | LOCK_NB) == 0) return FolderLock(std::move(held));
  if (held && errno == EWOULDBLOCK)
    return fail("another portcullis command changes the files of " + folder +
                " just now, so nothing was changed. Wait for its end, and then run this again");
  return fail(folder + " cannot be locked: " + std::generic_category().message(errno));
}

}  // namespace portcullis::app
