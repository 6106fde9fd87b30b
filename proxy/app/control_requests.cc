#include <array>
#include <utility>

#include "policy/model/quantity.h"
#include "proxy/app/control.h"
#include "proxy/app/control_status.h"
#include "proxy/app/hand_over.h"
#include "proxy/handover/offer.h"

namespace portcullis::app {
namespace {

void answer_drain(const ControlActions& actions, const DrainWish& wish, const ControlReply& reply) {
  const auto begun = actions.drain(wish);
  reply(begun ? control_ok(*begun + "\n") : control_failed(begun.error().message + "\n"));
}

// All rows have one signature, and some of them keep the reply.
// NOLINTBEGIN(performance-unnecessary-value-param)
void perform_drain_notice(const ControlActions& actions, std::string_view given,
                          ControlReply reply) {
  const auto notice = policy::parse_duration(given);
  if (!notice || *notice > DrainWish::kLongestNotice)
    return reply(control_failed("the notice must be a time from 0s to 1h, such as 10s\n"));
  answer_drain(actions, {.notice = *notice}, reply);
}

constexpr std::array kRequests{
    ControlRequest{
        .name = kReloadRequest,
        .does = "loads the configuration and every file in it again",
        .answers = "each finding, then \"ok generation=N\"",
        .perform = [](const ControlActions& actions, std::string_view /*given*/,
                      ControlReply reply) { reply(actions.reload().text()); },
    },
    ControlRequest{
        .name = kDrainRequest,
        .does = "begins to end, as SIGTERM does",
        .answers = "what has begun",
        .perform = [](const ControlActions& actions, std::string_view /*given*/,
                      ControlReply reply) { answer_drain(actions, {}, reply); },
    },
    ControlRequest{
        .name = kDrainNowRequest,
        .does = "ends every stream at once",
        .answers = "what has begun",
        .perform = [](const ControlActions& actions, std::string_view /*given*/,
                      ControlReply reply) { answer_drain(actions, {.now = true}, reply); },
    },
    ControlRequest{
        .name = kDrainNoticeRequest,
        .does =
            "begins to end, and takes new connections for so long; or lets that time begin anew",
        .answers = "what has begun; \"failed\" if the listeners are closed already",
        .takes = ControlArgument::kMust,
        .argument = "TIME",
        .perform = &perform_drain_notice,
    },
    ControlRequest{
        .name = kForeseeRequest,
        .does = "judges every established stream as mode = \"enforce\" would, and changes nothing",
        .answers = "one JSON object on a line: how many were judged, and those that would end",
        .perform = [](const ControlActions& actions, std::string_view /*given*/,
                      ControlReply reply) { actions.foresee_enforce(std::move(reply)); },
    },
    ControlRequest{
        .name = kReplacedRequest,
        .does =
            "tells whether the program or a library of it was replaced on disk since it started",
        .answers = "the file, or nothing",
        .perform =
            [](const ControlActions& actions, std::string_view /*given*/, ControlReply reply) {
              const auto file = actions.replaced();
              reply(control_ok(file.empty() ? "" : file + "\n"));
            },
    },
    ControlRequest{
        .name = kSettingsRequest,
        .does = "tells which settings are in force",
        .answers = "the version and a digest, which \"doctor\" compares with that of the file",
        .perform = [](const ControlActions& actions, std::string_view /*given*/,
                      ControlReply reply) { reply(control_ok(actions.settings() + "\n")); },
    },
    ControlRequest{
        .name = handover::kRequest,
        .does = "gives every listener to the process that asks; only \"run --take-over\" does",
        .answers = "nothing that can be read: the connection is taken from here",
        .perform = [](const ControlActions& /*actions*/, std::string_view /*given*/,
                      ControlReply reply) { reply(control_failed(HandOver::refusal())); },
    },
    ControlRequest{
        .name = "status text",
        .does = "tells how the program is",
        .answers = "text for a terminal",
        .perform = &perform_status_text,
    },
    ControlRequest{
        .name = "status json",
        .does = "tells how the program is",
        .answers = "one JSON document on one line",
        .perform = &perform_status_json,
    },
    ControlRequest{
        .name = "streams text",
        .does = "lists the newest 2000 streams, all or those of a domain or an id",
        .answers = "a table",
        .takes = ControlArgument::kMay,
        .argument = "[ID|DOMAIN]",
        .perform = &perform_streams_text,
    },
    ControlRequest{
        .name = "streams json",
        .does = "lists the newest 2000 streams, all or those of a domain or an id",
        .answers = "one JSON document on one line",
        .takes = ControlArgument::kMay,
        .argument = "[ID|DOMAIN]",
        .perform = &perform_streams_json,
    },
    ControlRequest{
        .name = "close",
        .does = "ends a stream, or those of a domain, with these words",
        .answers = "how many end; \"failed\" if none is meant",
        .takes = ControlArgument::kMust,
        .argument = "ID|DOMAIN [TEXT]",
        .perform = &perform_close,
    },
    ControlRequest{
        .name = "debug",
        .does =
            "logs the steps of a stream, or of those of a domain, for so many seconds; 0 ends it",
        .answers = "what is logged now",
        .takes = ControlArgument::kMust,
        .argument = "SECONDS ID|DOMAIN",
        .perform = &perform_debug,
    },
};
// NOLINTEND(performance-unnecessary-value-param)

}  // namespace

std::span<const ControlRequest> control_requests() {
  return kRequests;
}

}  // namespace portcullis::app
