#pragma once

#include <array>

#include "proxy/app/cli/rows_service.h"

namespace portcullis::app {

// The commands that put the gate in front of a server.

inline constexpr std::array<std::string_view, 5> kBackendWords{"prosody", "ejabberd", "openfire",
                                                               "jabberd2", "other"};

inline constexpr std::array kSetupParameters{
    bind<&CommandLine::setup, &SetupOptions::domains>(
        {.name = "--domain",
         .value = "DOMAIN",
         .doc = "a domain of yours; may be given several times; else all that the server has",
         .repeats = true}),
    bind<&CommandLine::setup, &SetupOptions::backend>({.name = "--backend",
                                                       .kind = ValueKind::kWord,
                                                       .value = "KIND",
                                                       .words = kBackendWords,
                                                       .doc = "which server it is"}),
    bind<&CommandLine::setup, &SetupOptions::observe>(
        {.name = "--observe",
         .kind = ValueKind::kFlag,
         .doc = "refuse nobody and report who would be refused; the default where no mode is set "
                "yet"}),
    bind<&CommandLine::setup, &SetupOptions::enforce>(
        {.name = "--enforce",
         .kind = ValueKind::kFlag,
         .doc = "refuse what does not meet the policy, and have the server be strict, too"}),
    bind<&CommandLine::setup, &SetupOptions::server_config>(
        {.name = "--server-config",
         .kind = ValueKind::kFile,
         .value = "FILE",
         .doc = "the server's own configuration, where it is not in its usual place"}),
    config_option<&CommandLine::setup, &SetupOptions::config_file>(),
    bind<&CommandLine::setup, &SetupOptions::acme_dir>(
        {.name = "--acme-dir",
         .kind = ValueKind::kDirectory,
         .value = "DIR",
         .doc = "where an ACME client keeps the certificates, such as /etc/letsencrypt"}),
    bind<&CommandLine::setup, &SetupOptions::apply>(
        {.name = "--apply",
         .kind = ValueKind::kFlag,
         .doc = "change the server's files, too, and keep a copy of each"}),
    bind<&CommandLine::setup, &SetupOptions::undo>(
        {.name = "--undo",
         .kind = ValueKind::kFlag,
         .doc = "put the server's files back as they were"}),
    bind<&CommandLine::setup, &SetupOptions::dry_run>(
        {.name = "--dry-run", .kind = ValueKind::kFlag, .doc = "write nothing at all"}),
    bind<&CommandLine::setup, &SetupOptions::yes>(
        {.name = "--yes",
         .kind = ValueKind::kFlag,
         .doc = "with --apply, replace a portcullis.toml that says more than the new one"}),
};
inline constexpr std::array kSetupOutcomes{
    Outcome{kFine, "it was done, or shown"},
    Outcome{kProblemFound,
            "it cannot be done: why was printed, and the server's files are as they "
            "were"},
};
inline constexpr std::array kSetupExamples{
    Example{"portcullis setup --domain example.org --backend prosody",
            "Writes portcullis.toml and shows what would change in Prosody."},
    Example{"portcullis setup --domain example.org --backend prosody --apply",
            "Changes Prosody, too."},
    Example{"portcullis setup --undo", "Puts Prosody's files back."},
};

inline constexpr std::array kBackendTrustArguments{
    bind<&CommandLine::backend_trust, &BackendTrustOptions::host>(
        {.name = "HOST", .doc = "a domain or an alias of yours; else all of them"}),
};
inline constexpr std::array kBackendTrustParameters{
    config_option<&CommandLine::backend_trust, &BackendTrustOptions::config_file>(),
    bind<&CommandLine::backend_trust, &BackendTrustOptions::yes>(
        {.name = "--yes", .kind = ValueKind::kFlag, .doc = "pin what it shows now"}),
};
inline constexpr std::array kBackendTrustOutcomes{
    Outcome{kFine, "every key that the server shows is pinned"},
    Outcome{kProblemFound, "one is not, and nothing was changed without --yes"},
    Outcome{kUnreachable, "the server shows no certificate"},
    Outcome{kInvalidConfig, "the configuration is invalid"},
};
inline constexpr std::array kBackendTrustExamples{
    Example{"portcullis backend trust", "Shows what is pinned and what your server shows now."},
    Example{"portcullis backend trust --yes && portcullis reload",
            "After your server has got a new key."},
};

inline constexpr Command kBackendTrustCommand{
    .name = "backend trust",
    .summary = "pin the certificate that your own server shows now",
    .description =
        "Asks the server of each host for its certificate, at the port where the gate calls it, "
        "and "
        "shows its key beside those in the file of host.backend.certificate. With --yes the file "
        "is "
        "written anew with what the server shows, and a copy of the old one is kept. Whoever "
        "answers "
        "at that port is believed, so use it while nobody else can open that port, as on loopback "
        "while your server runs.",
    .arguments = kBackendTrustArguments,
    .options = kBackendTrustParameters,
    .outcomes = kBackendTrustOutcomes,
    .examples = kBackendTrustExamples,
    .perform = [](const CommandLine& line) { return backend_trust(line.backend_trust); },
};

inline constexpr Command kSetupCommand{
    .name = "setup",
    .summary =
        "put the gate in front of a server: portcullis.toml, certificate, the server's lines",
    .description =
        "Reads the server's own configuration, with the server's own code where it is a program, "
        "and "
        "finds its domains, services and ports. Writes portcullis.toml, makes the certificate that "
        "the server shows to the gate and pins its key, and shows what is to change in the "
        "server's "
        "files, for observe mode or for enforce mode. With --apply it changes them: it keeps a "
        "copy "
        "of each, lets the server's own check look at the result, and takes everything back if "
        "that "
        "fails. A portcullis.toml that says something is not replaced without --apply. Run again, "
        "it changes nothing that is right already.",
    .options = kSetupParameters,
    .outcomes = kSetupOutcomes,
    .examples = kSetupExamples,
    .perform = [](const CommandLine& line) { return setup(line.setup); },
};

}  // namespace portcullis::app
