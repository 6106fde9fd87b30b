#include "policy/model/diagnostic.h"

#include <algorithm>

namespace portcullis::policy {

std::string Diagnostic::text() const {
  std::string where = file;
  if (line > 0) {
    where += ":" + std::to_string(line);
    if (column > 0) where += ":" + std::to_string(column);
  }
  return where + (severity == Severity::kError ? ": error: " : ": warning: ") + message;
}

bool has_errors(const Diagnostics& diagnostics) {
  return std::any_of(diagnostics.begin(), diagnostics.end(), [](const Diagnostic& diagnostic) {
    return diagnostic.severity == Diagnostic::Severity::kError;
  });
}

}  // namespace portcullis::policy
