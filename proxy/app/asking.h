#pragma once

#include <string>

#include "proxy/app/exit_code.h"

namespace portcullis::app {

// Puts a request to the running program and prints the answer: on standard output, or on standard
// error if it says "failed". kProblemFound: it does, or the configuration cannot be read.
// kUnreachable: nobody answers.
ExitCode ask_and_print(const std::string& config_file, const std::string& request);

}  // namespace portcullis::app
