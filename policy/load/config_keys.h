#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace portcullis::policy {

// One key of portcullis.toml, as the loader knows it.
struct ConfigKey {
  std::string table;  // "limits", "host.backend"; empty: the top of the file
  std::string_view name;
  std::string_view fallback;  // the default as TOML; empty: none
  bool required = false;
  bool inherited = false;  // without it, what `doc` says holds
  std::string_view doc;    // effect, unit, allowed values; Markdown
  std::string range;       // "100ms to 10m"; empty: none
};

// Every key, in the order of the reference.
const std::vector<ConfigKey>& config_keys();

}  // namespace portcullis::policy
