#include <cstdio>
#include <string>

#include "policy/model/quantity.h"
#include "policy/reasons/reason.h"
#include "proxy/app/commands.h"
#include "proxy/app/control.h"
#include "proxy/app/exit_code.h"
#include "proxy/app/say.h"
#include "proxy/base/result.h"

namespace portcullis::app {
namespace {

Result<std::string> request_of(const DrainOptions& options) {
  if (!options.notice) return std::string(options.now ? kDrainNowRequest : kDrainRequest);
  if (options.now) return fail("--now and --notice cannot stand together");
  const auto notice = policy::parse_duration(*options.notice);
  if (!notice || *notice > DrainWish::kLongestNotice)
    return fail("--notice: \"" + policy::printable(*options.notice) +
                "\" is not a time from 0s to 1h; write 10s or 2m");
  return std::string(kDrainNoticeRequest) + " " + *options.notice;
}

// What does the same; "": no signal does.
std::string signal_like(const DrainOptions& options) {
  if (options.notice) return {};
  return options.now ? "SIGTERM twice" : "SIGTERM";
}

}  // namespace

int drain(const DrainOptions& options) {
  const auto request = request_of(options);
  if (!request) return say(request.error().message, kUsage);
  const auto path = control_path(options.config_file);
  if (!path) return say(path.error().message + "\nportcullis: nothing was asked", kProblemFound);
  const auto answer = ask_running(*path, *request, signal_like(options));
  if (!answer) return say(answer.error().message, kUnreachable);
  std::fwrite(answer->data(), 1, answer->size(), stdout);
  return answer->ends_with("\nok\n") ? kFine : kProblemFound;
}

}  // namespace portcullis::app
