#include "proxy/app/doctor/unseen_files.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>
#include <vector>

#include "policy/reasons/reason.h"
#include "proxy/app/named_files.h"

namespace portcullis::app {
namespace {

bool is_closed(const std::string& path) {
  return !path.empty() && ::access(path.c_str(), R_OK) != 0 && errno == EACCES;
}

std::vector<std::string> closed_files(const policy::Config& config) {
  std::vector<std::string> closed;
  for (const auto& named : named_files(config)) {
    // A folder that may not be listed is one whose files are not known.
    const auto path =
        is_pattern(named.path) ? named.path.substr(0, named.path.rfind('/')) : named.path;
    if (is_closed(path)) closed.push_back(path);
  }
  return closed;
}

}  // namespace

void report_files(const policy::Diagnostics& diagnostics, const policy::Config& config,
                  bool is_stranger, doctor::Report& report) {
  if (!is_stranger) return report.add(diagnostics);
  const auto closed = closed_files(config);
  policy::Diagnostics rest;
  for (const auto& one : diagnostics) {
    const auto of = std::find_if(closed.begin(), closed.end(), [&one](const std::string& path) {
      return one.message.find(path) != std::string::npos;
    });
    const bool itself = of == closed.end() && is_closed(one.file);
    if (of == closed.end() && !itself) {
      rest.push_back(one);
      continue;
    }
    report.add(doctor::Finding::kFilesUnseen, "",
               policy::printable(itself ? one.file : *of) +
                   " could not be seen as this user; run with sudo");
  }
  report.add(rest);
}

}  // namespace portcullis::app
