#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>

#include "proxy/base/result.h"

namespace portcullis::app {

// A regular file that is changed in one step: whoever reads it sees the old text or the new one.
class EditedFile {
 public:
  // A link is followed, so that it stays one. At most `most` octets.
  static Result<EditedFile> open(const std::string& path, std::size_t most);

  const std::string& path() const { return path_; }  // of the file itself
  const std::string& text() const { return text_; }

  // Puts the old text beside the file, with its owner and mode, as PATH + `suffix`; one that is
  // there is replaced. Returns that path.
  Result<std::string> keep_copy(const std::string& suffix) const;
  // Puts a file with this text, and with the owner and mode of the old one, into its place.
  Result<void> replace(const std::string& text) const;

 private:
  EditedFile() = default;
  Result<void> write_to(const std::string& path, const std::string& text) const;

  std::string path_;
  std::string text_;
  uid_t owner_ = 0;
  gid_t group_ = 0;
  mode_t mode_ = 0;
};

}  // namespace portcullis::app
