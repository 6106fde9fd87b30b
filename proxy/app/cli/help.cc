#include "proxy/app/cli/help.h"

#include <algorithm>
#include <utility>

namespace portcullis::app {
namespace {

constexpr std::size_t kWidth = 80;
constexpr std::size_t kMargin = 2;
constexpr std::size_t kWidestTerm = 24;

// Appends words of `text`; lines after the first begin at column `indent`, where the text itself is
// taken to begin.
void append_wrapped(std::string& out, std::string_view text, std::size_t indent) {
  std::size_t column = indent;
  while (!text.empty()) {
    const auto word = text.substr(0, text.find(' '));
    if (column > indent && column + 1 + word.size() > kWidth) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (column > indent) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
    text.remove_prefix(std::min(text.size(), word.size() + 1));
  }
  out += '\n';
}

using Rows = std::vector<std::pair<std::string, std::string>>;

void append_rows(std::string& out, std::string_view title, const Rows& rows) {
  if (rows.empty()) return;
  std::size_t widest = 0;
  for (const auto& [term, text] : rows)
    if (term.size() <= kWidestTerm) widest = std::max(widest, term.size());
  const std::size_t column = kMargin + widest + 2;
  out += "\n" + std::string(title) + ":\n";
  for (const auto& [term, text] : rows) {
    std::string line = std::string(kMargin, ' ') + term;
    if (term.size() > widest)
      line += "\n" + std::string(column, ' ');
    else
      line.resize(column, ' ');
    append_wrapped(line, text, column);
    out += line;
  }
}

std::string term_of(const Parameter& parameter) {
  std::string term(parameter.name);
  if (!parameter.short_name.empty()) term = std::string(parameter.short_name) + ", " + term;
  if (!parameter.value.empty()) term += " " + std::string(parameter.value);
  if (parameter.repeats) term += "...";
  return term;
}

Rows rows_of(std::span<const Parameter> parameters) {
  Rows rows;
  for (const auto& parameter : parameters) {
    std::string text(parameter.doc);
    if (const auto notes = parameter_notes(parameter); !notes.empty()) text += "; " + notes;
    rows.emplace_back(term_of(parameter), std::move(text));
  }
  return rows;
}

Rows rows_of(std::span<const Outcome> outcomes) {
  Rows rows;
  for (const auto& outcome : outcomes)
    rows.emplace_back(std::to_string(outcome.code), outcome.meaning);
  return rows;
}

// The commands that have this name as their first word.
Rows rows_of_group(std::string_view name) {
  Rows rows;
  for (const auto& command : commands())
    if (command.name.starts_with(std::string(name) + " "))
      rows.emplace_back(command.name, command.summary);
  return rows;
}

void append_examples(std::string& out, std::span<const Example> examples) {
  out += examples.size() == 1 ? "\nexample:\n" : "\nexamples:\n";
  for (const auto& example : examples) {
    out += std::string(kMargin, ' ') + std::string(example.command) + "\n" + std::string(6, ' ');
    append_wrapped(out, example.purpose, 6);
  }
}

}  // namespace

std::string parameter_notes(const Parameter& parameter) {
  std::string notes;
  const auto add = [&notes](const std::string& note) {
    notes += (notes.empty() ? "" : "; ") + note;
  };
  if (!parameter.words.empty()) {
    std::string words;
    for (const auto word : parameter.words)
      words += (words.empty() ? "" : ", ") + std::string(word);
    add("one of " + words);
  }
  if (parameter.kind == ValueKind::kNumber)
    add(std::to_string(parameter.least) + " to " + std::to_string(parameter.most));
  if (const auto fallback = parameter.fallback(CommandLine{}); !fallback.empty())
    add("default: " + fallback);
  if (!parameter.environment.empty()) add("environment: " + std::string(parameter.environment));
  return notes;
}

std::string program_help() {
  std::string out = std::string(kProgram) + ": " + std::string(kProgramSummary) +
                    "\n\nusage: " + std::string(kProgram) + " COMMAND [OPTION...]\n";
  Rows rows;
  for (const auto& command : commands()) rows.emplace_back(command.name, command.summary);
  append_rows(out, "commands", rows);
  append_rows(out, "options",
              {{"-h, --help", std::string(kHelpDoc)}, {"--version", std::string(kVersionDoc)}});
  append_rows(out, "exit codes", rows_of(all_outcomes()));
  append_examples(out, commands().front().examples);
  return out +
         "\n\"portcullis COMMAND --help\" says more of a command, \"man portcullis\" of all.\n";
}

std::string group_help(const CommandGroup& group) {
  std::string out = "usage: " + std::string(kProgram) + " " + std::string(group.name) +
                    " COMMAND [OPTION...]\n\n";
  append_wrapped(out, std::string(group.summary) + ".", 0);
  Rows rows;
  std::span<const Example> examples;
  std::vector<Outcome> outcomes;
  for (const auto& command : commands()) {
    if (!command.name.starts_with(std::string(group.name) + " ")) continue;
    rows.emplace_back(command.name.substr(group.name.size() + 1), command.summary);
    if (examples.empty()) {
      examples = command.examples;
      outcomes = outcomes_of(command);
    }
  }
  append_rows(out, "commands", rows);
  append_rows(out, "exit codes", rows_of(outcomes));
  append_examples(out, examples);
  return out;
}

std::string command_help(const Command& command) {
  std::string out = "usage: ";
  append_wrapped(out, usage_of(command), 7);
  out += "\n";
  append_wrapped(out, command.description, 0);
  append_rows(out, "commands", rows_of_group(command.name));
  append_rows(out, "arguments", rows_of(command.arguments));
  auto options = rows_of(command.options);
  options.emplace_back("-h, --help", kHelpDoc);
  append_rows(out, "options", options);
  append_rows(out, "exit codes", rows_of(outcomes_of(command)));
  append_examples(out, command.examples);
  return out;
}

}  // namespace portcullis::app
