#pragma once

#include <string>

#include "policy/model/diagnostic.h"
#include "proxy/app/exit_code.h"

namespace portcullis::app {

// What a command says on standard error before it ends; each returns what the command is to return.
int say(const std::string& problem, ExitCode code);
// Every diagnostic of a configuration that cannot be used.
int say_invalid(const policy::Diagnostics& diagnostics);

}  // namespace portcullis::app
