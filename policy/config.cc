#include "policy/config.h"

#include <algorithm>
#include <string_view>

namespace portcullis::policy {
namespace {

// "*.x" stands for every name below x at any depth, but not for x itself. In a certificate a
// wildcard is exactly one label; this is not that rule.
bool matches(std::string_view pattern, std::string_view name) {
  if (!pattern.starts_with("*.")) return pattern == name;
  const std::string_view suffix = pattern.substr(1);
  return name.size() > suffix.size() && name.ends_with(suffix);
}

bool any_matches(const std::vector<std::string>& patterns, const DomainName& name) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return matches(pattern, name.text()); });
}

}  // namespace

const Host* Config::host_for(const DomainName& domain) const {
  const auto serves = [&](const Host& host) {
    return host.domain == domain ||
           std::find(host.aliases.begin(), host.aliases.end(), domain) != host.aliases.end();
  };
  const auto found = std::find_if(hosts.begin(), hosts.end(), serves);
  return found == hosts.end() ? nullptr : &*found;
}

bool Config::federates_with(const DomainName& remote) const {
  if (any_matches(federation.deny, remote)) return false;
  return federation.allow_by_default || any_matches(federation.allow, remote);
}

}  // namespace portcullis::policy
