#pragma once

#include <array>

#include "proxy/app/cli/parameter_binding.h"

namespace portcullis::app {

// The commands that serve, and those that speak with what serves.

template <auto Options, auto Member>
constexpr Parameter config_option() {
  return bind<Options, Member>({.name = "--config",
                                .short_name = "-c",
                                .kind = ValueKind::kFile,
                                .value = "FILE",
                                .doc = "configuration file",
                                .environment = "PORTCULLIS_CONFIG"});
}

inline constexpr std::array<std::string_view, 3> kLogFormatWords{"auto", "text", "json"};

inline constexpr std::array kRunParameters{
    config_option<&CommandLine::run, &RunOptions::config_file>(),
    bind<&CommandLine::run, &RunOptions::log_format>(
        {.name = "--log-format",
         .kind = ValueKind::kWord,
         .value = "FORMAT",
         .words = kLogFormatWords,
         .doc = "how the log is written, instead of what [log] in the file says"}),
    bind<&CommandLine::run, &RunOptions::take_over>(
        {.name = "--take-over",
         .kind = ValueKind::kFlag,
         .doc = "take the listeners of the portcullis that runs now, and serve in its place"}),
    bind<&CommandLine::run, &RunOptions::notify_fd>(
        {.name = "--notify-fd",
         .kind = ValueKind::kNumber,
         .value = "FD",
         .least = -1,
         .most = 1'048'576,
         .doc = "write an empty line to this descriptor as soon as it serves; -1: to none"}),
};
inline constexpr std::array kRunOutcomes{
    Outcome{kFine, "it was told to end, and ended"},
    Outcome{kProblemFound, "it could not start: the log says why"},
    Outcome{kInvalidConfig, "the configuration is invalid; starting it again will not help"},
};
inline constexpr std::array kRunExamples{
    Example{"portcullis run -c /etc/portcullis/portcullis.toml",
            "Serves in the foreground, with the log on standard error."},
};

inline constexpr std::array kCheckParameters{
    config_option<&CommandLine::check, &CheckOptions::config_file>(),
    bind<&CommandLine::check, &CheckOptions::quiet>({.name = "--quiet",
                                                     .short_name = "-q",
                                                     .kind = ValueKind::kFlag,
                                                     .doc = "say nothing when all is well"}),
    bind<&CommandLine::check, &CheckOptions::online>(
        {.name = "--online",
         .kind = ValueKind::kFlag,
         .doc = "find what \"doctor\" finds, too, within 15 seconds"}),
};
inline constexpr std::array kCheckOutcomes{
    Outcome{kFine, "the configuration can be used; there may be warnings"},
    Outcome{kProblemFound,
            "it cannot be used, or something around it is wrong: at least one error "
            "was printed"},
};
inline constexpr std::array kCheckExamples{
    Example{"portcullis check", "Tests a change before \"portcullis reload\"."},
    Example{"portcullis check --online", "Asks the backend and DNS, too."},
};

inline constexpr std::array kReloadParameters{
    config_option<&CommandLine::reload, &ReloadOptions::config_file>(),
    bind<&CommandLine::reload, &ReloadOptions::upgrade>(
        {.name = "--upgrade",
         .kind = ValueKind::kFlag,
         .doc = "if the program or a library was replaced on disk, have a new process take over"}),
};
inline constexpr std::array kReloadOutcomes{
    Outcome{kFine, "the new configuration is in force"},
    Outcome{kProblemFound, "it was not taken: the old one stays in force"},
    Outcome{kUnreachable, "no running portcullis answers on listen.control"},
};
inline constexpr std::array kReloadExamples{
    Example{"portcullis reload", "Takes a changed configuration without losing a stream."},
    Example{"portcullis reload --upgrade",
            "What the unit does for \"systemctl reload\": after an upgrade of the package it "
            "replaces the process without losing a stream."},
};

inline constexpr std::array kDrainParameters{
    config_option<&CommandLine::drain, &DrainOptions::config_file>(),
    bind<&CommandLine::drain, &DrainOptions::now>(
        {.name = "--now",
         .kind = ValueKind::kFlag,
         .doc = "end every stream at once, also when it drains already"}),
    bind<&CommandLine::drain, &DrainOptions::notice>(
        {.name = "--notice",
         .value = "TIME",
         .doc = "how long it says that it is not ready, but still takes new connections, at most "
                "1h; default: limits.drain_notice. Given again meanwhile, the time begins anew"}),
};
inline constexpr std::array kDrainOutcomes{
    Outcome{kFine, "it drains, and ends by itself"},
    Outcome{kProblemFound,
            "the configuration cannot be read; or with --notice: the listeners are closed already"},
    Outcome{kUnreachable, "no running portcullis answers on listen.control"},
};
inline constexpr std::array kDrainExamples{
    Example{"portcullis drain", "Takes the gate out of service without cutting a stream short."},
    Example{
        "portcullis drain --notice 10s",
        "The same behind a balancer that looks at /readyz every few seconds: it has ten seconds "
        "to see that no newcomer is to be sent here."},
};

inline constexpr std::array kHealthcheckParameters{
    config_option<&CommandLine::healthcheck, &HealthcheckOptions::config_file>(),
};
inline constexpr std::array kHealthcheckOutcomes{
    Outcome{kFine, "it is ready"},
    Outcome{kProblemFound, "it is not ready: what is missing was printed"},
    Outcome{kUnreachable, "no running portcullis answers on listen.admin"},
    Outcome{kInvalidConfig, "the configuration cannot be read, or is not TOML"},
};
inline constexpr std::array kHealthcheckExamples{
    Example{"portcullis healthcheck", "What a container's runtime runs every half minute."},
};

inline constexpr std::array kEgressParameters{
    config_option<&CommandLine::egress, &EgressOptions::config_file>(),
    bind<&CommandLine::egress, &EgressOptions::check>(
        {.name = "--check",
         .kind = ValueKind::kFlag,
         .doc = "have nft(8) look at it, and change nothing"}),
    bind<&CommandLine::egress, &EgressOptions::install>(
        {.name = "--install",
         .kind = ValueKind::kFlag,
         .doc = "put it in force, in place of what was installed before"}),
    bind<&CommandLine::egress, &EgressOptions::remove>(
        {.name = "--remove",
         .kind = ValueKind::kFlag,
         .doc = "take the table away; no configuration is read"}),
};
inline constexpr std::array kEgressOutcomes{
    Outcome{kFine, "it was done"},
    Outcome{kProblemFound, "it cannot be done: what is missing, or what nft said, was printed"},
    Outcome{kInvalidConfig, "the configuration is invalid"},
};
inline constexpr std::array kEgressExamples{
    Example{"portcullis egress", "Shows the table."},
    Example{"portcullis egress --install", "Puts it in force, as root, before the backend starts."},
};

inline constexpr Command kRunCommand{
    .name = "run",
    .summary = "serve until SIGTERM",
    .description =
        "Opens the listeners and serves. SIGTERM and SIGINT end it as \"drain\" does, and a second "
        "one at once. SIGHUP has it load the configuration again. A service manager that sets "
        "NOTIFY_SOCKET is told when it is ready, and sockets that it hands in (LISTEN_FDS) are "
        "used for the listeners with the same address. With --take-over it asks the portcullis "
        "that runs, on the control socket that the configuration names, for its listeners: no "
        "connection is refused meanwhile. The other one goes on with the streams that it has, for "
        "limits.hand_over, and goes on as before if this one cannot start.",
    .options = kRunParameters,
    .outcomes = kRunOutcomes,
    .examples = kRunExamples,
    .perform = [](const CommandLine& line) { return run(line.run); },
};

inline constexpr Command kCheckCommand{
    .name = "check",
    .summary = "load the configuration and all files it names, report, exit",
    .description =
        "Loads the configuration and every file that it names, as \"run\" would, and prints each "
        "finding as \"FILE:LINE:COLUMN: error: WHAT\". Nothing that runs is changed.",
    .options = kCheckParameters,
    .outcomes = kCheckOutcomes,
    .examples = kCheckExamples,
    .perform = [](const CommandLine& line) { return check(line.check); },
};

inline constexpr Command kReloadCommand{
    .name = "reload",
    .summary = "have the running portcullis load its configuration again",
    .description =
        "Asks the running portcullis, on the control socket that the configuration names, to load "
        "its configuration and every file in it again, and prints what it found. Established "
        "streams stay, and are judged by the new configuration. With --upgrade, and if the running "
        "program or a library of it was replaced on disk, a new process is started that takes "
        "over (\"run --take-over\"), and the command ends when that one serves.",
    .options = kReloadParameters,
    .outcomes = kReloadOutcomes,
    .examples = kReloadExamples,
    .perform = [](const CommandLine& line) { return reload(line.reload); },
};

inline constexpr Command kDrainCommand{
    .name = "drain",
    .summary = "have the running portcullis end, step by step",
    .description =
        "Asks the running portcullis, on the control socket, to do what SIGTERM does: it is not "
        "ready any more but still listens for limits.drain_notice (or --notice), then closes its "
        "listeners and "
        "lets streams go on for limits.drain, and then ends those that are left with "
        "system-shutdown. The command does not wait for that. Given twice, it ends every stream at "
        "once.",
    .options = kDrainParameters,
    .outcomes = kDrainOutcomes,
    .examples = kDrainExamples,
    .perform = [](const CommandLine& line) { return drain(line.drain); },
};

inline constexpr Command kHealthcheckCommand{
    .name = "healthcheck",
    .summary = "ask the running portcullis whether it is ready",
    .description =
        "Asks for /readyz at the admin address that the configuration names, and prints \"ready\" "
        "or what is not, and warnings. It needs no shell and no other program, and ends within "
        "five seconds.",
    .options = kHealthcheckParameters,
    .outcomes = kHealthcheckOutcomes,
    .examples = kHealthcheckExamples,
    .perform = [](const CommandLine& line) { return healthcheck(line.healthcheck); },
};

inline constexpr Command kEgressCommand{
    .name = "egress",
    .summary = "lead the backend's outgoing streams to the gate by nftables",
    .description =
        "Prints the nftables table that outbound.capture = \"nftables\" needs: what the users in "
        "outbound.backend_users open to port 5269 or 5270 of another machine arrives at "
        "outbound.listen, and what they open to other ports is refused, except for "
        "outbound.allowed_ports, this machine and private networks. It is the table \"inet "
        "portcullis\", and no other one is touched.",
    .options = kEgressParameters,
    .outcomes = kEgressOutcomes,
    .examples = kEgressExamples,
    .perform = [](const CommandLine& line) { return egress(line.egress); },
};

}  // namespace portcullis::app
