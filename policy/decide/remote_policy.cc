#include "policy/decide/remote_policy.h"

#include "policy/model/domain_pattern.h"

namespace portcullis::policy {
namespace {

// The pattern of the list that is nearest to `domain`: the exact name, else the longest suffix that
// covers it. Empty: none does.
std::string_view nearest(const std::vector<std::string>& patterns, const DomainName& domain) {
  std::string_view best;
  for (const auto& pattern : patterns) {
    if (!pattern_covers(pattern, domain)) continue;
    if (pattern == domain.a_label()) return pattern;
    if (pattern.size() > best.size()) best = pattern;
  }
  return best;
}

bool nearer(std::string_view pattern, std::string_view than, const DomainName& domain) {
  if (than == domain.a_label()) return false;
  return pattern == domain.a_label() || pattern.size() > than.size();
}

}  // namespace

RemotePolicy remote_policy(const Config& config, const DomainName& remote,
                           std::chrono::sys_seconds now) {
  RemotePolicy policy{&config.s2s.settings, nullptr, {}, nullptr, false, {}};
  for (const auto& rule : config.s2s.rules) {
    const auto pattern = nearest(rule.match, remote);
    if (pattern.empty() || !nearer(pattern, policy.pattern, remote)) continue;
    policy.rule = &rule;
    policy.pattern = pattern;
    policy.settings = &rule.settings;
  }
  for (const auto& exception : config.s2s.exceptions)
    if (exception.domain == remote && exception.holds_at(now)) policy.exception = &exception;
  policy.denied_by = nearest(config.federation.deny, remote);
  policy.denied = !config.federates_with(remote);
  return policy;
}

}  // namespace portcullis::policy
