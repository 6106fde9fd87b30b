#include "certs/own/served_domain.h"

#include <algorithm>

namespace portcullis::certs {

std::vector<DomainName> never_certified(const std::vector<ServedDomain>& served) {
  std::vector<DomainName> never;
  for (const auto& one : served) {
    const bool has_neighbour =
        one.program && std::any_of(served.begin(), served.end(), [&one](const ServedDomain& other) {
          return other.program && other.program != one.program;
        });
    if (!has_neighbour) never.push_back(one.domain);
  }
  return never;
}

}  // namespace portcullis::certs
