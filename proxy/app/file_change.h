#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "proxy/base/result.h"

namespace portcullis::app {

// A file as it is and as it is to be.
struct FileChange {
  std::string path;
  std::optional<std::string> before;  // nullopt: it is not there
  std::string after;
  uid_t owner = 0;
  gid_t group = 0;
  mode_t mode = 0644;
  bool is_secret = false;  // it holds a private key, and nobody is shown it
  bool is_gone = false;    // it is to be removed; `after` is empty
  bool is_open = false;    // it is there with wider rights than these, which are to be taken away

  bool is_needed() const { return is_gone ? before.has_value() : before != after || is_open; }
};

// The text of a regular file of at most `most` octets; nullopt when it is not there.
Result<std::optional<std::string>> read_if_there(const std::string& path, std::size_t most);

// The same for a file in a folder of others. As root it follows only links that nobody but root can
// have made.
Result<std::optional<std::string>> read_of_others(const std::string& path, std::size_t most);

// What is at `path`, with its owner and mode, ready to be given another text. A link is followed
// first, as read_of_others() does. Of a file that is not there, owner and mode are those of this
// process and 0644.
Result<FileChange> file_to_change(const std::string& path);

// Writes `after` with owner, group and mode into a new file of the same folder, and puts it in the
// place of the old one in one step; or removes it. The folder is made if it is not there.
Result<void> write_file(const FileChange& change);

// The old text beside the file, as PATH.before-portcullis-STAMP, with its owner and mode. Returns
// that path.
Result<std::string> keep_copy(const FileChange& change, const std::string& stamp);

// What diff(1) says of it; "" when nothing differs.
std::string diff_of(const FileChange& change);

}  // namespace portcullis::app
