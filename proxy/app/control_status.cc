#include "proxy/app/control_status.h"

#include <charconv>
#include <optional>
#include <utility>

#include "policy/reasons/reason.h"
#include "proxy/app/debug_times.h"
#include "proxy/app/status_desk.h"
#include "proxy/status/status_json.h"
#include "proxy/status/status_text.h"
#include "proxy/status/words.h"

namespace portcullis::app {
namespace {

// What stands in front of the first space, and behind it.
std::pair<std::string_view, std::string_view> halves(std::string_view text) {
  const auto space = text.find(' ');
  if (space == std::string_view::npos) return {text, {}};
  return {text.substr(0, space), text.substr(space + 1)};
}

// "" if none is given; nullopt: the answer was sent.
std::optional<std::string> target_of(std::string_view given, const ControlReply& reply) {
  if (given.empty()) return std::string();
  auto target = stream_target(given);
  if (target) return *std::move(target);
  reply(control_failed(target.error().message + "\n"));
  return std::nullopt;
}

std::string missing(std::size_t loops) {
  if (loops == 0) return {};
  return status::counted(loops, "event loop", "event loops") +
         " did not answer in time; what is done there is not known\n";
}

}  // namespace

void perform_status_text(const ControlActions& actions, std::string_view /*given*/,
                         ControlReply reply) {
  actions.status->overview([reply = std::move(reply)](const status::Overview& overview) {
    reply(control_ok(status::overview_text(overview)));
  });
}

void perform_status_json(const ControlActions& actions, std::string_view /*given*/,
                         ControlReply reply) {
  actions.status->overview([reply = std::move(reply)](const status::Overview& overview) {
    reply(control_ok(status::overview_json(overview)));
  });
}

void perform_streams_text(const ControlActions& actions, std::string_view given,
                          ControlReply reply) {
  if (const auto target = target_of(given, reply))
    actions.status->streams(*target, [reply = std::move(reply)](const status::StreamList& list) {
      reply(control_ok(status::streams_text(list)));
    });
}

void perform_streams_json(const ControlActions& actions, std::string_view given,
                          ControlReply reply) {
  if (const auto target = target_of(given, reply))
    actions.status->streams(*target, [reply = std::move(reply),
                                      now = actions.status->now()](const status::StreamList& list) {
      reply(control_ok(status::streams_json(list, now)));
    });
}

void perform_close(const ControlActions& actions, std::string_view given, ControlReply reply) {
  const auto [name, text] = halves(given);
  const auto target = target_of(name, reply);
  if (!target) return;
  if (target->empty()) return reply(control_failed("a stream or a domain must be named\n"));
  actions.status->close(
      *target, policy::printable(text, 200),
      [reply = std::move(reply), target = *target](StatusDesk::Closed closed) {
        auto lines = missing(closed.silent_loops);
        if (closed.streams == 0)
          return reply(
              control_failed(lines + "no stream has the id or the domain " + target + "\n"));
        reply(control_ok(lines + status::counted(closed.streams, "stream ends", "streams end") +
                         "\n"));
      });
}

// NOLINTNEXTLINE(performance-unnecessary-value-param): as all of the table
void perform_debug(const ControlActions& actions, std::string_view given, ControlReply reply) {
  const auto [number, name] = halves(given);
  int seconds = 0;
  const auto* const end = number.data() + number.size();
  const auto [rest, error] = std::from_chars(number.data(), end, seconds);
  if (error != std::errc() || rest != end || seconds < 0 ||
      std::chrono::seconds(seconds) > DebugTimes::kLongest)
    return reply(control_failed("the time must be a number of seconds up to a day\n"));
  const auto target = target_of(name, reply);
  if (!target) return;
  if (target->empty()) return reply(control_failed("a stream or a domain must be named\n"));
  if (seconds == 0) {
    const bool was_told = actions.debug->end(*target);
    return reply(was_told ? control_ok("the steps of " + *target + " are not logged any more\n")
                          : control_failed("the steps of " + *target + " were not logged\n"));
  }
  if (const auto begun = actions.debug->begin(*target, std::chrono::seconds(seconds)); !begun)
    return reply(control_failed(begun.error().message + "\n"));
  reply(control_ok("the steps of " + *target + " are logged for " +
                   status::age_text(std::chrono::seconds(seconds)) + "\n"));
}

}  // namespace portcullis::app
