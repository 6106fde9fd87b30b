#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "policy/model/config.h"
#include "policy/model/diagnostic.h"

namespace portcullis::policy {

struct Loaded {
  std::optional<Config> config;  // absent when there is an error among the diagnostics
  Diagnostics diagnostics;       // every finding of the run, in the order of the file
};

// What the checks of dates need to know.
struct LoadContext {
  std::chrono::sys_days today;  // UTC
  // The process has no configuration yet: an exception whose last day is over is a warning and is
  // not applied, so that a restart at night does not fail. Else it is an error.
  bool cold_start = false;
};

// Pure: text in, value or diagnostics out. Relative paths in it are taken relative to the folder
// of `file_name`.
Loaded load_config(std::string_view toml, const std::string& file_name, const LoadContext& context);
// Without a date: whether exceptions are over or reach too far is not checked.
Loaded load_config(std::string_view toml, const std::string& file_name);

// Reads `path` (bounded at 1 MiB) and loads it.
Loaded load_config_file(const std::string& path, const LoadContext& context);
Loaded load_config_file(const std::string& path);

}  // namespace portcullis::policy
