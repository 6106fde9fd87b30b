#pragma once

#include <string>

#include "policy/load/config_sources.h"
#include "proxy/base/result.h"

namespace portcullis::policy {

// The value of [listen].control, or its default. The other parts of the configuration may be wrong:
// `portcullis reload` must find the socket even then. Empty: it is off. Fails when a text is not
// TOML.
Result<std::string> control_path(const ConfigSources& sources);

}  // namespace portcullis::policy
