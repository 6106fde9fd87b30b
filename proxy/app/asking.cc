#include "proxy/app/asking.h"

#include <cstdio>

#include "proxy/app/control.h"

namespace portcullis::app {
namespace {

ExitCode say(const std::string& problem, ExitCode code) {
  std::fprintf(stderr, "portcullis: %s\n", problem.c_str());
  return code;
}

}  // namespace

ExitCode ask_and_print(const std::string& config_file, const std::string& request) {
  const auto path = control_path(config_file);
  if (!path) return say(path.error().message + "\nportcullis: nothing was asked", kProblemFound);
  const auto given = ask_running(*path, request, "");
  if (!given) return say(given.error().message, kUnreachable);
  const auto answer = read_control_answer(*given);
  std::fwrite(answer.lines.data(), 1, answer.lines.size(), answer.ok ? stdout : stderr);
  return answer.ok ? kFine : kProblemFound;
}

}  // namespace portcullis::app
