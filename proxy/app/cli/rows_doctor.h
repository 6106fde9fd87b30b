#pragma once

#include <array>

#include "proxy/app/cli/rows_service.h"

namespace portcullis::app {

// The command that looks for what is wrong.

inline constexpr std::array<std::string_view, 10> kDoctorCheckWords{
    "configuration", "clock",   "certificates", "limits",  "ports",
    "exposure",      "capture", "records",      "backend", "clients"};

inline constexpr std::array kDoctorParameters{
    config_option<&CommandLine::doctor, &DoctorOptions::config_file>(),
    bind<&CommandLine::doctor, &DoctorOptions::json>(
        {.name = "--json", .kind = ValueKind::kFlag, .doc = "print one JSON object"}),
    bind<&CommandLine::doctor, &DoctorOptions::only>({.name = "--only",
                                                      .kind = ValueKind::kWord,
                                                      .value = "CHECK",
                                                      .words = kDoctorCheckWords,
                                                      .doc = "look at this only; default: all",
                                                      .repeats = true}),
};
inline constexpr std::array kDoctorOutcomes{
    Outcome{kFine, "no error was found; there may be warnings"},
    Outcome{kProblemFound, "at least one error was found, or the configuration cannot be used"},
};
inline constexpr std::array kDoctorExamples{
    Example{"portcullis doctor", "Before the first start, and whenever something does not work."},
    Example{"portcullis doctor --only backend", "After a change of your own server."},
    Example{"portcullis doctor --json", "For programs."},
};

inline constexpr Command kDoctorCommand{
    .name = "doctor",
    .summary = "say what is wrong, before it hurts",
    .description =
        "Loads the configuration as \"check\" does, then looks at this machine (ports, clock, "
        "limits, what goes around the gate), asks your own server on both ports, looks up your SRV "
        "records, and asks the running gate if there is one. Each finding says what was seen, "
        "where in the configuration, why it matters and what to do. It changes nothing and takes "
        "no more than 15 seconds. Run it as root: others see less, and are told what.",
    .options = kDoctorParameters,
    .outcomes = kDoctorOutcomes,
    .examples = kDoctorExamples,
    .perform = [](const CommandLine& line) { return doctor(line.doctor); },
};

}  // namespace portcullis::app
