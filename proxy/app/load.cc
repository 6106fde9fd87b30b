#include "proxy/app/load.h"

#include <utility>

#include "policy/config_load.h"
#include "proxy/base/clock.h"

namespace portcullis::app {

LoadResult load(const std::string& config_file) {
  auto loaded = policy::load_config_file(config_file);
  LoadResult result{nullptr, std::move(loaded.diagnostics)};
  if (!loaded.config) return result;
  auto snapshot = relay::Snapshot::build(std::move(*loaded.config), wall_clock_now());
  if (snapshot) {
    result.snapshot = std::move(*snapshot);
    return result;
  }
  for (auto& error : snapshot.error())
    result.diagnostics.push_back(
        {policy::Diagnostic::Severity::kError, config_file, 0, 0, std::move(error.message)});
  return result;
}

}  // namespace portcullis::app
