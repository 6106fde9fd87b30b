#include "proxy/relay/load_findings.h"

#include "policy/model/source_place.h"

namespace portcullis::relay {

void LoadFindings::error(std::string_view path, std::string message) {
  add(Severity::kError, path, std::move(message));
}

void LoadFindings::warning(std::string_view path, std::string message) {
  add(Severity::kWarning, path, std::move(message));
}

void LoadFindings::add(Severity severity, std::string_view path, std::string message) {
  if (!told_.insert(message).second) return;
  auto place = policy::place_of(config_, path);
  diagnostics_.push_back({severity, std::move(place.file), place.line, 0, std::move(message)});
}

}  // namespace portcullis::relay
