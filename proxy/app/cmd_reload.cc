#include <chrono>
#include <cstdio>

#include "proxy/app/commands.h"
#include "proxy/app/control.h"
#include "proxy/app/exit_code.h"
#include "proxy/net/local_socket.h"

namespace portcullis::app {
namespace {

// Loading reads every certificate and every revocation list.
constexpr std::chrono::seconds kPatience{60};

int say(const std::string& problem, ExitCode code) {
  std::fprintf(stderr, "portcullis: %s\n", problem.c_str());
  return code;
}

}  // namespace

int reload(const ReloadOptions& options) {
  const auto path = control_path(options.config_file);
  if (!path) return say(path.error().message + "\nportcullis: nothing was reloaded", kProblemFound);
  if (path->empty())
    return say(options.config_file +
                   " has control = \"off\" in [listen]; remove that and restart portcullis, or "
                   "send it SIGHUP, which does the same",
               kUnreachable);
  const auto answer = net::ask_local(*path, std::string(kReloadRequest), kPatience);
  if (!answer)
    return say("the running portcullis cannot be asked: " + answer.error().message +
                   "; is it running, with this listen.control, as a user you may act for? SIGHUP "
                   "does the same",
               kUnreachable);
  if (answer->empty())
    return say(*path + " closed without an answer; portcullis is busy or ending, try again",
               kUnreachable);
  std::fwrite(answer->data(), 1, answer->size(), stdout);
  return says_ok(*answer) ? kFine : kProblemFound;
}

}  // namespace portcullis::app
