#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "policy/config.h"
#include "policy/diagnostic.h"

namespace portcullis::policy {

struct Loaded {
  std::optional<Config> config;  // absent when there is an error among the diagnostics
  Diagnostics diagnostics;       // every finding of the run, in the order of the file
};

// Pure: text in, value or diagnostics out. Relative paths in it are taken relative to the folder
// of `file_name`.
Loaded load_config(std::string_view toml, const std::string& file_name);

// Reads `path` (bounded at 1 MiB) and loads it.
Loaded load_config_file(const std::string& path);

}  // namespace portcullis::policy
