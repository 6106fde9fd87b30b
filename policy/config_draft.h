#pragma once

#include <optional>
#include <vector>

#include "policy/config.h"
#include "policy/findings.h"

namespace portcullis::policy {

// A host as far as it could be read.
struct HostDraft {
  std::optional<DomainName> domain;
  std::vector<DomainName> aliases;
  std::vector<CertificateFiles> certificates;
  Backend backend;
};

// A configuration as far as it could be read, so that what is right can still be compared when
// something else in the file is wrong. Becomes a Config when nothing is.
struct Draft {
  Config config;  // but for its hosts
  std::vector<HostDraft> hosts;
};

// What only shows when values are held against each other. Reports into `findings`.
void check_consistency(const Draft& draft, Findings& findings);

}  // namespace portcullis::policy
