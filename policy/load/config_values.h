#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "policy/model/config.h"

namespace portcullis::policy {

// One value that is in force.
struct ConfigValue {
  std::string_view name;
  std::string value;     // as TOML; empty: there is none, and nothing that says so can be written
  std::string fallback;  // the same of its default
};

// One table of a configuration, with all of its keys.
struct ConfigTable {
  std::string header;  // "[[host]]"; empty: the top of the file
  std::string path;    // "host[0]", for Config::lines
  std::vector<ConfigValue> values;
};

// Every table and every key, in the order of the reference.
std::vector<ConfigTable> values_of(const Config& config);

enum class Shown : std::uint8_t { kAll, kChanged };

// `config` as a configuration file. What its files say stands there with the line that says it;
// everything else stands behind a "#", as in the example file, with what it comes from. With
// kChanged, only what its files say, without what only restates a default. Read again, from the
// same folder, it gives the same configuration.
std::string config_text(const Config& config, Shown shown);

}  // namespace portcullis::policy
