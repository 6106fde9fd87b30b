#include "proxy/app/load.h"

#include <utility>

#include "policy/config_load.h"
#include "proxy/base/clock.h"

namespace portcullis::app {
namespace {

void build(policy::Config config, std::chrono::sys_seconds now, LoadResult& result) {
  const std::string file = config.file;
  result.files = digest_of(files_of(config));
  auto snapshot = relay::Snapshot::build(std::move(config), now);
  if (snapshot) {
    result.snapshot = std::move(*snapshot);
    return;
  }
  for (auto& error : snapshot.error())
    result.diagnostics.push_back(
        {policy::Diagnostic::Severity::kError, file, 0, 0, std::move(error.message)});
}

}  // namespace

LoadResult load(const std::string& config_file, Occasion occasion) {
  const auto now = wall_clock_now();
  const policy::LoadContext context{std::chrono::floor<std::chrono::days>(now),
                                    occasion == Occasion::kColdStart};
  auto loaded = policy::load_config_file(config_file, context);
  LoadResult result{nullptr, std::move(loaded.diagnostics), {}};
  if (loaded.config) build(std::move(*loaded.config), now, result);
  return result;
}

LoadResult load_files(const policy::Config& config) {
  LoadResult result;
  build(config, wall_clock_now(), result);
  return result;
}

}  // namespace portcullis::app
