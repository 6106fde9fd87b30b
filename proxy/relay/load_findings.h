#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "policy/model/config.h"
#include "policy/model/diagnostic.h"

namespace portcullis::relay {

// What is found while the files that a configuration names are loaded, told at the line that names
// the file. Paths are those of Config::lines; one that was not given stands where the table around
// it does. What several rules share is told once.
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
  std::uint32_t line_of(std::string_view path) const;

  const policy::Config& config_;
  policy::Diagnostics diagnostics_;
  std::set<std::string> told_;
};

}  // namespace portcullis::relay
