#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "proxy/app/drain_wish.h"
#include "proxy/app/reload_report.h"
#include "proxy/base/result.h"
#include "proxy/net/line_server.h"

namespace portcullis::app {

class DebugTimes;
class StatusDesk;

// What one request of the control socket gets: all lines, of which the last one begins with "ok" or
// says "failed". It may be given later; only the first one counts.
using ControlReply = net::LineServer::Reply;

// What the running program does for a request. A request that needs something new has its member
// here, its row in the table, and what it calls in the wiring.
struct ControlActions {
  std::function<ReloadOutcome()> reload;
  std::function<Result<std::string>(DrainWish)> drain;  // what has begun, in one line
  std::function<void(ControlReply)> foresee_enforce = {};
  std::function<std::string()> replaced{};  // the file of ours that was replaced on disk; ""
  std::function<std::string()>
      settings{};  // the version, and settings_digest() of what is in force
  StatusDesk* status = nullptr;
  DebugTimes* debug = nullptr;
};

// Whether a request has words behind its name.
enum class ControlArgument : std::uint8_t { kNone, kMay, kMust };

// One request. The rows stand in control_requests.cc.
struct ControlRequest {
  std::string_view name;  // one word or several: "drain now"
  std::string_view does;
  std::string_view answers;
  ControlArgument takes = ControlArgument::kNone;
  std::string_view argument = {};  // how help calls it: "DOMAIN"
  // `given` is one line of any octets, and not empty where one must be given. It is not kept.
  void (*perform)(const ControlActions& actions, std::string_view given, ControlReply reply);
};

std::span<const ControlRequest> control_requests();

// Names of requests, for those who ask.
inline constexpr std::string_view kReloadRequest = "reload";
inline constexpr std::string_view kDrainRequest = "drain";
inline constexpr std::string_view kDrainNowRequest = "drain now";
inline constexpr std::string_view kDrainNoticeRequest = "drain notice";
inline constexpr std::string_view kForeseeRequest = "foresee enforce";
inline constexpr std::string_view kReplacedRequest = "replaced";
inline constexpr std::string_view kSettingsRequest = "settings";

// Answers one line that somebody sent to the control socket.
void answer_control(std::string_view line, const ControlActions& actions, ControlReply reply);

// The two ends of an answer: `lines` are as many as there are, each with its line end.
std::string control_ok(std::string lines);
std::string control_failed(std::string lines);

// An answer as the asking command sees it.
struct ControlAnswer {
  bool ok = false;
  std::string lines;  // all but the last
};
ControlAnswer read_control_answer(std::string_view answer);

// listen.control of the configuration, as `run` reads it. Other faults do not matter here: the
// running portcullis is to report them. Empty: it is off. An error when a file cannot be read as
// TOML at all.
Result<std::string> control_path(const std::string& config_file);

// Sends `request` to the running portcullis. The error says why it cannot be asked, and that
// `signal` does the same; empty: no signal does.
Result<std::string> ask_running(const std::string& path, std::string_view request,
                                const std::string& signal);

}  // namespace portcullis::app
