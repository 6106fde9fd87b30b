#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace portcullis::policy {

// One finding about a configuration, in the form compilers use so that editors can jump to it:
// "portcullis.toml:14:9: error: unknown key "requre"; did you mean "require"?"
struct Diagnostic {
  enum class Severity : std::uint8_t { kError, kWarning };
  Severity severity = Severity::kError;
  std::string file;
  std::uint32_t line = 0;  // from 1; 0: the file as a whole
  std::uint32_t column = 0;
  std::string message;  // what is wrong; what to do

  std::string text() const;
};

using Diagnostics = std::vector<Diagnostic>;

bool has_errors(const Diagnostics& diagnostics);

}  // namespace portcullis::policy
