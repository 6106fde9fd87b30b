#pragma once

namespace portcullis::app {

// Parses the command line and runs the command it names. Returns an ExitCode; never throws.
int main_command(int argc, char** argv);

}  // namespace portcullis::app
