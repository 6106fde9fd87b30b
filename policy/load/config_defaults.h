#pragma once

#include "policy/load/config_draft.h"
#include "policy/load/findings.h"

namespace portcullis::policy {

// What follows from other values where the configuration is silent: a backend's addresses from its
// kind, a host's folder of certificates, and no default listener that no backend serves.
void apply_defaults(Draft& draft, const Findings& findings);

}  // namespace portcullis::policy
