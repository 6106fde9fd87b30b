#pragma once

#include <string>

#include "policy/model/config.h"

namespace portcullis::app {

// SHA-256, in hexadecimal, of every setting that is in force with `config`, whichever file says it
// and in which words. Paths in the folder of the configuration count as if they were written from
// there, so that it does not matter how the folder was named, or from where.
std::string settings_digest(const policy::Config& config);

// What the running program says of itself: "1.2.3 DIGEST". Of two versions, each has defaults of
// its own, so only the same version can be compared.
std::string settings_text(const policy::Config& config);

}  // namespace portcullis::app
