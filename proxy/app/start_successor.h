#pragma once

#include <string>

#include "proxy/base/result.h"

namespace portcullis::app {

// Starts this same program as "run --take-over", in a session of its own and with no parent here,
// so that a service manager takes it for a process of the service; waits until it serves. It writes
// what is wrong to standard error. For a process without threads.
Result<void> start_successor(const std::string& config_file);

}  // namespace portcullis::app
