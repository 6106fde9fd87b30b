#pragma once

#include <string>
#include <string_view>

#include "proxy/base/result.h"

namespace portcullis::policy {

// The value of [listen].control. The other parts of the configuration may be wrong: `portcullis
// reload` must find the socket even then. Empty: it is not set. Fails when the text is not TOML.
Result<std::string> control_path(std::string_view toml, const std::string& file_name);

}  // namespace portcullis::policy
