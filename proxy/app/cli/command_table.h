#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/app/commands.h"
#include "proxy/app/exit_code.h"

namespace portcullis::app {

// The command line in one place. The parser, every --help, the completions of the shells and
// portcullis(1) are made from these rows.

// What is given for a parameter; it tells a shell what to offer.
enum class ValueKind : std::uint8_t {
  kFlag,  // nothing: it stands there or not
  kText,
  kFile,
  kDirectory,
  kWord,    // one of `words`
  kNumber,  // from `least` to `most`
  kReason,  // a reason of the closed list, or any text
};

// What was given, for all commands; each reads its own part.
struct CommandLine {
  RunOptions run;
  CheckOptions check;
  DoctorOptions doctor;
  ConfigOptions config;
  ReloadOptions reload;
  DrainOptions drain;
  StatusOptions status;
  StatusCloseOptions status_close;
  DebugOptions debug;
  HealthcheckOptions healthcheck;
  EgressOptions egress;
  CaOptions ca;
  VerifyCertOptions verify_cert;
  ExplainOptions explain;
  ProbeOptions probe;
  ReportOptions report;
  EnforceOptions enforce;
  SetupOptions setup;
  BackendTrustOptions backend_trust;
};

// An option, or an argument that is known by its position.
struct Parameter {
  std::string_view name;             // "--config"; of an argument "DIR"
  std::string_view short_name = {};  // "-c"
  ValueKind kind = ValueKind::kText;
  std::string_view value = {};  // what help calls the value: "FILE"
  std::span<const std::string_view> words = {};
  int least = 0;
  int most = 0;
  std::string_view doc;  // what it does, without a full stop
  bool is_required = false;
  bool repeats = false;
  std::string_view environment = {};  // the variable that is read when it is not given

  void (*take)(CommandLine& line, const std::string& given) = nullptr;
  std::string (*fallback)(const CommandLine& line) = nullptr;  // "": none
};

struct Outcome {
  ExitCode code;
  std::string_view meaning;  // without a full stop
};

struct Example {
  std::string_view command;
  std::string_view purpose;  // a sentence
};

struct Command {
  std::string_view name;         // "check", "ca init"
  std::string_view summary;      // without a full stop
  std::string_view description;  // one paragraph
  std::span<const Parameter> arguments = {};
  std::span<const Parameter> options = {};
  std::span<const Outcome> outcomes;  // kUsage is one of every command and not in the list
  std::span<const Example> examples;
  int (*perform)(const CommandLine& line);
};

// The first word of commands that are named by two. There may be a command of that name, too.
struct CommandGroup {
  std::string_view name;
  std::string_view summary;
};

std::span<const Command> commands();
std::span<const CommandGroup> command_groups();
const Command* find_command(std::string_view name);  // nullptr: there is none
// The commands of a group, by their second word.
std::vector<std::string_view> words_of(const CommandGroup& group);
const CommandGroup* find_group(std::string_view name);  // nullptr: there is none
// Of a command with kUsage, in the order of the codes.
std::vector<Outcome> outcomes_of(const Command& command);
// What the program as a whole may end with.
std::span<const Outcome> all_outcomes();
// The values that can be offered for a parameter; empty: any text.
std::vector<std::string_view> offered_values(const Parameter& parameter);
// The command with its parameters in short: "portcullis check [-c FILE] [-q]".
std::string usage_of(const Command& command);

// Of the program rather than of a command.
inline constexpr std::string_view kProgram = "portcullis";
inline constexpr std::string_view kProgramSummary =
    "encrypted, authenticated XMPP federation in front of your own server";
inline constexpr std::string_view kHelpDoc = "show this text";
inline constexpr std::string_view kVersionDoc = "show the versions of portcullis and of OpenSSL";

}  // namespace portcullis::app
