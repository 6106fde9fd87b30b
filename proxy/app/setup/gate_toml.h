#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "proxy/app/setup/file_change.h"

namespace portcullis::app {

// What becomes of a portcullis.toml that is there.
enum class TomlFate : std::uint8_t {
  kSame,       // it is what setup would write
  kFree,       // it is not there, or says nothing: it may be written
  kReplace,    // it says something, and nothing that the new one does not say, too
  kLosesLines  // it says more
};

struct TomlChange {
  FileChange file;
  TomlFate fate = TomlFate::kFree;
  std::vector<std::string> lost;  // keys with their lines that only the old one has
};

// `path` with the text of setup. Fails when that text would not be taken, and says why.
Result<TomlChange> change_toml(const std::string& path, const std::string& text);

}  // namespace portcullis::app
