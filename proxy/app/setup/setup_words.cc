#include "proxy/app/setup/setup_words.h"

#include <fmt/format.h>

#include <filesystem>

#include "policy/model/config.h"
#include "policy/reasons/reason.h"
#include "proxy/app/cli/command_table.h"
#include "proxy/base/domain_name.h"
#include "proxy/relay/certificate_finder.h"
#include "proxy/setup/text_lines.h"

namespace portcullis::app {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostCommands = 6;
constexpr std::size_t kMostLine = 400;
constexpr char kHook[] = "/usr/share/portcullis/acme/certbot";
constexpr char kDeploy[] = "/usr/share/portcullis/acme/deploy-certificate";
constexpr char kLetsEncrypt[] = "/etc/letsencrypt/live/";

// One word for a shell, whatever is in it.
std::string word(const std::string& text) {
  auto shown = policy::printable(text, kMostLine);
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+,:@%=";
  if (!shown.empty() && shown.find_first_not_of(kPlain) == std::string::npos) return shown;
  std::string quoted = "'";
  for (const char c : shown) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

// What the scripts beside the program have to know when the gate's files are elsewhere.
std::string places_of_scripts(const NextState& state) {
  if (state.plan.default_places) return {};
  return "PORTCULLIS_CERTS=" + word(state.folder + "/certs") +
         " PORTCULLIS_CONFIG=" + word(fs::absolute(state.options.config_file).string()) + " ";
}

std::string with_config(const NextState& state, std::string command) {
  if (state.options.config_file != kDefaultConfig)
    command += " -c " + word(state.options.config_file);
  return command;
}

std::string same_again(const NextState& state) {
  const auto& options = state.options;
  std::string command = "portcullis setup";
  for (const auto& domain : options.domains) command += " --domain " + word(domain);
  command += " --backend " + options.backend + (options.enforce ? " --enforce" : " --observe");
  if (!options.server_config.empty()) command += " --server-config " + word(options.server_config);
  if (!options.acme_dir.empty()) command += " --acme-dir " + word(options.acme_dir);
  return with_config(state, std::move(command)) + " --apply";
}

// For the first domain that has no certificate yet; "": all have.
std::string certificate_command(const NextState& state) {
  const auto folder = state.plan.acme_dir.empty() ? state.plan.certificates : state.plan.acme_dir;
  for (const auto& host : state.plan.hosts) {
    const auto domain = DomainName::parse(host.domain);
    if (!domain || relay::find_certificates(folder, *domain)) continue;
    const auto& name = domain->a_label();
    const auto there = kLetsEncrypt + name;
    std::error_code error;
    if (state.plan.acme_dir.empty() && fs::exists(there + "/fullchain.pem", error))
      return fmt::format("{3}{0} {1} {2}/fullchain.pem {2}/privkey.pem", kDeploy, name, there,
                         places_of_scripts(state));
    std::string names = " -d " + name;
    for (const auto& alias : host.aliases)
      if (const auto one = DomainName::parse(alias)) names += " -d " + one->a_label();
    return fmt::format("certbot certonly --standalone{} --deploy-hook \"{}{}{}\"", names,
                       places_of_scripts(state), kHook,
                       state.plan.acme_dir.empty() ? "" : " --in-place");
  }
  return {};
}

std::string restart_of(policy::BackendKind kind) {
  switch (kind) {
    case policy::BackendKind::kProsody:
      return "systemctl restart prosody";
    case policy::BackendKind::kEjabberd:
      return "systemctl restart ejabberd";
    case policy::BackendKind::kOpenfire:
      return "systemctl restart openfire";
    case policy::BackendKind::kJabberd2:
      return "systemctl restart jabberd-c2s jabberd-s2s";
    case policy::BackendKind::kOther:
      break;
  }
  return {};
}

std::string known_or(std::string_view wanted, std::string_view otherwise) {
  return "portcullis " + std::string(find_command(wanted) != nullptr ? wanted : otherwise);
}

}  // namespace

std::string printable_lines(std::string_view text) {
  std::string clean;
  for (const auto& line : setup::lines_of(text)) {
    std::string one;
    // A tab is an indentation, and harmless.
    for (std::size_t at = 0; at < line.size();) {
      const auto tab = line.find('\t', at);
      one +=
          policy::printable(line.substr(at, tab == std::string::npos ? tab : tab - at), kMostLine);
      if (tab == std::string::npos) break;
      one += '\t';
      at = tab + 1;
    }
    clean += one + "\n";
  }
  return clean;
}

std::vector<std::string> next_commands(const NextState& state) {
  std::vector<std::string> commands;
  if (const auto certificate = certificate_command(state); !certificate.empty())
    commands.push_back(certificate);
  if (state.is_by_hand) {
    if (!state.has_local_ca && state.plan.kind != policy::BackendKind::kJabberd2)
      commands.push_back("portcullis ca init " + word(state.plan.local_ca));
    if (!state.is_applied) commands.push_back(same_again(state));
    commands.emplace_back("# write the lines above into your server's configuration");
  } else if (!state.is_applied) {
    commands.push_back(same_again(state));
  }
  if (const auto restart = restart_of(state.plan.kind); !restart.empty() && state.had_changes)
    commands.push_back(restart);
  commands.push_back(with_config(state, known_or("doctor", "check")));
  std::error_code error;
  commands.emplace_back(fs::exists(policy::Listen().control, error)
                            ? "systemctl reload portcullis"
                            : "systemctl enable --now portcullis");
  commands.push_back(with_config(state, known_or("status", "healthcheck")));
  if (commands.size() > kMostCommands) commands.resize(kMostCommands);
  return commands;
}

}  // namespace portcullis::app
