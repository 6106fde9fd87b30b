#include "policy/model/source_place.h"

namespace portcullis::policy {

SourceLine place_of(const Config& config, std::string_view path) {
  while (!path.empty()) {
    const auto line = config.lines.find(path);
    if (line != config.lines.end()) return line->second;
    const auto parent = path.find_last_of(".[");
    path = path.substr(0, parent == std::string_view::npos ? 0 : parent);
  }
  return {config.file, 0};
}

}  // namespace portcullis::policy
