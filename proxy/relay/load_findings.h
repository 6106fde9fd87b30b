#pragma once

#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "policy/model/config.h"
#include "policy/model/diagnostic.h"

namespace portcullis::relay {

// Collects what is found while the files that a configuration names are loaded. Each finding gets
// the line that names the file. `path` is a path of Config::lines; if the file has no line for it,
// the line of the table around it is used. The same message is kept only once, even if several
// rules share the file.
class LoadFindings {
 public:
  // `config` is borrowed and must outlive the object.
  explicit LoadFindings(const policy::Config& config) : config_(config) {}

  void error(std::string_view path, std::string message);
  void warning(std::string_view path, std::string message);
  bool has_errors() const { return policy::has_errors(diagnostics_); }
  policy::Diagnostics take() { return std::move(diagnostics_); }

 private:
  using Severity = policy::Diagnostic::Severity;
  void add(Severity severity, std::string_view path, std::string message);

  const policy::Config& config_;
  policy::Diagnostics diagnostics_;
  std::set<std::string> told_;
};

}  // namespace portcullis::relay
