#pragma once

#include <optional>
#include <string>

namespace portcullis::app {

// Each command is a function of its options; what it returns is an ExitCode.

struct RunOptions {
  std::string config_file;
  std::optional<std::string> log_format;  // auto, text or json; overrides the file
};
int run(const RunOptions& options);

struct CheckOptions {
  std::string config_file;
  bool quiet = false;  // say nothing when all is well
};
// Loads the configuration and every file it names, as `run` would.
int check(const CheckOptions& options);

int ca_init(const std::string& directory);
int ca_show(const std::string& directory);

int version();

}  // namespace portcullis::app
