#include "proxy/app/load.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "proxy/app/config_source.h"
#include "proxy/app/file_rights.h"
#include "proxy/base/clock.h"

namespace portcullis::app {
namespace {

void build(policy::Config config, std::chrono::sys_seconds now, const LoadLocalCa& load_local_ca,
           LoadResult& result) {
  result.files = digest_of(files_of(config));
  auto built = relay::Snapshot::build(std::move(config), now, load_local_ca);
  result.snapshot = std::move(built.snapshot);
  std::move(built.findings.begin(), built.findings.end(), std::back_inserter(result.diagnostics));
}

}  // namespace

LoadResult load(const std::string& config_file, Occasion occasion,
                const LoadLocalCa& load_local_ca) {
  const auto now = wall_clock_now();
  const policy::LoadContext context{std::chrono::floor<std::chrono::days>(now),
                                    occasion == Occasion::kColdStart};
  auto loaded = load_config(config_file, context);
  LoadResult result{nullptr, std::move(loaded.diagnostics), {}, config_file};
  if (!loaded.config) return result;
  auto rights = check_file_rights(*loaded.config);
  const bool failed = policy::has_errors(rights);
  std::move(rights.begin(), rights.end(), std::back_inserter(result.diagnostics));
  build(std::move(*loaded.config), now, load_local_ca, result);
  if (failed) result.snapshot.reset();
  return result;
}

LoadResult load_files(const policy::Config& config, const LoadLocalCa& load_local_ca) {
  LoadResult result;
  build(config, wall_clock_now(), load_local_ca, result);
  return result;
}

}  // namespace portcullis::app
