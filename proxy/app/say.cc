#include "proxy/app/say.h"

#include <cstdio>

namespace portcullis::app {

int say(const std::string& problem, ExitCode code) {
  std::fprintf(stderr, "portcullis: %s\n", problem.c_str());
  return code;
}

int say_invalid(const policy::Diagnostics& diagnostics) {
  for (const auto& diagnostic : diagnostics)
    std::fprintf(stderr, "%s\n", diagnostic.text().c_str());
  return kInvalidConfig;
}

}  // namespace portcullis::app
