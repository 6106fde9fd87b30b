#pragma once

#include "policy/load/config_sources.h"
#include "proxy/base/result.h"

namespace portcullis::policy {

inline constexpr char kDomainVariable[] = "PORTCULLIS_DOMAIN";
inline constexpr char kAliasesVariable[] = "PORTCULLIS_ALIASES";
inline constexpr char kBackendVariable[] = "PORTCULLIS_BACKEND";
inline constexpr char kClientTlsVariable[] = "PORTCULLIS_C2S_TLS";
inline constexpr char kAllowClearVariable[] = "PORTCULLIS_ALLOW_CLEAR_C2S";

// The name of such a configuration in findings, and in Config::file.
inline constexpr char kEnvironmentFile[] = "environment (PORTCULLIS_DOMAIN, PORTCULLIS_BACKEND)";

// Whether the environment says what is served.
bool names_a_domain(const Environment& environment);

// The configuration that the environment of a container stands for: one host. Fails when one of the
// two variables is not set.
Result<ConfigText> environment_config(const Environment& environment);

}  // namespace portcullis::policy
