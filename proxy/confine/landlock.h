#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "proxy/base/result.h"

// Landlock (landlock(7)): a process gives up files for good, and whatever it starts has given them
// up, too. Debian has no library for it; it is three system calls.
namespace portcullis::confine {

// What may be done with a folder and everything in it, or with one file.
enum class Access : std::uint8_t {
  kReadFiles,  // its files, by their names
  kRead,       // and it may be listed
  kExecute,    // its programs may be started
  kWrite,      // files that are there may be read and written
  kSockets,    // sockets with names may be made and removed in it
};

struct PathRule {
  std::string path;
  Access access;
};

// The version of the kernel's interface; 0: it has none, or it is switched off.
int landlock_version();

// From here on this thread, and every thread and process that it starts, opens nothing but what a
// rule allows. What is open stays so. A path that does not exist has no effect, also when it comes
// into being later. To be called before there are threads, and after PR_SET_NO_NEW_PRIVS.
Result<void> restrict_files(const std::vector<PathRule>& rules);

}  // namespace portcullis::confine
