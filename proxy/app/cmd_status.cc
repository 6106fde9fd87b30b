#include <poll.h>
#include <unistd.h>

#include <csignal>
#include <cstddef>
#include <cstdio>
#include <string>

#include "policy/model/quantity.h"
#include "policy/reasons/reason.h"
#include "proxy/app/asking.h"
#include "proxy/app/commands.h"

namespace portcullis::app {
namespace {

constexpr int kBetweenLooksMs = 2'000;
constexpr std::size_t kLongestReason = 200;

volatile std::sig_atomic_t interrupted = 0;  // NOLINT: a handler can reach nothing else

// From here on SIGINT and SIGTERM end the look that is under way, and then the command.
void end_on_signals() {
  struct sigaction action {};
  action.sa_handler = [](int) { interrupted = 1; };
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

// A terminal is wiped before each look, so that the new one takes the place of the one before.
int watch(const std::string& config_file, const std::string& request) {
  end_on_signals();
  const bool is_terminal = ::isatty(STDOUT_FILENO) == 1;
  ExitCode last = kFine;
  while (interrupted == 0) {
    if (is_terminal) std::fputs("\033[H\033[2J", stdout);
    last = ask_and_print(config_file, request);
    if (interrupted != 0) break;
    if (!is_terminal) std::fputs("\n", stdout);
    if (std::fflush(stdout) != 0) return kProblemFound;
    ::poll(nullptr, 0, kBetweenLooksMs);
  }
  return interrupted != 0 ? kFine : last;
}

int look(const StatusOptions& options, const std::string& request) {
  return options.watch ? watch(options.config_file, request)
                       : ask_and_print(options.config_file, request);
}

// What stands behind a blank would be taken for something else.
bool is_one_word(const std::string& target) {
  if (!target.empty() && target.find_first_of(" \t\r\n") == std::string::npos) return true;
  std::fprintf(stderr, "portcullis: \"%s\" is neither the id of a stream nor a domain\n",
               policy::printable(target, 80).c_str());
  return false;
}

}  // namespace

int status(const StatusOptions& options) {
  return look(options, options.json ? "status json" : "status text");
}

int status_streams(const StatusOptions& options) {
  std::string request = options.json ? "streams json" : "streams text";
  if (!options.domain.empty()) request += " " + options.domain;
  return look(options, request);
}

int status_close(const StatusCloseOptions& options) {
  if (!is_one_word(options.target)) return kUsage;
  std::string request = "close " + options.target;
  if (!options.reason.empty()) request += " " + policy::printable(options.reason, kLongestReason);
  return ask_and_print(options.config_file, request);
}

int debug(const DebugOptions& options) {
  if (!is_one_word(options.target)) return kUsage;
  const auto time = policy::parse_duration(options.time);
  if (!time || time->count() % 1000 != 0) {
    std::fprintf(stderr, "portcullis: --for takes a time like 10m, 90s or 1h\n");
    return kUsage;
  }
  return ask_and_print(options.config_file,
                       "debug " + std::to_string(time->count() / 1000) + " " + options.target);
}

}  // namespace portcullis::app
