#include "proxy/app/control.h"

#include <chrono>

#include "policy/load/where_to_ask.h"
#include "proxy/app/config_source.h"
#include "proxy/net/local_socket.h"

namespace portcullis::app {
namespace {

// Loading reads every certificate and every revocation list.
constexpr std::chrono::seconds kPatience{60};

}  // namespace

std::string answer_control(std::string_view request, const ControlActions& actions) {
  if (request == kReloadRequest) return actions.reload().text();
  if (request == kDrainRequest) return actions.drain(false) + "\nok\n";
  if (request == kDrainNowRequest) return actions.drain(true) + "\nok\n";
  return "unknown request; there are \"reload\", \"drain\" and \"drain now\"\nfailed\n";
}

Result<std::string> control_path(const std::string& config_file) {
  const auto sources = read_sources(config_file);
  if (!sources) return fail(sources.error().text());
  return policy::control_path(*sources);
}

Result<std::string> ask_running(const std::string& path, std::string_view request,
                                const std::string& signal) {
  if (path.empty())
    return fail(
        "the configuration has control = \"off\" in [listen]; remove that and restart portcullis, "
        "or send it " +
        signal + ", which does the same");
  auto answer = net::ask_local(path, std::string(request), kPatience);
  if (!answer)
    return fail("the running portcullis cannot be asked: " + answer.error().message +
                "; is it running, with this listen.control, as a user you may act for? " + signal +
                " does the same");
  if (answer->empty())
    return fail(path + " closed without an answer; portcullis is busy or ending, try again");
  return answer;
}

}  // namespace portcullis::app
