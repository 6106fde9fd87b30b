#pragma once

#include <cstdint>
#include <vector>

#include "policy/load/config_keys.h"
#include "policy/load/config_section.h"
#include "policy/model/s2s_settings.h"

namespace portcullis::policy {

// What [s2s] and each of its rules say about other servers. Most settings may stand in both.
enum class SettingsOf : std::uint8_t { kBase, kRule };

void read_settings(TableReader& table, SettingsOf of, S2sSettings& settings);
// For the reference: all of [s2s], and what only a rule can say.
void list_settings(std::vector<ConfigKey>& all, SettingsOf of);
void add_settings(ConfigTable& table, SettingsOf of, const S2sSettings& settings);
// What the example file shows in a rule.
void list_rule_examples(std::vector<ConfigKey>& all);

}  // namespace portcullis::policy
