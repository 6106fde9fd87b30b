#pragma once

#include <string>

#include "proxy/app/cli/command_table.h"

namespace portcullis::app {

// What --help prints, wrapped for a terminal of 80 columns.
std::string program_help();
std::string group_help(const CommandGroup& group);
std::string command_help(const Command& command);

// "default: 1.3; environment: NAME": what is known of a parameter beside its doc; "" when nothing.
std::string parameter_notes(const Parameter& parameter);

}  // namespace portcullis::app
