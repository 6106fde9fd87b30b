#include <cstdio>

#include "proxy/app/commands.h"
#include "proxy/app/control.h"
#include "proxy/app/exit_code.h"
#include "proxy/app/say.h"
#include "proxy/app/start_successor.h"

namespace portcullis::app {
namespace {

// A version that does not know the question was replaced, too, if it is not the one that asks; it
// knows no hand-over either, and says so.
std::string replaced_file_of(const std::string& path) {
  const auto answer = ask_running(path, kReplacedRequest, "SIGHUP");
  if (!answer) return "";
  auto told = read_control_answer(*answer);
  if (!told.ok) return "the program";
  if (told.lines.ends_with('\n')) told.lines.pop_back();
  return policy::printable(told.lines);
}

int upgrade(const std::string& config_file, const std::string& replaced) {
  std::printf("%s was replaced: a new process takes over\n", replaced.c_str());
  std::fflush(stdout);
  const auto successor = start_successor(config_file);
  if (!successor)
    return say(successor.error().message + "; the running portcullis goes on", kProblemFound);
  std::printf("it serves; the process before goes on with its streams\n");
  return kFine;
}

}  // namespace

int reload(const ReloadOptions& options) {
  const auto path = control_path(options.config_file);
  if (!path) return say(path.error().message + "\nportcullis: nothing was reloaded", kProblemFound);
  if (options.upgrade && !path->empty())
    if (const auto replaced = replaced_file_of(*path); !replaced.empty())
      return upgrade(options.config_file, replaced);
  const auto answer = ask_running(*path, kReloadRequest, "SIGHUP");
  if (!answer) return say(answer.error().message, kUnreachable);
  std::fwrite(answer->data(), 1, answer->size(), stdout);
  return says_ok(*answer) ? kFine : kProblemFound;
}

}  // namespace portcullis::app
