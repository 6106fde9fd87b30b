#include "proxy/app/cli/parse.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <map>

#include "policy/load/did_you_mean.h"
#include "policy/reasons/reason.h"
#include "proxy/app/cli/help.h"

namespace portcullis::app {
namespace {

// Shorter words are near to too many others.
constexpr std::size_t kShortestGuess = 3;

std::string near(std::string_view word, const std::vector<std::string_view>& candidates) {
  if (word.size() < kShortestGuess) return {};
  const auto guess = policy::did_you_mean(word, candidates);
  return guess ? "; did you mean \"" + std::string(*guess) + "\"?" : "";
}

std::string in_quotes(std::string_view word) {
  return "\"" + policy::printable(word) + "\"";
}

std::string fault_of_number(const Parameter& row, const std::string& given) {
  int number = 0;
  const char* const end = given.data() + given.size();
  const auto [rest, error] = std::from_chars(given.data(), end, number);
  if (error == std::errc() && rest == end && number >= row.least && number <= row.most) return {};
  return in_quotes(given) + " is no number from " + std::to_string(row.least) + " to " +
         std::to_string(row.most);
}

std::string fault_of_word(const Parameter& row, const std::string& given) {
  if (std::find(row.words.begin(), row.words.end(), given) != row.words.end()) return {};
  return in_quotes(given) + " is not " + parameter_notes(row) +
         near(given, {row.words.begin(), row.words.end()});
}

// CLI11 puts the parameter's name in front of a fault.
void add_check(CLI::Option& option, const Parameter& row) {
  if (row.kind == ValueKind::kNumber)
    option.check([&row](const std::string& given) { return fault_of_number(row, given); });
  if (row.kind == ValueKind::kWord)
    option.check([&row](const std::string& given) { return fault_of_word(row, given); });
}

std::string cli_name(const Parameter& row) {
  return row.short_name.empty() ? std::string(row.name)
                                : std::string(row.short_name) + "," + std::string(row.name);
}

void add_parameter(CLI::App& app, const Parameter& row, CommandLine& line) {
  if (row.kind == ValueKind::kFlag) {
    app.add_flag_callback(cli_name(row), [&row, &line] { row.take(line, {}); });
    return;
  }
  auto* option = app.add_option(cli_name(row), [&row, &line](const CLI::results_t& given) {
    for (const auto& one : given) row.take(line, one);
    return true;
  });
  if (row.is_required) option->required();
  if (row.repeats) option->expected(1, CLI::detail::expected_max_vector_size)->allow_extra_args();
  if (!row.environment.empty()) option->envname(std::string(row.environment));
  add_check(*option, row);
}

// The parser for all commands. The rows are kept by reference: the table lives as long as the
// program.
class Parser {
 public:
  explicit Parser(CommandLine& line) : app_(std::string(kProgramSummary), std::string(kProgram)) {
    app_.require_subcommand(1);
    app_.add_flag("--version");
    for (const auto& group : command_groups()) {
      groups_[group.name] = app_.add_subcommand(std::string(group.name));
      const bool is_command = find_command(group.name) != nullptr;
      groups_[group.name]->require_subcommand(is_command ? 0 : 1, 1);
    }
    for (const auto& command : commands()) add(command, line);
  }

  Parsed parse(int argc, char** argv, const CommandLine& line) {
    try {
      app_.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
      return HelpWanted{help()};
    } catch (const CLI::ParseError& error) {
      if (app_.count("--version") > 0 && app_.remaining(true).empty()) return VersionWanted{};
      return UsageFault{fault(error)};
    }
    return Invocation{chosen(), line};
  }

 private:
  void add(const Command& command, CommandLine& line) {
    const auto space = command.name.find(' ');
    auto* parent = &app_;
    if (space != std::string_view::npos) parent = groups_.at(command.name.substr(0, space));
    const auto name =
        space == std::string_view::npos ? command.name : command.name.substr(space + 1);
    const auto group = groups_.find(command.name);
    auto* app = group == groups_.end() ? parent->add_subcommand(std::string(name)) : group->second;
    for (const auto& row : command.options) add_parameter(*app, row, line);
    for (const auto& row : command.arguments) add_parameter(*app, row, line);
    apps_[app] = &command;
  }

  // The command or the group that was named last; the program when none was.
  const CLI::App* deepest() const {
    const CLI::App* app = &app_;
    while (!app->get_subcommands().empty()) app = app->get_subcommands().front();
    return app;
  }

  const Command* chosen() const {
    const auto found = apps_.find(deepest());
    return found == apps_.end() ? nullptr : found->second;
  }

  const CommandGroup* chosen_group() const {
    for (const auto& group : command_groups())
      if (groups_.at(group.name) == deepest()) return &group;
    return nullptr;
  }

  std::string help() const {
    if (const auto* command = chosen()) return command_help(*command);
    if (const auto* group = chosen_group()) return group_help(*group);
    return program_help();
  }

  std::string fault(const CLI::ParseError& error) const {
    // What stands before any command comes first.
    const auto before = app_.remaining(false);
    if (!before.empty()) return with_help(kProgram, no_command(before.front(), nullptr));
    const auto* command = chosen();
    const auto* group = chosen_group();
    const auto rest = app_.remaining(true);
    if (command != nullptr) {
      // "status": what stands behind it and is no option should have been one of its commands.
      const bool is_second_word =
          group != nullptr && !rest.empty() && !rest.front().starts_with('-');
      return with_help(std::string(kProgram) + " " + std::string(command->name),
                       rest.empty()     ? error.what()
                       : is_second_word ? no_command(rest.front(), group)
                                        : unexpected(rest.front(), *command));
    }
    const auto what =
        rest.empty() ? std::string("a command is missing") : no_command(rest.front(), group);
    return with_help(group == nullptr ? std::string(kProgram)
                                      : std::string(kProgram) + " " + std::string(group->name),
                     what);
  }

  static std::string with_help(std::string_view name, const std::string& what) {
    return std::string(name) + ": " + what + "\nTry \"" + std::string(name) + " --help\".";
  }

  static std::string no_command(const std::string& word, const CommandGroup* group) {
    if (word.starts_with('-'))
      return in_quotes(word) + " is no option here" + near(word, {"--help", "--version"}) +
             "; options of a command stand behind it";
    return "there is no command " + in_quotes(word) + near(word, command_words(group));
  }

  static std::string unexpected(const std::string& word, const Command& command) {
    if (!word.starts_with('-')) return "unexpected argument " + in_quotes(word);
    std::vector<std::string_view> names{"--help"};
    for (const auto& row : command.options) names.push_back(row.name);
    const auto bare = word.substr(0, word.find('='));
    return "there is no option " + in_quotes(bare) + near(bare, names);
  }

  // What may stand where a command was expected.
  static std::vector<std::string_view> command_words(const CommandGroup* group) {
    if (group != nullptr) return words_of(*group);
    std::vector<std::string_view> words;
    for (const auto& each : commands()) words.push_back(each.name);
    for (const auto& each : command_groups()) words.push_back(each.name);
    return words;
  }

  CLI::App app_;
  std::map<std::string_view, CLI::App*> groups_;
  std::map<const CLI::App*, const Command*> apps_;
};

}  // namespace

Parsed parse(int argc, char** argv) {
  CommandLine line;
  Parser parser(line);
  return parser.parse(argc, argv, line);
}

}  // namespace portcullis::app
