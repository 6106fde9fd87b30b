#pragma once

#include <array>

#include "proxy/app/cli/rows_service.h"

namespace portcullis::app {

// The commands that ask the running program who is connected, and how it is.

template <auto Options, auto Member>
constexpr Parameter json_option() {
  return bind<Options, Member>(
      {.name = "--json", .kind = ValueKind::kFlag, .doc = "as one JSON document on one line"});
}
template <auto Options, auto Member>
constexpr Parameter watch_option() {
  return bind<Options, Member>({.name = "--watch",
                                .kind = ValueKind::kFlag,
                                .doc = "look again every two seconds, until SIGINT (Ctrl-C)"});
}

inline constexpr std::array kStatusOutcomes{
    Outcome{kFine, "it was printed"},
    Outcome{kProblemFound, "the answer says what is wrong, or the configuration cannot be read"},
    Outcome{kUnreachable, "no running portcullis answers on listen.control"},
};

inline constexpr std::array kStatusParameters{
    config_option<&CommandLine::status, &StatusOptions::config_file>(),
    json_option<&CommandLine::status, &StatusOptions::json>(),
    watch_option<&CommandLine::status, &StatusOptions::watch>(),
};
inline constexpr std::array kStatusExamples{
    Example{"portcullis status", "The mode, your domains, what is wrong, and the last refusals."},
    Example{"portcullis status --watch", "The same, and what changes."},
};

inline constexpr std::array kStatusStreamsParameters{
    config_option<&CommandLine::status, &StatusOptions::config_file>(),
    bind<&CommandLine::status, &StatusOptions::domain>(
        {.name = "--domain",
         .value = "DOMAIN",
         .doc = "only the streams that have this domain at one end, or the one with this id"}),
    json_option<&CommandLine::status, &StatusOptions::json>(),
    watch_option<&CommandLine::status, &StatusOptions::watch>(),
};
inline constexpr std::array kStatusStreamsExamples{
    Example{"portcullis status streams --domain conversations.example",
            "How that server is connected, and by what it is known."},
};

inline constexpr std::array kStatusCloseArguments{
    bind<&CommandLine::status_close, &StatusCloseOptions::target>(
        {.name = "ID|DOMAIN",
         .doc = "the id of a stream as in the log, or a domain: all streams that have it at one "
                "end",
         .is_required = true}),
};
inline constexpr std::array kStatusCloseParameters{
    config_option<&CommandLine::status_close, &StatusCloseOptions::config_file>(),
    bind<&CommandLine::status_close, &StatusCloseOptions::reason>(
        {.name = "--reason",
         .value = "TEXT",
         .doc = "half a sentence that the other side reads, too"}),
};
inline constexpr std::array kStatusCloseOutcomes{
    Outcome{kFine, "at least one stream ends"},
    Outcome{kProblemFound, "no stream is meant, or the configuration cannot be read"},
    Outcome{kUnreachable, "no running portcullis answers on listen.control"},
};
inline constexpr std::array kStatusCloseExamples{
    Example{"portcullis status close conversations.example --reason \"your certificate is new\"",
            "Ends them; that server connects again, with what it has now."},
};

inline constexpr std::array kDebugArguments{
    bind<&CommandLine::debug, &DebugOptions::target>(
        {.name = "ID|DOMAIN",
         .doc = "the id of a stream as in the log, or a domain at one end of streams",
         .is_required = true}),
};
inline constexpr std::array kDebugParameters{
    config_option<&CommandLine::debug, &DebugOptions::config_file>(),
    bind<&CommandLine::debug, &DebugOptions::time>(
        {.name = "--for",
         .value = "TIME",
         .doc = "how long, at most 24h; 0s ends it before its time"}),
};
inline constexpr std::array kDebugOutcomes{
    Outcome{kFine, "the steps are logged from now on"},
    Outcome{kProblemFound, "they are not: too many are logged already, or the name is none"},
    Outcome{kUnreachable, "no running portcullis answers on listen.control"},
};
inline constexpr std::array kDebugExamples{
    Example{"portcullis debug conversations.example --for 10m",
            "Shows in the log why streams with that server go as they do."},
};

inline constexpr Command kStatusCommand{
    .name = "status",
    .summary = "who is connected now, how, and what is wrong",
    .description =
        "Asks the running portcullis, on the control socket, and prints the mode, a light for each "
        "of your domains with what is wrong, how many streams there are by encryption and by "
        "authentication, your server, certificates, listeners, the last reload, and the last "
        "refusals with what can be done.",
    .options = kStatusParameters,
    .outcomes = kStatusOutcomes,
    .examples = kStatusExamples,
    .perform = [](const CommandLine& line) { return status(line.status); },
};

inline constexpr Command kStatusStreamsCommand{
    .name = "status streams",
    .summary = "list the streams",
    .description =
        "Prints a line for each stream, the newest first and at most 2000: its id, age, kind, both "
        "domains, address, TLS version, cipher, key of the other side, how that side is known, the "
        "rule that holds for it, octets both ways, and for how long nothing has moved.",
    .options = kStatusStreamsParameters,
    .outcomes = kStatusOutcomes,
    .examples = kStatusStreamsExamples,
    .perform = [](const CommandLine& line) { return status_streams(line.status); },
};

inline constexpr Command kStatusCloseCommand{
    .name = "status close",
    .summary = "end one stream, or all of a domain, in words",
    .description =
        "Ends streams with the stream error \"reset\" and a sentence. What was accepted before is "
        "delivered first. The other side may connect again at once. With one of your own domains "
        "it ends every stream of it, those of clients, too.",
    .arguments = kStatusCloseArguments,
    .options = kStatusCloseParameters,
    .outcomes = kStatusCloseOutcomes,
    .examples = kStatusCloseExamples,
    .perform = [](const CommandLine& line) { return status_close(line.status_close); },
};

inline constexpr Command kDebugCommand{
    .name = "debug",
    .summary = "log every step of one stream or domain for a stated time",
    .description =
        "Has the running portcullis write the lines that debug = true in [log] gives, but only for "
        "one stream, or for the streams of one domain, and only for a stated time. For at most 16 "
        "of them at once; \"portcullis status\" shows which.",
    .arguments = kDebugArguments,
    .options = kDebugParameters,
    .outcomes = kDebugOutcomes,
    .examples = kDebugExamples,
    .perform = [](const CommandLine& line) { return debug(line.debug); },
};

}  // namespace portcullis::app
