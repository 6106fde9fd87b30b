#pragma once

#include <string>
#include <variant>

#include "proxy/app/cli/command_table.h"

namespace portcullis::app {

// A command is to be carried out.
struct Invocation {
  const Command* command;
  CommandLine line;
};

// --help or --version was asked for.
struct HelpWanted {
  std::string text;
};
struct VersionWanted {};

// The command line makes no sense; `message` says what is wrong and where help is.
struct UsageFault {
  std::string message;
};

using Parsed = std::variant<Invocation, HelpWanted, VersionWanted, UsageFault>;

// Reads a command line by the table of commands. Variables of the environment that a row names
// stand in for options that were not given.
Parsed parse(int argc, char** argv);

}  // namespace portcullis::app
