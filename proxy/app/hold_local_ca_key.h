#pragma once

#include <optional>
#include <string_view>

#include "policy/model/config.h"

namespace portcullis::app {

// The only argument of the process that holds the local CA's key, which says how the configuration
// wants it confined. It is no command: only `run` starts that process, and gives it a socket.
const char* key_holder_argument(policy::Confinement wanted);
// nullopt: it is another argument.
std::optional<policy::Confinement> as_key_holder(std::string_view argument);

// That process, from its start to the end of the gate. Returns its exit code.
int hold_local_ca_key(policy::Confinement wanted);

}  // namespace portcullis::app
