#include <cstdio>

#include "proxy/app/commands.h"
#include "proxy/app/control.h"
#include "proxy/app/exit_code.h"

namespace portcullis::app {
namespace {

int say(const std::string& problem, ExitCode code) {
  std::fprintf(stderr, "portcullis: %s\n", problem.c_str());
  return code;
}

}  // namespace

int drain(const DrainOptions& options) {
  const auto path = control_path(options.config_file);
  if (!path) return say(path.error().message + "\nportcullis: nothing was asked", kProblemFound);
  const auto answer = ask_running(*path, options.now ? kDrainNowRequest : kDrainRequest,
                                  options.now ? "SIGTERM twice" : "SIGTERM");
  if (!answer) return say(answer.error().message, kUnreachable);
  std::fwrite(answer->data(), 1, answer->size(), stdout);
  return answer->ends_with("\nok\n") ? kFine : kProblemFound;
}

}  // namespace portcullis::app
