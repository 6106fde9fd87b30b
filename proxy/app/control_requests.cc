#include <array>
#include <utility>

#include "proxy/app/control.h"
#include "proxy/handover/offer.h"

namespace portcullis::app {
namespace {

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
                      ControlReply reply) { reply(control_ok(actions.drain(false) + "\n")); },
    },
    ControlRequest{
        .name = kDrainNowRequest,
        .does = "ends every stream at once",
        .answers = "what has begun",
        .perform = [](const ControlActions& actions, std::string_view /*given*/,
                      ControlReply reply) { reply(control_ok(actions.drain(true) + "\n")); },
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
        .name = handover::kRequest,
        .does = "gives every listener to the process that asks; only \"run --take-over\" does",
        .answers = "nothing that can be read: the connection is taken from here",
        .perform = [](const ControlActions& /*actions*/, std::string_view /*given*/,
                      ControlReply reply) { reply(control_failed("there is nothing to take\n")); },
    },
};

}  // namespace

std::span<const ControlRequest> control_requests() {
  return kRequests;
}

}  // namespace portcullis::app
