#include <array>
#include <utility>

#include "proxy/app/control.h"

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
};

}  // namespace

std::span<const ControlRequest> control_requests() {
  return kRequests;
}

}  // namespace portcullis::app
