#include "proxy/app/cli/command_table.h"
#include "proxy/app/cli/completion.h"

namespace portcullis::app {
namespace {

constexpr std::string_view kBegin = R"(# fish completion for portcullis
# Written from the table of commands by "cmake --build BUILD --target docs".

complete -c portcullis -f
)";

std::string in_quotes(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

std::string line(const std::string& condition, const std::string& rest, std::string_view doc) {
  return "complete -c portcullis -n " + in_quotes(condition) + " " + rest + " -d " +
         in_quotes(doc) + "\n";
}

// True where the words of a command have been given.
std::string condition_of(std::string_view name) {
  const auto space = name.find(' ');
  std::string text = "__fish_seen_subcommand_from " + std::string(name.substr(0, space));
  if (space != std::string_view::npos)
    text += "; and __fish_seen_subcommand_from " + std::string(name.substr(space + 1));
  return text;
}

std::string group_condition(const CommandGroup& group) {
  const std::string prefix = std::string(group.name) + " ";
  std::string text = condition_of(group.name) + "; and not __fish_seen_subcommand_from";
  for (const auto& command : commands())
    if (command.name.starts_with(prefix))
      text += " " + std::string(command.name.substr(prefix.size()));
  return text;
}

std::string offer(const Parameter& parameter) {
  switch (parameter.kind) {
    case ValueKind::kFlag:
      return "";
    case ValueKind::kFile:
      return "-r -F";
    case ValueKind::kDirectory:
      return "-x -a '(__fish_complete_directories)'";
    case ValueKind::kWord:
    case ValueKind::kReason: {
      std::string words;
      for (const auto word : offered_values(parameter))
        words += (words.empty() ? "" : " ") + std::string(word);
      return "-x -a " + in_quotes(words);
    }
    case ValueKind::kText:
    case ValueKind::kNumber:
      return "-x";
  }
  return "";
}

std::string option_line(const std::string& condition, const Parameter& option) {
  std::string names;
  if (!option.short_name.empty()) names += "-s " + std::string(option.short_name.substr(1)) + " ";
  names += "-l " + std::string(option.name.substr(2));
  const auto values = offer(option);
  return line(condition, names + (values.empty() ? "" : " " + values), option.doc);
}

std::string argument_line(const std::string& condition, const Parameter& argument) {
  const bool is_file = argument.kind == ValueKind::kFile;
  const bool is_folder = argument.kind == ValueKind::kDirectory;
  if (is_file) return line(condition, "-F", argument.doc);
  if (is_folder) return line(condition, "-a '(__fish_complete_directories)'", argument.doc);
  return line(condition, offer(argument), argument.doc);
}

}  // namespace

std::string fish_completion() {
  std::string text(kBegin);
  const std::string at_begin = "__fish_use_subcommand";
  text += "complete -c portcullis -s h -l help -d " + in_quotes(kHelpDoc) + "\n";
  text += line(at_begin, "-l version", kVersionDoc);
  for (const auto& command : commands())
    if (command.name.find(' ') == std::string_view::npos)
      text += line(at_begin, "-a " + std::string(command.name), command.summary);
  for (const auto& group : command_groups()) {
    if (find_command(group.name) == nullptr)
      text += line(at_begin, "-a " + std::string(group.name), group.summary);
    const std::string prefix = std::string(group.name) + " ";
    for (const auto& command : commands())
      if (command.name.starts_with(prefix))
        text += line(group_condition(group),
                     "-a " + std::string(command.name.substr(prefix.size())), command.summary);
  }
  for (const auto& command : commands()) {
    const auto condition = condition_of(command.name);
    for (const auto& option : command.options) text += option_line(condition, option);
    for (const auto& argument : command.arguments) text += argument_line(condition, argument);
  }
  return text;
}

}  // namespace portcullis::app
