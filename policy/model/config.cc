#include "policy/model/config.h"

#include <algorithm>
#include <string_view>

#include "policy/model/domain_pattern.h"

namespace portcullis::policy {
namespace {

bool any_covers(const std::vector<std::string>& patterns, const DomainName& name) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return pattern_covers(pattern, name); });
}

}  // namespace

const DomainName* Host::served(const DomainName& name) const {
  if (domain == name) return &domain;
  const auto found = std::find(aliases.begin(), aliases.end(), name);
  return found == aliases.end() ? nullptr : &*found;
}

const Host* Config::host_for(const DomainName& domain) const {
  const auto serves = [&](const Host& host) { return host.served(domain) != nullptr; };
  const auto found = std::find_if(hosts.begin(), hosts.end(), serves);
  return found == hosts.end() ? nullptr : &*found;
}

const DomainName* Config::served(const DomainName& domain) const {
  const Host* const host = host_for(domain);
  return host == nullptr ? nullptr : host->served(domain);
}

NameForm Config::names_of_backend(const DomainName& domain) const {
  const Host* const host = host_for(domain);
  return host == nullptr ? NameForm::kUnicode : info(host->backend.kind).names;
}

bool Config::federates_with(const DomainName& remote) const {
  if (any_covers(federation.deny, remote)) return false;
  return federation.allow_by_default || any_covers(federation.allow, remote);
}

bool Config::is_local_only(const DomainName& local) const {
  const auto& domains = federation.local_only;
  return std::find(domains.begin(), domains.end(), local) != domains.end();
}

}  // namespace portcullis::policy
