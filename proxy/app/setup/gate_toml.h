#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "policy/model/config.h"
#include "proxy/app/file_change.h"

namespace portcullis::app {

// What becomes of a portcullis.toml that is there.
enum class TomlFate : std::uint8_t {
  kSame,       // it is what setup would write
  kFree,       // it is not there, or says nothing: it may be written
  kReplace,    // it says something, and nothing that the new one says otherwise or not at all
  kLosesLines  // it says more, or something else
};

struct TomlChange {
  FileChange file;
  TomlFate fate = TomlFate::kFree;
  std::vector<std::string> lost;  // what only the old one says, with its lines
};

// What the configuration says now of the mode, conf.d beside it included.
struct ModeNow {
  std::optional<policy::Mode> mode;             // nullopt: there is no configuration yet
  std::optional<policy::SourceLine> elsewhere;  // it is a file of conf.d that says it
};

// Fails when the configuration that is there is not taken.
Result<ModeNow> mode_now(const std::string& path);

// `path` with the text of setup. Fails when that text would not be taken, and says why.
// `asked`: keys of hosts whose values were given on the command line, so that those of the file are
// not missed.
Result<TomlChange> change_toml(const std::string& path, const std::string& text,
                               const std::set<std::string_view>& asked);

}  // namespace portcullis::app
