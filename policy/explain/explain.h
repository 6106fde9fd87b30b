#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/model/config.h"
#include "policy/reasons/reason.h"

namespace portcullis::policy {

// What the policy says about one remote domain, and where in the file it says so. Pure. An origin
// is "FILE:LINE", or "default" for what the file does not mention.

struct EffectiveValue {
  std::string key;    // "min_tls"
  std::string value;  // as it would stand in the file: "\"1.3\"", "[\"pkix\", \"pin\"]"
  std::string origin;
};

struct MatchedPattern {
  std::string pattern;  // "bank.example", "*.bank.example"
  std::string origin;
};

struct FederationDecision {
  bool denied = false;
  std::string pattern;  // of federation.deny or federation.allow; empty: the default decides
  std::string origin;
};

struct ExceptionState {
  std::vector<Reason> allow;
  std::size_t pins = 0;
  std::chrono::sys_days until;  // the last day on which it holds
  std::string why;
  std::string origin;
  bool applied = false;  // false: its last day is over
  int days_left = 0;     // after today; 0: today is the last day; negative: days since
};

struct Explanation {
  DomainName domain;
  FederationDecision federation;
  std::optional<MatchedPattern> won;  // empty: no rule matches, [s2s] holds
  std::string note;                   // of the rule
  std::vector<MatchedPattern> lost;   // of other rules, the nearest first
  std::vector<EffectiveValue> values;
  std::optional<ExceptionState> exception;
};

Explanation explain_domain(const Config& config, const DomainName& remote,
                           std::chrono::sys_seconds now);

// For people, one line each, no line feed; all of it printable.
std::vector<std::string> lines(const Explanation& explanation);

}  // namespace portcullis::policy
