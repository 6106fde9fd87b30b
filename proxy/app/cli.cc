#include "proxy/app/cli.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "proxy/app/commands.h"
#include "proxy/app/exit_code.h"

namespace portcullis::app {
namespace {

constexpr char kDefaultConfig[] = "/etc/portcullis/portcullis.toml";

void add_config(CLI::App& command, std::string& file) {
  command.add_option("-c,--config", file, "configuration file")
      ->capture_default_str()
      ->envname("PORTCULLIS_CONFIG");
}

void add_verify_cert(CLI::App& app, VerifyCertOptions& options, int& result) {
  auto* command = app.add_subcommand("verify-cert", "judge a certificate as that of a peer");
  command->add_option("--leaf", options.leaf, "PEM file of the certificate")->required();
  command->add_option("--intermediates", options.intermediates, "PEM file of what came with it");
  command->add_option("--roots", options.roots, "PEM file of trusted certificates")->required();
  command->add_option("--name", options.name, "dns:a.example or ip:192.0.2.1")->required();
  command->add_option("--at", options.at, "point in time, 2026-01-31T12:00:00Z; default: now");
  command->add_option("--role", options.role, "what the other end is to us")
      ->check(CLI::IsMember({"server", "client"}))
      ->capture_default_str();
  command->add_option("--max-depth", options.max_depth, "intermediates between leaf and root")
      ->check(CLI::Range(0, 255))
      ->capture_default_str();
  command->add_option("--crls", options.crls, "PEM file of revocation lists");
  command->callback([&] { result = verify_cert(options); });
}

void add_explain(CLI::App& app, ExplainOptions& options, int& result) {
  options.config_file = kDefaultConfig;
  auto* command = app.add_subcommand(
      "explain", "what policy demands of a domain and would decide, or what a reason means");
  command->add_option("DOMAIN|REASON", options.subject, "another server's domain, or a reason")
      ->required();
  add_config(*command, options.config_file);
  command->add_option("--cert", options.certificate,
                      "PEM file to judge: the domain's certificate, then what its server sends");
  command->add_option("--local", options.local,
                      "domain of yours they speak to; default: the first");
  command->add_option("--tls", options.tls, "version the connection would have")
      ->check(CLI::IsMember({"1.2", "1.3"}))
      ->capture_default_str();
  command->add_option("--at", options.at, "point in time, 2026-01-31T12:00:00Z; default: now");
  command->add_flag("--json", options.json, "one JSON object");
  command->callback([&] { result = explain(options); });
}

void add_report(CLI::App& app, ReportOptions& options, int& result) {
  auto* command =
      app.add_subcommand("report", "sum up the decisions in logs: who would be refused, and why");
  command->add_option("FILE", options.files, "logs; - or none: standard input");
  command->add_option("--by", options.by, "one breakdown of the text only; default: both")
      ->check(CLI::IsMember({"reason", "domain"}));
  command->add_option("--format", options.format, "for people, for publishing, for programs")
      ->check(CLI::IsMember({"text", "markdown", "json"}))
      ->capture_default_str();
  command->add_option("--since", options.since, "leave out what is older: 24h, 7d");
  command->add_option("--organization", options.organization,
                      "who reports, for json; default: the machine's name");
  command->add_option("--contact", options.contact, "whom to ask, for json");
  command->callback([&] { result = report(options); });
}

int parse_and_run(int argc, char** argv) {
  CLI::App app{"portcullis: encrypted, authenticated XMPP federation in front of your own server"};
  app.require_subcommand(1);
  int result = kFine;

  RunOptions run_options{kDefaultConfig, std::nullopt};
  auto* run_command = app.add_subcommand("run", "serve until SIGTERM");
  add_config(*run_command, run_options.config_file);
  run_command->add_option("--log-format", run_options.log_format, "overrides the file")
      ->check(CLI::IsMember({"auto", "text", "json"}));
  run_command->callback([&] { result = run(run_options); });

  CheckOptions check_options{kDefaultConfig};
  auto* check_command =
      app.add_subcommand("check", "load the configuration and all files it names, report, exit");
  add_config(*check_command, check_options.config_file);
  check_command->add_flag("-q,--quiet", check_options.quiet, "say nothing when all is well");
  check_command->callback([&] { result = check(check_options); });

  ReloadOptions reload_options{kDefaultConfig};
  auto* reload_command =
      app.add_subcommand("reload", "have the running portcullis load its configuration anew");
  add_config(*reload_command, reload_options.config_file);
  reload_command->callback([&] { result = reload(reload_options); });

  HealthcheckOptions healthcheck_options{kDefaultConfig};
  auto* healthcheck_command =
      app.add_subcommand("healthcheck", "ask the running portcullis whether it is ready");
  add_config(*healthcheck_command, healthcheck_options.config_file);
  healthcheck_command->callback([&] { result = healthcheck(healthcheck_options); });

  std::string directory;
  auto* ca = app.add_subcommand("ca", "the local CA that your own server trusts");
  ca->require_subcommand(1);
  auto* init = ca->add_subcommand("init", "make a new local CA");
  init->add_option("DIR", directory, "folder for ca.pem and ca.key")->required();
  init->callback([&] { result = ca_init(directory); });
  auto* show = ca->add_subcommand("show", "print the local CA's subject, validity and digest");
  show->add_option("DIR", directory, "folder of ca.pem and ca.key")->required();
  show->callback([&] { result = ca_show(directory); });

  VerifyCertOptions verify_cert_options;
  add_verify_cert(app, verify_cert_options, result);

  ExplainOptions explain_options;
  add_explain(app, explain_options, result);
  ReportOptions report_options;
  add_report(app, report_options, result);

  app.add_subcommand("version", "print versions")->callback([&] { result = version(); });

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kFine : kUsage;
  }
  return result;
}

}  // namespace

int main_command(int argc, char** argv) {
  try {
    return parse_and_run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "portcullis: %s\n", error.what());
    return kProblemFound;
  }
}

}  // namespace portcullis::app
