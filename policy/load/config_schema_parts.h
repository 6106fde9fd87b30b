#pragma once

#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/load/config_draft.h"
#include "policy/load/config_keys.h"
#include "policy/load/config_value.h"
#include "proxy/base/tls_version.h"

namespace portcullis::policy {

// The schema by area. Each reads its table and lists its keys for the reference.

void read_hosts(const Value& value, Draft& draft);
void list_host_keys(std::vector<ConfigKey>& all);

// What [policy] says is where [s2s] and [c2s] begin from: it is read before them.
void read_policy(const Value& value, Draft& draft);
void read_federation(const Value& value, Draft& draft);
void list_policy_keys(std::vector<ConfigKey>& all);

void read_s2s(const Value& value, Draft& draft);
void list_s2s_keys(std::vector<ConfigKey>& all);

void read_c2s(const Value& value, Draft& draft);
void list_c2s_keys(std::vector<ConfigKey>& all);

void read_limits(const Value& value, Draft& draft);
void read_log(const Value& value, Draft& draft);
void list_limits_keys(std::vector<ConfigKey>& all);

// What [policy], [s2s] and [c2s] have in common.

inline constexpr std::array kModes{std::pair{name(Mode::kObserve), Mode::kObserve},
                                   std::pair{name(Mode::kEnforce), Mode::kEnforce}};
inline constexpr std::array kTlsVersions{std::pair{std::string_view("1.2"), TlsVersion::kTls12},
                                         std::pair{std::string_view("1.3"), TlsVersion::kTls13}};

inline void read_min_tls(const Value& value, TlsVersion& target) {
  read_choice(value, target, kTlsVersions, "; the floor can only rise");
}

// A key with one value, written down so that nobody looks for another.
template <const std::string_view& Only, class Target>
void read_only_value(const Value& value, Target& /*target*/) {
  const std::array allowed{Only};
  read_word(value, allowed, {});
}

inline constexpr std::string_view kRequiredWord = "required";

}  // namespace portcullis::policy
