#pragma once

#include <array>

#include "proxy/app/cli/rows_service.h"

namespace portcullis::app {

// The command that asks other servers.

inline constexpr std::array kProbeArguments{
    bind<&CommandLine::probe, &ProbeOptions::domain>(
        {.name = "DOMAIN", .doc = "domain of another server", .is_required = true}),
};
inline constexpr std::array kProbeParameters{
    config_option<&CommandLine::probe, &ProbeOptions::config_file>(),
    bind<&CommandLine::probe, &ProbeOptions::c2s>(
        {.name = "--c2s",
         .kind = ValueKind::kFlag,
         .doc = "examine its servers for clients, instead of those for other servers"}),
    bind<&CommandLine::probe, &ProbeOptions::local>(
        {.name = "--local",
         .value = "DOMAIN",
         .doc = "domain of yours for which it is called; default: the first"}),
    bind<&CommandLine::probe, &ProbeOptions::via>(
        {.name = "--via",
         .value = "HOST:PORT",
         .doc = "call it through this SOCKS5 proxy and look nothing up; default: as configured"}),
    bind<&CommandLine::probe, &ProbeOptions::trust_anchors>(
        {.name = "--trust-anchors",
         .kind = ValueKind::kFile,
         .value = "FILE",
         .doc = "trust anchors of DNSSEC; default: /usr/share/dns/root.key, if it is there"}),
    bind<&CommandLine::probe, &ProbeOptions::timeout>(
        {.name = "--timeout",
         .kind = ValueKind::kNumber,
         .value = "SECONDS",
         .least = 1,
         .most = 120,
         .doc = "how long the look-up may take, and each connection with all that is said on it"}),
    bind<&CommandLine::probe, &ProbeOptions::json>(
        {.name = "--json", .kind = ValueKind::kFlag, .doc = "print one JSON object"}),
};
inline constexpr std::array kProbeOutcomes{
    Outcome{kFine, "the policy is met at an address at least"},
    Outcome{kProblemFound, "no server of the domain was found or reached"},
    Outcome{kRefusedByPolicy, "the policy is not met, also where observe mode would let it pass"},
    Outcome{kInvalidConfig, "the configuration is invalid"},
};
inline constexpr std::array kProbeExamples{
    Example{"portcullis probe peer.example",
            "Says what its servers offer, and what would be decided about them."},
    Example{"portcullis probe --c2s --json peer.example",
            "The same about its servers for clients, for programs."},
};

inline constexpr Command kProbeCommand{
    .name = "probe",
    .summary = "examine the servers of a domain, and say what policy would decide",
    .description =
        "Looks the servers of a domain up, calls each address as a stream of this gate would, and "
        "says what DNS knows of it, which certificates it shows (with an ECDSA and with an RSA key "
        "asked for), what it offers before and under TLS, whether it accepts our certificate, and "
        "what the policy decides in both modes, by the same code that judges streams. It sends no "
        "stanza. Without a configuration the default policy holds, and no certificate is shown.",
    .arguments = kProbeArguments,
    .options = kProbeParameters,
    .outcomes = kProbeOutcomes,
    .examples = kProbeExamples,
    .perform = [](const CommandLine& line) { return probe(line.probe); },
};

}  // namespace portcullis::app
