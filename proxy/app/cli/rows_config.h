#pragma once

#include <array>

#include "proxy/app/cli/rows_service.h"

namespace portcullis::app {

// The commands that show the configuration.

inline constexpr std::array kConfigShowParameters{
    config_option<&CommandLine::config, &ConfigOptions::config_file>(),
    bind<&CommandLine::config, &ConfigOptions::changed>(
        {.name = "--changed",
         .kind = ValueKind::kFlag,
         .doc = "only what the files say, without what only restates a default"}),
};
inline constexpr std::array kConfigShowOutcomes{
    Outcome{kFine, "the configuration was printed"},
    Outcome{kInvalidConfig, "the configuration is invalid"},
};
inline constexpr std::array kConfigShowExamples{
    Example{"portcullis config show", "Every value, and the line or the rule that it comes from."},
    Example{"portcullis config show --changed", "What the files change."},
};

inline constexpr std::array kConfigSchemaOutcomes{
    Outcome{kFine, "the schema was printed"},
};
inline constexpr std::array kConfigSchemaExamples{
    Example{"portcullis config schema > portcullis.schema.json",
            "For an editor that checks TOML by a JSON Schema while you type."},
};

inline constexpr Command kConfigShowCommand{
    .name = "config show",
    .summary = "print every value in force, and where it comes from",
    .description =
        "Prints the configuration as a file. What the configuration file, conf.d or the "
        "environment says stands there with its line; every other value stands behind a \"#\", "
        "with what it comes from. The files that it names are not read.",
    .options = kConfigShowParameters,
    .outcomes = kConfigShowOutcomes,
    .examples = kConfigShowExamples,
    .perform = [](const CommandLine& line) { return config_show(line.config); },
};

inline constexpr Command kConfigSchemaCommand{
    .name = "config schema",
    .summary = "print a JSON Schema of the configuration file",
    .description =
        "Prints a JSON Schema (draft 7) of portcullis.toml: every key with its type, its range, "
        "its words and its default. \"portcullis check\" finds more.",
    .outcomes = kConfigSchemaOutcomes,
    .examples = kConfigSchemaExamples,
    .perform = [](const CommandLine& /*line*/) { return config_schema(); },
};

}  // namespace portcullis::app
