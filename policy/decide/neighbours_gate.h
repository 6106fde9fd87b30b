#pragma once

#include "policy/decide/verdict.h"
#include "policy/model/config.h"

namespace portcullis::policy {

// Whether two domains that both are served here may speak to each other through the gate. What is
// said between them never leaves the operator's own servers: no rule and no mode of [s2s] is about
// them, no default of [federation], and local_only domains may take part. But federation.deny that
// names one of them is obeyed.
Decision neighbours_gate(const Config& config, const DomainName& local, const DomainName& remote);

}  // namespace portcullis::policy
