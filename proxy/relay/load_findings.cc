#include "proxy/relay/load_findings.h"

namespace portcullis::relay {

void LoadFindings::error(std::string_view path, std::string message) {
  add(Severity::kError, path, std::move(message));
}

void LoadFindings::warning(std::string_view path, std::string message) {
  add(Severity::kWarning, path, std::move(message));
}

void LoadFindings::add(Severity severity, std::string_view path, std::string message) {
  if (!told_.insert(message).second) return;
  auto place = place_of(path);
  diagnostics_.push_back({severity, std::move(place.file), place.line, 0, std::move(message)});
}

policy::SourceLine LoadFindings::place_of(std::string_view path) const {
  while (!path.empty()) {
    const auto line = config_.lines.find(path);
    if (line != config_.lines.end()) return line->second;
    const auto parent = path.find_last_of(".[");
    path = path.substr(0, parent == std::string_view::npos ? 0 : parent);
  }
  return {config_.file, 0};
}

}  // namespace portcullis::relay
