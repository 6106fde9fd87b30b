#include "proxy/app/control.h"

#include <chrono>
#include <optional>
#include <utility>

#include "policy/load/where_to_ask.h"
#include "proxy/app/config_source.h"
#include "proxy/net/local_socket.h"

namespace portcullis::app {
namespace {

// Loading reads every certificate and every revocation list.
constexpr std::chrono::seconds kPatience{60};

constexpr std::string_view kOk = "ok";
constexpr std::string_view kFailed = "failed";

// What stands behind the name of `request`; empty: the line is another request.
std::optional<std::string_view> given_for(const ControlRequest& request, std::string_view line) {
  if (!line.starts_with(request.name)) return std::nullopt;
  const auto rest = line.substr(request.name.size());
  if (rest.empty())
    return request.takes == ControlArgument::kMust ? std::nullopt : std::optional(rest);
  if (request.takes == ControlArgument::kNone || rest.front() != ' ') return std::nullopt;
  return rest.size() > 1 ? std::optional(rest.substr(1)) : std::nullopt;
}

std::string known_requests() {
  std::string text;
  for (const auto& request : control_requests()) {
    text.append(text.empty() ? "\"" : ", \"").append(request.name);
    if (!request.argument.empty()) text.append(" ").append(request.argument);
    text += "\"";
  }
  return text;
}

// Who asks would not read more, and would say nothing that helps.
ControlReply bounded(ControlReply reply) {
  return [reply = std::move(reply)](std::string answer) {
    if (answer.size() > net::kMaxLocalAnswer)
      answer = control_failed("the answer would be too long; ask for a part of it\n");
    reply(std::move(answer));
  };
}

}  // namespace

void answer_control(std::string_view line, const ControlActions& actions, ControlReply reply) {
  const ControlRequest* asked = nullptr;
  std::string_view given;
  for (const auto& request : control_requests()) {
    const auto found = given_for(request, line);
    if (!found || (asked != nullptr && asked->name.size() > request.name.size())) continue;
    asked = &request;
    given = *found;
  }
  if (asked == nullptr)
    return reply(control_failed("unknown request; there are " + known_requests() + "\n"));
  asked->perform(actions, given, bounded(std::move(reply)));
}

std::string control_ok(std::string lines) {
  return lines.append(kOk).append("\n");
}

std::string control_failed(std::string lines) {
  return lines.append(kFailed).append("\n");
}

ControlAnswer read_control_answer(std::string_view answer) {
  if (answer.ends_with('\n')) answer.remove_suffix(1);
  const auto line_end = answer.rfind('\n');
  const auto last_begins = line_end == std::string_view::npos ? 0 : line_end + 1;
  const auto last = answer.substr(last_begins);
  return {last == kOk || last.starts_with("ok "), std::string(answer.substr(0, last_begins))};
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
        "the configuration has control = \"off\" in [listen]; remove that and restart portcullis" +
        (signal.empty() ? "" : ", or send it " + signal + ", which does the same"));
  auto answer = net::ask_local(path, std::string(request), kPatience);
  if (!answer)
    return fail("the running portcullis cannot be asked: " + answer.error().message +
                "; is it running, with this listen.control, as a user you may act for?" +
                (signal.empty() ? "" : " " + signal + " does the same"));
  if (answer->empty())
    return fail(path + " closed without an answer; portcullis is busy or ending, try again");
  return answer;
}

}  // namespace portcullis::app
