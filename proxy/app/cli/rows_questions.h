#pragma once

#include <array>

#include "proxy/app/cli/rows_service.h"

namespace portcullis::app {

// The commands that answer a question about policy, certificates or the log.

inline constexpr std::array<std::string_view, 2> kTlsWords{"1.2", "1.3"};
inline constexpr std::array<std::string_view, 2> kRoleWords{"server", "client"};
inline constexpr std::array<std::string_view, 2> kBreakdownWords{"reason", "domain"};
inline constexpr std::array<std::string_view, 4> kReportFormatWords{"text", "markdown", "html",
                                                                    "json"};
inline constexpr std::string_view kTimeDoc = "judge as of then: 2026-01-31T12:00:00Z; default: now";

inline constexpr std::array kExplainArguments{
    bind<&CommandLine::explain, &ExplainOptions::subject>(
        {.name = "DOMAIN|REASON",
         .kind = ValueKind::kReason,
         .doc = "domain of another server, a reason out of portcullis-reasons(7), or a kind of "
                "backend",
         .is_required = true}),
};
inline constexpr std::array kExplainParameters{
    config_option<&CommandLine::explain, &ExplainOptions::config_file>(),
    bind<&CommandLine::explain, &ExplainOptions::certificate>(
        {.name = "--cert",
         .kind = ValueKind::kFile,
         .value = "FILE",
         .doc = "PEM file to judge: the domain's certificate, then what its server sends"}),
    bind<&CommandLine::explain, &ExplainOptions::local>(
        {.name = "--local",
         .value = "DOMAIN",
         .doc = "domain of yours that it speaks to; default: the first"}),
    bind<&CommandLine::explain, &ExplainOptions::tls>(
        {.name = "--tls",
         .kind = ValueKind::kWord,
         .value = "VERSION",
         .words = kTlsWords,
         .doc = "version of TLS that the connection would have"}),
    bind<&CommandLine::explain, &ExplainOptions::at>(
        {.name = "--at", .value = "TIME", .doc = kTimeDoc}),
    bind<&CommandLine::explain, &ExplainOptions::json>(
        {.name = "--json", .kind = ValueKind::kFlag, .doc = "print one JSON object"}),
};
inline constexpr std::array kExplainOutcomes{
    Outcome{kFine, "the policy is met, or the word was explained"},
    Outcome{kProblemFound, "something unexpected prevented an answer"},
    Outcome{kRefusedByPolicy, "the policy is not met, also where observe mode would let it pass"},
    Outcome{kInvalidConfig, "the configuration is invalid"},
};
inline constexpr std::array kExplainExamples{
    Example{"portcullis explain missing_intermediate", "Says what a reason in the log means."},
    Example{"portcullis explain prosody", "Says what to change in a Prosody behind the gate."},
    Example{"portcullis explain peer.example --cert peer.pem",
            "Says what is demanded of a domain, and what would be decided about its certificate."},
};

inline constexpr std::array kReportArguments{
    bind<&CommandLine::report, &ReportOptions::files>(
        {.name = "FILE",
         .kind = ValueKind::kFile,
         .doc = "logs to read; \"-\" or none: standard input",
         .repeats = true}),
};
inline constexpr std::array kReportParameters{
    bind<&CommandLine::report, &ReportOptions::as_config>(
        {.name = "--as-config",
         .kind = ValueKind::kFlag,
         .doc = "print exceptions for the configuration file, instead of a report"}),
    config_option<&CommandLine::report, &ReportOptions::config_file>(),
    bind<&CommandLine::report, &ReportOptions::days>(
        {.name = "--days",
         .kind = ValueKind::kNumber,
         .value = "COUNT",
         .least = 1,
         .most = 366,
         .doc = "how long the exceptions hold, at most policy.max_exception_days"}),
    bind<&CommandLine::report, &ReportOptions::by>(
        {.name = "--by",
         .kind = ValueKind::kWord,
         .value = "WHAT",
         .words = kBreakdownWords,
         .doc = "one of the two lists of the text only; default: both"}),
    bind<&CommandLine::report, &ReportOptions::format>(
        {.name = "--format",
         .kind = ValueKind::kWord,
         .value = "FORMAT",
         .words = kReportFormatWords,
         .doc = "for people; for publishing, as Markdown or as a page; or for programs"}),
    bind<&CommandLine::report, &ReportOptions::since>(
        {.name = "--since", .value = "SPAN", .doc = "leave out what is older: 24h, 7d"}),
    bind<&CommandLine::report, &ReportOptions::organization>(
        {.name = "--organization",
         .value = "NAME",
         .doc = "who reports, for json; default: the machine's name"}),
    bind<&CommandLine::report, &ReportOptions::contact>(
        {.name = "--contact", .value = "ADDRESS", .doc = "whom to ask, for json"}),
    bind<&CommandLine::report, &ReportOptions::probes>(
        {.name = "--probes",
         .kind = ValueKind::kFile,
         .value = "FILE",
         .doc =
             "what \"probe --json\" has written, for markdown and html: who has a certificate of "
             "one kind of key only",
         .repeats = true}),
};
inline constexpr std::array kReportOutcomes{
    Outcome{kFine, "the report is complete"},
    Outcome{kProblemFound, "a log or a probe could not be read, or the report not written"},
};
inline constexpr std::array kReportExamples{
    Example{"journalctl -u portcullis -o short-iso | portcullis report",
            "Who would be refused, and why: read it before \"enforce\"."},
    Example{"journalctl -u portcullis -o short-iso | portcullis report --as-config",
            "Exceptions for those that you need, to put behind the configuration file."},
    Example{"portcullis report --format html gate.log > servers.html",
            "The list of servers with bad encryption, ready to publish."},
    Example{"portcullis report --format html --probes probes/*.json -- gate.log > servers.html",
            "The same with those who have an RSA or an ECDSA certificate only."},
};

inline constexpr std::array kVerifyCertParameters{
    bind<&CommandLine::verify_cert, &VerifyCertOptions::leaf>({.name = "--leaf",
                                                               .kind = ValueKind::kFile,
                                                               .value = "FILE",
                                                               .doc = "PEM file of the certificate",
                                                               .is_required = true}),
    bind<&CommandLine::verify_cert, &VerifyCertOptions::intermediates>(
        {.name = "--intermediates",
         .kind = ValueKind::kFile,
         .value = "FILE",
         .doc = "PEM file of the other certificates that came with it"}),
    bind<&CommandLine::verify_cert, &VerifyCertOptions::roots>(
        {.name = "--roots",
         .kind = ValueKind::kFile,
         .value = "FILE",
         .doc = "PEM file of trusted certificates",
         .is_required = true}),
    bind<&CommandLine::verify_cert, &VerifyCertOptions::name>(
        {.name = "--name",
         .value = "NAME",
         .doc = "name it must have: dns:a.example or ip:192.0.2.1",
         .is_required = true}),
    bind<&CommandLine::verify_cert, &VerifyCertOptions::at>(
        {.name = "--at", .value = "TIME", .doc = kTimeDoc}),
    bind<&CommandLine::verify_cert, &VerifyCertOptions::role>(
        {.name = "--role",
         .kind = ValueKind::kWord,
         .value = "ROLE",
         .words = kRoleWords,
         .doc = "what the other end is to us"}),
    bind<&CommandLine::verify_cert, &VerifyCertOptions::max_depth>(
        {.name = "--max-depth",
         .kind = ValueKind::kNumber,
         .value = "COUNT",
         .least = 0,
         .most = 255,
         .doc = "intermediates between leaf and root, at most"}),
    bind<&CommandLine::verify_cert, &VerifyCertOptions::crls>(
        {.name = "--crls",
         .kind = ValueKind::kFile,
         .value = "FILE",
         .doc = "PEM file of revocation lists; default: revocation is not looked at"}),
};
inline constexpr std::array kVerifyCertOutcomes{
    Outcome{kFine, "a peer with this certificate would be accepted"},
    Outcome{kProblemFound, "it would be refused: reason= and detail= say why"},
};
inline constexpr std::array kVerifyCertExamples{
    Example{"portcullis verify-cert --leaf peer.pem --roots /etc/ssl/certs/ca-certificates.crt "
            "--name dns:peer.example",
            "Judges a certificate as if a peer had shown it."},
};

inline constexpr std::array kCaInitArguments{
    bind<&CommandLine::ca, &CaOptions::directory>({.name = "DIR",
                                                   .kind = ValueKind::kDirectory,
                                                   .doc = "folder for ca.pem and ca.key",
                                                   .is_required = true}),
};
inline constexpr std::array kCaShowArguments{
    bind<&CommandLine::ca, &CaOptions::directory>({.name = "DIR",
                                                   .kind = ValueKind::kDirectory,
                                                   .doc = "folder of ca.pem and ca.key",
                                                   .is_required = true}),
};
inline constexpr std::array kCaInitOutcomes{
    Outcome{kFine, "it was made"},
    Outcome{kProblemFound, "it was not made; one that is there is never overwritten"},
};
inline constexpr std::array kCaShowOutcomes{
    Outcome{kFine, "it can be used"},
    Outcome{kProblemFound, "it cannot be loaded"},
};
inline constexpr std::array kCaInitExamples{
    Example{"portcullis ca init /var/lib/portcullis/local-ca",
            "Makes what the Debian package makes when it is installed."},
};
inline constexpr std::array kCaShowExamples{
    Example{"portcullis ca show /var/lib/portcullis/local-ca",
            "Shows what your own server must trust, and until when it is valid."},
};

inline constexpr std::array kVersionOutcomes{Outcome{kFine, "always"}};
inline constexpr std::array kVersionExamples{
    Example{"portcullis version", "The first line of a report of a fault."},
};

inline constexpr Command kExplainCommand{
    .name = "explain",
    .summary = "what policy demands of a domain and would decide, or what a word means",
    .description =
        "For a reason: what it means and what each side can do. For the domain of another server: "
        "what the policy demands of it, which line of the configuration says so, and what would be "
        "decided in both directions and in both modes, by the same code that judges streams. For a "
        "domain that is served behind this gate: by which host, and with which others the gate "
        "connects it. For a kind of backend, such as prosody: its ports, and what to change in "
        "such a server.",
    .arguments = kExplainArguments,
    .options = kExplainParameters,
    .outcomes = kExplainOutcomes,
    .examples = kExplainExamples,
    .perform = [](const CommandLine& line) { return explain(line.explain); },
};

inline constexpr Command kReportCommand{
    .name = "report",
    .summary = "sum up the decisions in logs: who would be refused, and why",
    .description =
        "Reads logs as text or JSON, also with what journald, syslog or docker adds to each line, "
        "and sums up their decisions by reason and by domain. \"--as-config\" prints an exception "
        "for each server that would be refused, with its key where one is needed; the "
        "configuration is read for what it says already. \"--format markdown\" and \"html\" list "
        "only what was proved: servers that were called at the address that DNS has for them.",
    .arguments = kReportArguments,
    .options = kReportParameters,
    .outcomes = kReportOutcomes,
    .examples = kReportExamples,
    .perform = [](const CommandLine& line) { return report(line.report); },
};

inline constexpr Command kVerifyCertCommand{
    .name = "verify-cert",
    .summary = "judge a certificate as that of a peer",
    .description = "Judges a certificate as if a peer had shown it. No configuration is read.",
    .options = kVerifyCertParameters,
    .outcomes = kVerifyCertOutcomes,
    .examples = kVerifyCertExamples,
    .perform = [](const CommandLine& line) { return verify_cert(line.verify_cert); },
};

inline constexpr Command kCaInitCommand{
    .name = "ca init",
    .summary = "make a new local CA",
    .description =
        "Makes the certificate authority that your own server trusts for server-to-server streams "
        "and nobody else does: ca.pem for your server, ca.key for portcullis.",
    .arguments = kCaInitArguments,
    .outcomes = kCaInitOutcomes,
    .examples = kCaInitExamples,
    .perform = [](const CommandLine& line) { return ca_init(line.ca.directory); },
};

inline constexpr Command kCaShowCommand{
    .name = "ca show",
    .summary = "print the local CA's subject, validity and digest",
    .description = "Loads the local CA as \"run\" would, and prints what it is.",
    .arguments = kCaShowArguments,
    .outcomes = kCaShowOutcomes,
    .examples = kCaShowExamples,
    .perform = [](const CommandLine& line) { return ca_show(line.ca.directory); },
};

inline constexpr Command kVersionCommand{
    .name = "version",
    .summary = "print versions",
    .description = "Prints the versions of portcullis and of OpenSSL, as --version does.",
    .outcomes = kVersionOutcomes,
    .examples = kVersionExamples,
    .perform = [](const CommandLine& /*line*/) { return version(); },
};

}  // namespace portcullis::app
