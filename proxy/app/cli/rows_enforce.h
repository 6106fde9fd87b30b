#pragma once

#include <array>

#include "proxy/app/cli/rows_service.h"

namespace portcullis::app {

// The step from observe mode to `enforce`.

inline constexpr std::array kEnforceParameters{
    config_option<&CommandLine::enforce, &EnforceOptions::config_file>(),
    bind<&CommandLine::enforce, &EnforceOptions::logs>(
        {.name = "--log",
         .kind = ValueKind::kFile,
         .value = "FILE",
         .doc = "log to read, \"-\" is standard input; default: the journal of portcullis.service, "
                "14 days",
         .repeats = true}),
    bind<&CommandLine::enforce, &EnforceOptions::yes>(
        {.name = "--yes",
         .kind = ValueKind::kFlag,
         .doc = "do it; without this, nothing is changed"}),
    bind<&CommandLine::enforce, &EnforceOptions::json>(
        {.name = "--json", .kind = ValueKind::kFlag, .doc = "print one JSON object"}),
};
inline constexpr std::array kEnforceOutcomes{
    Outcome{kFine, "it was said what would change; with --yes: \"enforce\" is in force"},
    Outcome{kProblemFound, "it could not be done, and the file is as it was before"},
    Outcome{kUnreachable, "no running portcullis answers on listen.control; nothing was changed"},
    Outcome{kInvalidConfig, "the configuration is invalid"},
};
inline constexpr std::array kEnforceExamples{
    Example{"portcullis enforce", "Says which streams and which servers \"enforce\" would cost."},
    Example{"portcullis enforce --yes", "Writes it into the file and has it taken."},
};

inline constexpr Command kEnforceCommand{
    .name = "enforce",
    .summary = "go from observe mode to enforce, after saying what that costs",
    .description =
        "Has the running portcullis judge all established streams as \"enforce\" would, reads in "
        "the log which servers would be refused, and names the strict lines of your own server. "
        "With --yes it writes mode = \"enforce\" where \"observe\" stands, keeps the old file "
        "beside "
        "it, checks the configuration and has the running portcullis take it. If that fails, the "
        "old file is put back.",
    .options = kEnforceParameters,
    .outcomes = kEnforceOutcomes,
    .examples = kEnforceExamples,
    .perform = [](const CommandLine& line) { return enforce(line.enforce); },
};

}  // namespace portcullis::app
