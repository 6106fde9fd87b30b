#pragma once

#include <string_view>

#include "policy/model/config.h"

namespace portcullis::policy {

// Where the value at `path` stands in the configuration. If the file has no line for it, the line
// of the table around it is used, and at last the file as a whole.
SourceLine place_of(const Config& config, std::string_view path);

}  // namespace portcullis::policy
