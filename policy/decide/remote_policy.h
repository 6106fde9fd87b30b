#pragma once

#include <chrono>
#include <string_view>

#include "policy/model/config.h"

namespace portcullis::policy {

// What holds for one remote domain at one time. Points into the configuration it came from.
struct RemotePolicy {
  const S2sSettings* settings;    // of the rule, else of [s2s]
  const S2sRule* rule;            // null: no rule matches
  std::string_view pattern;       // the entry of rule->match that matched; empty without a rule
  const S2sException* exception;  // null: none, or its last day is over
  bool denied;                    // by [federation]
  std::string_view denied_by;     // the pattern of federation.deny; empty: the default denies
};

// The rule with the exact name, else the one with the longest "*.suffix", else [s2s]. The order of
// the file never matters. Total: every domain has a policy.
RemotePolicy remote_policy(const Config& config, const DomainName& remote,
                           std::chrono::sys_seconds now);

}  // namespace portcullis::policy
