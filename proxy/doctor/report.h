#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "policy/model/config.h"
#include "policy/model/diagnostic.h"
#include "proxy/doctor/finding.h"

namespace portcullis::doctor {

// Something that was found.
struct Found {
  Finding finding;
  policy::SourceLine where;  // line 0: the file as a whole
  std::string what;          // what was seen, without a full stop; printable
  std::string todo;          // what to do here; empty: as the table says
};

// What all checks have found. Text of others goes through policy::printable before it comes here.
class Report {
 public:
  // `config` is borrowed and must outlive this.
  explicit Report(const policy::Config& config) : config_(config) {}

  // `path` is that of a value in the configuration: "host[0].backend.s2s". The same sentence is
  // kept once.
  void add(Finding finding, std::string_view path, std::string what, std::string todo = {});
  // What was found while the configuration and its files were loaded.
  void add(const policy::Diagnostics& diagnostics);

  const std::vector<Found>& found() const { return found_; }
  std::size_t count(Severity severity) const;
  // The gravest first; otherwise in the order of the checks.
  void sort();

 private:
  void add(Found one);
  const policy::Config& config_;
  std::vector<Found> found_;
};

}  // namespace portcullis::doctor
