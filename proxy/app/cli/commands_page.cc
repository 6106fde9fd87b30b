#include "proxy/app/cli/commands_page.h"

#include "proxy/app/cli/command_table.h"
#include "proxy/app/cli/help.h"

namespace portcullis::app {
namespace {

constexpr std::string_view kIntroduction =
    R"(<!-- Written from the table of commands by "cmake --build BUILD --target docs". -->

# Commands

Portcullis stands in front of an XMPP server that is not changed, and terminates the streams of other servers and of
clients: TLS with a trusted certificate on every hop, SASL EXTERNAL instead of server dialback, and a refusal in words for
what does not meet the policy. [portcullis.toml](configuration.md) says what it does;
[reasons](reasons.md) lists why it refuses.

Results go to standard output, faults and the log to standard error. `--help` after any command says in short what this
page says, `--version` without a command prints the versions.
)";

constexpr std::string_view kEnd =
    R"(
## Signals

| signal | meaning |
|---|---|
| SIGTERM, SIGINT | `run` ends as `drain` has it end: not ready for `limits.drain_notice`, then no new connections, for `limits.drain` streams go on, then `system-shutdown`. A second one ends every stream at once |
| SIGHUP | `run` loads its configuration again, as after `portcullis reload`; the log says what came of it |

## Environment

| variable | meaning |
|---|---|
| `PORTCULLIS_CONFIG` | the configuration file where `-c` names none |
| `NOTIFY_SOCKET` | where `run` tells a service manager that it is ready, reloads or ends (sd_notify(3)) |
| `WATCHDOG_USEC`, `WATCHDOG_PID` | how often `run` must tell the service manager that all its event loops turn |

## Files

| file | meaning |
|---|---|
| `/etc/portcullis/portcullis.toml` | the configuration |
| `/etc/portcullis/certs` | certificates and keys of the domains that are served |
| `/var/lib/portcullis/local-ca` | the local CA: `ca.pem` for your own server to trust, `ca.key` |
| `/run/portcullis/control.sock` | where `portcullis reload` reaches the running one |
| `/usr/share/doc/portcullis` | guides for each server, the reference, an annotated configuration |
)";

std::string code(std::string_view text) {
  return "`" + std::string(text) + "`";
}

// In a row of a table, where a bar would end the cell.
std::string cell(std::string text) {
  for (auto bar = text.find('|'); bar != std::string::npos; bar = text.find('|', bar + 2))
    text.insert(bar, "\\");
  return text;
}

void append_parameters(std::string& page, std::span<const Parameter> parameters) {
  for (const auto& parameter : parameters) {
    std::string term(parameter.name);
    if (!parameter.short_name.empty()) term.insert(0, std::string(parameter.short_name) + ", ");
    if (!parameter.value.empty()) term += " " + std::string(parameter.value);
    std::string text(parameter.doc);
    if (const auto notes = parameter_notes(parameter); !notes.empty()) text += "; " + notes;
    page += "| " + code(cell(term)) + " | " + cell(text) + " |\n";
  }
}

void append_command(std::string& page, const Command& command) {
  page += "\n### portcullis " + std::string(command.name) + "\n\n```\n" + usage_of(command) +
          "\n```\n\n" + std::string(command.description) + "\n";
  if (!command.arguments.empty() || !command.options.empty()) {
    page += "\n| parameter | meaning |\n|---|---|\n";
    append_parameters(page, command.arguments);
    append_parameters(page, command.options);
  }
  page += "\nExit codes:\n\n| code | meaning |\n|---|---|\n";
  for (const auto& outcome : outcomes_of(command))
    page += "| " + std::to_string(outcome.code) + " | " + std::string(outcome.meaning) + " |\n";
  for (const auto& example : command.examples)
    page += "\nExample. " + std::string(example.purpose) + "\n\n```\n" +
            std::string(example.command) + "\n```\n";
}

}  // namespace

std::string commands_page() {
  std::string page(kIntroduction);
  page += "\n## Commands\n";
  for (const auto& command : commands()) append_command(page, command);
  page += "\n## Exit codes\n\n| code | meaning |\n|---|---|\n";
  for (const auto& outcome : all_outcomes())
    page += "| " + std::to_string(outcome.code) + " | " + std::string(outcome.meaning) + " |\n";
  return page + std::string(kEnd);
}

}  // namespace portcullis::app
