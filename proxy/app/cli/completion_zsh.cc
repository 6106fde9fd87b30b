#include "proxy/app/cli/command_table.h"
#include "proxy/app/cli/completion.h"

namespace portcullis::app {
namespace {

constexpr std::string_view kBegin = R"(#compdef portcullis
# zsh completion for portcullis
# Written from the table of commands by "cmake --build BUILD --target docs".

)";

// In a specification of _arguments, where these have a meaning of their own.
std::string escaped(std::string_view text, std::string_view special) {
  std::string out;
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
      continue;
    }
    if (special.find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string doc(std::string_view text) {
  return escaped(text, "[]:\\");
}

std::string function_of(std::string_view command) {
  std::string name = "_portcullis_" + std::string(command);
  for (char& c : name)
    if (c == ' ' || c == '-') c = '_';
  return name;
}

std::string offer(const Parameter& parameter) {
  switch (parameter.kind) {
    case ValueKind::kFile:
      return "_files";
    case ValueKind::kDirectory:
      return "_files -/";
    case ValueKind::kWord:
    case ValueKind::kReason: {
      std::string words = "(";
      for (const auto word : offered_values(parameter))
        words += (words.size() == 1 ? "" : " ") + std::string(word);
      return words + ")";
    }
    case ValueKind::kFlag:
    case ValueKind::kText:
    case ValueKind::kNumber:
      return "";
  }
  return "";
}

std::string option_spec(const Parameter& option) {
  const std::string name(option.name);
  const std::string close = option.kind == ValueKind::kFlag ? "" : "=";
  std::string spec = "[" + doc(option.doc) + "]";
  if (option.kind != ValueKind::kFlag) spec += ":" + doc(option.value) + ":" + offer(option);
  if (option.short_name.empty()) return "'" + name + close + spec + "'";
  const std::string both = std::string(option.short_name) + " " + name;
  return "'(" + both + ")'{" + std::string(option.short_name) + (close.empty() ? "" : "+") + "," +
         name + close + "}'" + spec + "'";
}

std::string argument_spec(const Parameter& argument) {
  return "'" + std::string(argument.repeats ? "*" : "1") + ":" + doc(argument.name) + ":" +
         offer(argument) + "'";
}

std::string command_function(const Command& command) {
  std::string text = function_of(command.name) +
                     "() {\n  _arguments -s -S \\\n    '(- *)'{-h,--help}'[" + doc(kHelpDoc) + "]'";
  for (const auto& option : command.options) text += " \\\n    " + option_spec(option);
  for (const auto& argument : command.arguments) text += " \\\n    " + argument_spec(argument);
  return text + "\n}\n\n";
}

// The function for what stands behind `prefix`: "" or a group with a space.
std::string chooser(const std::string& function, const std::string& prefix,
                    const std::string& options) {
  std::string list;
  std::string cases;
  const auto add = [&](std::string_view word, std::string_view summary, std::string_view full) {
    list += "    '" + std::string(word) + ":" + doc(summary) + "'\n";
    cases += "        " + std::string(word) + ") " + function_of(full) + " ;;\n";
  };
  for (const auto& command : commands()) {
    if (!command.name.starts_with(prefix)) continue;
    const auto word = command.name.substr(prefix.size());
    if (word.find(' ') == std::string_view::npos) add(word, command.summary, command.name);
  }
  if (prefix.empty())
    for (const auto& group : command_groups())
      if (find_command(group.name) == nullptr) add(group.name, group.summary, group.name);
  return function +
         "() {\n  local curcontext=$curcontext state line\n  local -a names\n  names=(\n" + list +
         "  )\n  _arguments -C '(- *)'{-h,--help}'[" + doc(kHelpDoc) + "]'" + options +
         " \\\n    '1: :->command' '*:: :->rest'\n  case $state in\n    command) _describe -t "
         "commands command names ;;\n    rest)\n      case $words[1] in\n" +
         cases + "      esac ;;\n  esac\n}\n\n";
}

}  // namespace

std::string zsh_completion() {
  std::string text(kBegin);
  for (const auto& command : commands())
    if (find_group(command.name) == nullptr) text += command_function(command);
  for (const auto& group : command_groups()) {
    // A command that has the name of the group takes its options there.
    std::string options;
    if (const auto* const command = find_command(group.name))
      for (const auto& option : command->options) options += " \\\n    " + option_spec(option);
    text += chooser(function_of(group.name), std::string(group.name) + " ", options);
  }
  text += chooser("_portcullis", "", " '(- *)--version[" + doc(kVersionDoc) + "]'");
  // Loaded as a function of that name, or read as a file.
  return text +
         "if [[ $funcstack[1] == _portcullis ]]; then\n  _portcullis \"$@\"\nelse\n  compdef "
         "_portcullis portcullis\nfi\n";
}

}  // namespace portcullis::app
