#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "policy/load/value_shape.h"

namespace portcullis::policy {

enum class KeyKind : std::uint8_t {
  kOptional,
  kRequired,
  kInherited,  // without it, what another table says holds
  kTable,      // holds keys of its own
};

// One key of portcullis.toml, as the reference and the example file show it.
struct ConfigKey {
  std::string table;  // "limits", "host.backend"; empty: the top of the file
  std::string_view name;
  std::string fallback;  // the default as TOML; empty: none
  KeyKind kind = KeyKind::kOptional;
  std::string doc;    // effect, unit, allowed values; Markdown
  std::string range;  // "100ms to 10m"; empty: none, or `doc` says it
  // How the example file shows it.
  std::string_view note;   // the comment behind it
  std::string example;     // the value, which may take several lines
  bool is_hidden = false;  // behind a "#"
  ValueShape shape = {};
  bool also_in_rules = false;  // a key of [s2s] that an [[s2s.rule]] may have, too
};

// Every key, in the order of the reference.
const std::vector<ConfigKey>& config_keys();
// The keys that the example file shows in its [[s2s.rule]]: those of a rule and one of [s2s].
std::vector<ConfigKey> rule_example_keys();

}  // namespace portcullis::policy
