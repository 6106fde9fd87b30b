#pragma once

#include <vector>

#include "policy/load/config_draft.h"
#include "policy/load/config_keys.h"
#include "policy/load/config_value.h"
#include "policy/load/config_values.h"

namespace portcullis::policy {

// The schema by area. Each reads its table, lists its keys for the reference, and
// writes what a configuration holds of them.

void read_hosts(const Value& value, Draft& draft);
void list_host_keys(std::vector<ConfigKey>& all);
void add_host_values(std::vector<ConfigTable>& all, const Config& config);

// What [policy] says is where [s2s] and [c2s] begin from: it is read before them.
void read_policy(const Value& value, Draft& draft);
void read_federation(const Value& value, Draft& draft);
void list_policy_keys(std::vector<ConfigKey>& all);
void add_policy_values(std::vector<ConfigTable>& all, const Config& config);

void read_s2s(const Value& value, Draft& draft);
void list_s2s_keys(std::vector<ConfigKey>& all);
void add_s2s_values(std::vector<ConfigTable>& all, const Config& config);

void read_c2s(const Value& value, Draft& draft);
void list_c2s_keys(std::vector<ConfigKey>& all);
void add_c2s_values(std::vector<ConfigTable>& all, const Config& config);

void read_limits(const Value& value, Draft& draft);
void read_log(const Value& value, Draft& draft);
void list_limits_keys(std::vector<ConfigKey>& all);
void add_limits_values(std::vector<ConfigTable>& all, const Config& config);

}  // namespace portcullis::policy
