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

int reload(const ReloadOptions& options) {
  const auto path = control_path(options.config_file);
  if (!path) return say(path.error().message + "\nportcullis: nothing was reloaded", kProblemFound);
  const auto answer = ask_running(*path, kReloadRequest, "SIGHUP");
  if (!answer) return say(answer.error().message, kUnreachable);
  std::fwrite(answer->data(), 1, answer->size(), stdout);
  return says_ok(*answer) ? kFine : kProblemFound;
}

}  // namespace portcullis::app
