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

// listen.control of a configuration file, as `run` reads it. Other faults of the file do not
// matter here: the running portcullis is to report them. Empty: none is named. An error when the
// file cannot be read as TOML at all.
Result<std::string> control_path(const std::string& config_file);

}  // namespace portcullis::app
