#include "proxy/app/cli/command_table.h"

#include <algorithm>
#include <array>

#include "policy/reasons/reason.h"
#include "proxy/app/cli/rows_config.h"
#include "proxy/app/cli/rows_doctor.h"
#include "proxy/app/cli/rows_enforce.h"
#include "proxy/app/cli/rows_probe.h"
#include "proxy/app/cli/rows_questions.h"
#include "proxy/app/cli/rows_service.h"
#include "proxy/app/cli/rows_setup.h"
#include "proxy/app/cli/rows_status.h"

namespace portcullis::app {
namespace {

constexpr std::array kCommands{
    kRunCommand,        kSetupCommand,         kCheckCommand,       kDoctorCommand,
    kConfigShowCommand, kConfigSchemaCommand,  kReloadCommand,      kEnforceCommand,
    kStatusCommand,     kStatusStreamsCommand, kStatusCloseCommand, kDebugCommand,
    kDrainCommand,      kHealthcheckCommand,   kEgressCommand,      kBackendTrustCommand,
    kExplainCommand,    kProbeCommand,         kReportCommand,      kVerifyCertCommand,
    kCaInitCommand,     kCaShowCommand,        kVersionCommand,
};

constexpr std::array kGroups{
    CommandGroup{"status", "who is connected now"},
    CommandGroup{"config", "the configuration, and what it may hold"},
    CommandGroup{"backend", "your own server, as the gate knows it"},
    CommandGroup{"ca", "the local CA that your own server trusts"},
};

constexpr Outcome kUsageOutcome{kUsage, "the command line is wrong, or names what makes no sense"};

constexpr std::array kAllOutcomes{
    Outcome{kFine, "no problem"},
    Outcome{kProblemFound, "a problem was found, or the start failed"},
    kUsageOutcome,
    Outcome{kUnreachable, "no running portcullis could be reached"},
    Outcome{kRefusedByPolicy, "the policy is not met"},
    Outcome{kInvalidConfig, "the configuration is invalid; starting it again will not help"},
};

std::string usage_of_option(const Parameter& option) {
  std::string text(option.short_name.empty() ? option.name : option.short_name);
  if (!option.value.empty()) text += " " + std::string(option.value);
  return option.is_required ? text : "[" + text + "]";
}

std::string usage_of_argument(const Parameter& argument) {
  const std::string text = std::string(argument.name) + (argument.repeats ? "..." : "");
  return argument.is_required ? text : "[" + text + "]";
}

}  // namespace

std::span<const Command> commands() {
  return kCommands;
}

std::span<const CommandGroup> command_groups() {
  return kGroups;
}

const Command* find_command(std::string_view name) {
  const auto* const found = std::find_if(kCommands.begin(), kCommands.end(),
                                         [&](const Command& each) { return each.name == name; });
  return found == kCommands.end() ? nullptr : found;
}

std::vector<std::string_view> words_of(const CommandGroup& group) {
  const std::string prefix = std::string(group.name) + " ";
  std::vector<std::string_view> words;
  for (const auto& command : kCommands)
    if (command.name.starts_with(prefix)) words.push_back(command.name.substr(prefix.size()));
  return words;
}

const CommandGroup* find_group(std::string_view name) {
  const auto* const found = std::find_if(
      kGroups.begin(), kGroups.end(), [&](const CommandGroup& each) { return each.name == name; });
  return found == kGroups.end() ? nullptr : found;
}

std::vector<Outcome> outcomes_of(const Command& command) {
  std::vector<Outcome> all(command.outcomes.begin(), command.outcomes.end());
  all.push_back(kUsageOutcome);
  std::sort(all.begin(), all.end(),
            [](const Outcome& a, const Outcome& b) { return a.code < b.code; });
  return all;
}

std::span<const Outcome> all_outcomes() {
  return kAllOutcomes;
}

std::vector<std::string_view> offered_values(const Parameter& parameter) {
  if (parameter.kind != ValueKind::kReason) return {parameter.words.begin(), parameter.words.end()};
  std::vector<std::string_view> ids;
  for (std::size_t i = 0; i < policy::kReasonCount; ++i)
    ids.push_back(policy::id(policy::reason_at(i)));
  return ids;
}

std::string usage_of(const Command& command) {
  std::string text = std::string(kProgram) + " " + std::string(command.name);
  for (const auto& option : command.options) text += " " + usage_of_option(option);
  for (const auto& argument : command.arguments) text += " " + usage_of_argument(argument);
  return text;
}

}  // namespace portcullis::app
