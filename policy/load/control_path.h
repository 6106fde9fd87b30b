#pragma once

#include <string>
#include <string_view>

#include "proxy/base/result.h"

namespace portcullis::policy {

// [listen].control of a configuration whose other parts may be wrong: who asks a running program to
// reload it has to find the socket first. Empty: there is none. Fails where the text is not TOML.
Result<std::string> control_path(std::string_view toml, const std::string& file_name);

}  // namespace portcullis::policy
