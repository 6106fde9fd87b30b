#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "proxy/app/reload_report.h"
#include "proxy/net/line_server.h"

namespace portcullis::app {

inline constexpr std::string_view kReloadRequest = "reload";

// What the control socket answers to one line.
std::string answer_control(std::string_view request, const std::function<ReloadOutcome()>& reload);

// listen.control of the configuration, as `run` reads it. Other faults do not matter here: the
// running portcullis is to report them. Empty: it is off. An error when a file cannot be read as
// TOML at all.
Result<std::string> control_path(const std::string& config_file);

}  // namespace portcullis::app
