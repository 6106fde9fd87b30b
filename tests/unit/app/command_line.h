#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "proxy/app/cli.h"

namespace portcullis::test {

struct CommandResult {
  int status;
  std::string out;
  std::string err;
};

// The program's command line within this process.
inline CommandResult command(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "portcullis");
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  const int status = app::main_command(static_cast<int>(arguments.size()), argv.data());
  std::string out = testing::internal::GetCapturedStdout();
  return {status, std::move(out), testing::internal::GetCapturedStderr()};
}

}  // namespace portcullis::test
