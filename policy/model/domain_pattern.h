#pragma once

#include <string_view>

#include "proxy/base/domain_name.h"

namespace portcullis::policy {

// Whether "*.suffix" or an exact name covers `domain`: "*.x" is every name below x at any depth,
// not x itself. `pattern` is normalised, as DomainName::a_label() is. In a certificate a wildcard
// stands for exactly one label; that is another rule.
bool pattern_covers(std::string_view pattern, const DomainName& domain);

}  // namespace portcullis::policy
