#include "proxy/app/cli/command_table.h"
#include "proxy/app/cli/completion.h"

namespace portcullis::app {
namespace {

// Needs no function of the package bash-completion, which may be absent. bash takes `=` for a word
// of its own.
constexpr std::string_view kBegin = R"(# bash completion for portcullis
# shellcheck shell=bash
# Written from the table of commands by "cmake --build BUILD --target docs".

_portcullis_files() {
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen "$1" -- "$2")
}

_portcullis_words() {
  mapfile -t COMPREPLY < <(compgen -W "$1" -- "$2")
}

_portcullis() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
  local command=${COMP_WORDS[1]} first=2
  COMPREPLY=()
  if [[ $word == = ]]; then
    word=
  elif [[ $before == = ]]; then
    before=${COMP_WORDS[COMP_CWORD - 2]}
  fi
)";

constexpr std::string_view kEnd = R"(}

complete -F _portcullis portcullis
)";

std::string in_quotes(const std::string& text) {
  return "'" + text + "'";  // no word of the table has a quote in it
}

std::string joined(const std::vector<std::string_view>& words) {
  std::string text;
  for (const auto word : words) text += (text.empty() ? "" : " ") + std::string(word);
  return text;
}

std::string offer(const Parameter& parameter) {
  switch (parameter.kind) {
    case ValueKind::kFile:
      return "_portcullis_files -f \"$word\"";
    case ValueKind::kDirectory:
      return "_portcullis_files -d \"$word\"";
    case ValueKind::kWord:
    case ValueKind::kReason:
      return "_portcullis_words " + in_quotes(joined(offered_values(parameter))) + " \"$word\"";
    case ValueKind::kFlag:
    case ValueKind::kText:
    case ValueKind::kNumber:
      return ":";
  }
  return ":";
}

std::string group_branch(const CommandGroup& group) {
  auto words = words_of(group);
  words.push_back("--help");
  // What is no command of the group is an option of the command that has its name.
  const auto* const command = find_command(group.name);
  if (command != nullptr)
    for (const auto& option : command->options) words.push_back(option.name);
  return "  if [[ $command == " + std::string(group.name) +
         " ]]; then\n    if ((COMP_CWORD == 2)); then\n      _portcullis_words " +
         in_quotes(joined(words)) + " \"$word\"\n      return\n    fi\n" +
         (command == nullptr ? "    command+=\" ${COMP_WORDS[2]}\"\n    first=3\n  fi\n"
                             : "    if [[ ${COMP_WORDS[2]} != -* ]]; then\n      command+=\" "
                               "${COMP_WORDS[2]}\"\n      first=3\n    fi\n  fi\n");
}

std::string command_branch(const Command& command) {
  std::string text = "    " + in_quotes(std::string(command.name)) + ")\n";
  std::vector<std::string_view> names;
  std::string values;
  for (const auto& option : command.options) {
    names.push_back(option.name);
    if (!option.short_name.empty()) names.push_back(option.short_name);
    if (option.kind == ValueKind::kFlag) continue;
    values += "        " + std::string(option.name);
    if (!option.short_name.empty()) values += " | " + std::string(option.short_name);
    values += ") " + offer(option) + "; return ;;\n";
  }
  names.push_back("--help");
  if (!values.empty())
    text += "      ((COMP_CWORD > first)) && case $before in\n" + values + "      esac\n";
  text += "      if [[ $word == -* ]]; then\n        _portcullis_words " +
          in_quotes(joined(names)) + " \"$word\"\n";
  if (!command.arguments.empty())
    text += "      else\n        " + offer(command.arguments.back()) + "\n";
  return text + "      fi ;;\n";
}

}  // namespace

std::string bash_completion() {
  std::string text(kBegin);
  std::vector<std::string_view> first;
  for (const auto& command : commands())
    if (command.name.find(' ') == std::string_view::npos) first.push_back(command.name);
  for (const auto& group : command_groups())
    if (find_command(group.name) == nullptr) first.push_back(group.name);
  first.insert(first.end(), {"--help", "--version"});
  text += "  if ((COMP_CWORD == 1)); then\n    _portcullis_words " + in_quotes(joined(first)) +
          " \"$word\"\n    return\n  fi\n";
  for (const auto& group : command_groups()) text += group_branch(group);
  text += "  case $command in\n";
  for (const auto& command : commands()) text += command_branch(command);
  return text + "  esac\n" + std::string(kEnd);
}

}  // namespace portcullis::app
