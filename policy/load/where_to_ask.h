#pragma once

#include <optional>
#include <string>

#include "policy/load/config_sources.h"
#include "proxy/base/endpoint.h"
#include "proxy/base/result.h"

namespace portcullis::policy {

// Where a command finds the running portcullis. Nothing else is looked at, so the other parts of
// the configuration may be wrong: a mistake in a file that nobody has loaded yet must neither hide
// the socket from `portcullis reload` nor make a healthy process look ill. Both fail when a text is
// not TOML.

// [listen].control, or its default. Empty: it is off.
Result<std::string> control_path(const ConfigSources& sources);

// [listen].admin, or its default. Nothing: it is off.
Result<std::optional<Endpoint>> admin_address(const ConfigSources& sources);

}  // namespace portcullis::policy
