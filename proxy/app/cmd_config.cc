#include <cstdio>
#include <filesystem>
#include <string>

#include "policy/load/config_values.h"
#include "policy/load/json_schema.h"
#include "proxy/app/commands.h"
#include "proxy/app/exit_code.h"
#include "proxy/app/load.h"

namespace portcullis::app {

int config_show(const ConfigOptions& options) {
  // The paths in it are printed as they are used, so from everywhere they must mean the same.
  const auto file = std::filesystem::absolute(options.config_file).string();
  const bool is_default = options.config_file == kDefaultConfig;
  const auto read = read_config(is_default ? options.config_file : file, Occasion::kRunning);
  for (const auto& diagnostic : read.diagnostics)
    std::fprintf(stderr, "%s\n", diagnostic.text().c_str());
  if (!read.config) return kInvalidConfig;
  const auto shown = options.changed ? policy::Shown::kChanged : policy::Shown::kAll;
  const auto text = policy::config_text(*read.config, shown);
  std::fwrite(text.data(), 1, text.size(), stdout);
  return kFine;
}

int config_schema() {
  const auto text = policy::json_schema();
  std::fwrite(text.data(), 1, text.size(), stdout);
  return kFine;
}

}  // namespace portcullis::app
