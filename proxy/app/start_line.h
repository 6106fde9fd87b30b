#pragma once

#include <string>

#include "policy/model/config.h"

namespace portcullis::app {

// What the line in the log that says "started" tells of where we listen: "s2s=[::]:5269 c2s=…".
std::string addresses_text(const policy::Config& config);

// The name of the user as whom the process runs; its number where it has no name.
std::string user_text();

}  // namespace portcullis::app
