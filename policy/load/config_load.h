#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "policy/load/config_sources.h"
#include "policy/model/config.h"
#include "policy/model/diagnostic.h"

namespace portcullis::policy {

struct Loaded {
  std::optional<Config> config;  // absent when there is an error among the diagnostics
  Diagnostics diagnostics;       // every finding of the run, in the order of the files
};

// What the checks of dates need to know.
struct LoadContext {
  std::chrono::sys_days today;  // UTC
  // The process has no configuration yet: an exception whose last day is over is a warning and is
  // not applied, so that a restart at night does not fail. Else it is an error.
  bool cold_start = false;
};

// Pure: text in, value or diagnostics out. `context` absent: whether exceptions are over or reach
// too far is not checked.
Loaded load_config(const ConfigSources& sources, const std::optional<LoadContext>& context);

// One file, without an environment. Relative paths are relative to its folder.
Loaded load_config(std::string_view toml, const std::string& file_name,
                   const std::optional<LoadContext>& context = std::nullopt);

}  // namespace portcullis::policy
