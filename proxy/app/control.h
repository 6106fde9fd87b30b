#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "proxy/app/reload_report.h"
#include "proxy/net/line_server.h"

namespace portcullis::app {

inline constexpr std::string_view kReloadRequest = "reload";
inline constexpr std::string_view kDrainRequest = "drain";
inline constexpr std::string_view kDrainNowRequest = "drain now";

struct ControlActions {
  std::function<ReloadOutcome()> reload;
  std::function<std::string(bool now)> drain;  // what has begun, in one line
};

// What the control socket answers to one line. The last line says "ok" or "failed".
std::string answer_control(std::string_view request, const ControlActions& actions);

// listen.control of the configuration, as `run` reads it. Other faults do not matter here: the
// running portcullis is to report them. Empty: it is off. An error when a file cannot be read as
// TOML at all.
Result<std::string> control_path(const std::string& config_file);

// Sends `request` to the running portcullis. The error says why it cannot be asked, and that
// `signal` does the same.
Result<std::string> ask_running(const std::string& path, std::string_view request,
                                const std::string& signal);

}  // namespace portcullis::app
