#pragma once

#include <sys/stat.h>

#include <cstdint>

#include "policy/model/config.h"
#include "policy/model/diagnostic.h"

namespace portcullis::app {

// Who can write a file or a folder beside its owner. The group of root does not count: who is in it
// is root in all but name.
enum class Writers : std::uint8_t { kNobody, kGroup, kEverybody };
Writers writers_of(const struct stat& status);

// Who else could change what this process does: the rights of the configuration's files (an error
// where everybody may write, for that user could name other roots and pins), and of the folders in
// which they, the keys, the local CA and the backend's certificate are. What is mounted read-only
// is fine. What cannot be looked at passes here: reading it tells.
policy::Diagnostics check_file_rights(const policy::Config& config);

}  // namespace portcullis::app
