#include "policy/model/domain_pattern.h"

namespace portcullis::policy {

bool pattern_covers(std::string_view pattern, const DomainName& domain) {
  const std::string_view name = domain.a_label();
  if (!pattern.starts_with("*.")) return pattern == name;
  const std::string_view suffix = pattern.substr(1);
  return name.size() > suffix.size() && name.ends_with(suffix);
}

}  // namespace portcullis::policy
