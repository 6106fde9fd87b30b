// The command line as a whole: help, versions, and what is said about a slip.

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "proxy/app/cli/command_table.h"
#include "proxy/app/cli/help.h"
#include "proxy/app/cli/parse.h"
#include "tests/unit/app/command_line.h"

namespace portcullis::app {
namespace {

std::vector<std::string> words_of(std::string_view command) {
  std::vector<std::string> words{std::string(command.substr(0, command.find(' ')))};
  if (const auto space = command.find(' '); space != std::string_view::npos)
    words.emplace_back(command.substr(space + 1));
  return words;
}

Parsed parsed(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "portcullis");
  std::vector<char*> argv;
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  return parse(static_cast<int>(arguments.size()), argv.data());
}

std::string fault_of(const std::vector<std::string>& arguments) {
  const auto result = parsed(arguments);
  const auto* fault = std::get_if<UsageFault>(&result);
  return fault == nullptr ? "" : fault->message;
}

// A value that the row allows.
std::string sample(const Parameter& row) {
  if (row.kind == ValueKind::kNumber) return std::to_string(row.most);
  return row.words.empty() ? "some-text" : std::string(row.words.back());
}

TEST(Help, EveryCommandHasExamplesAndExitCodes) {
  for (const auto& command : commands()) {
    auto words = words_of(command.name);
    words.emplace_back("--help");
    const auto done = test::command(words);
    EXPECT_EQ(done.status, kFine) << command.name;
    EXPECT_TRUE(done.err.empty()) << done.err;
    EXPECT_NE(done.out.find("exit codes:"), std::string::npos) << done.out;
    EXPECT_NE(done.out.find("\n  2  "), std::string::npos) << done.out;
    EXPECT_NE(done.out.find("example"), std::string::npos) << done.out;
    ASSERT_FALSE(command.examples.empty()) << command.name;
    for (const auto& row : command.options)
      EXPECT_NE(done.out.find(row.name), std::string::npos) << command.name << row.name;
  }
}

TEST(Help, FitsATerminal) {
  std::vector<std::string> texts{program_help()};
  for (const auto& group : command_groups()) texts.push_back(group_help(group));
  for (const auto& command : commands()) texts.push_back(command_help(command));
  for (const auto& text : texts) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);)
      EXPECT_TRUE(line.size() <= 80 || line.find("portcullis") != std::string::npos) << line;
  }
}

TEST(Help, NamesEveryCommand) {
  const auto done = test::command({"--help"});
  EXPECT_EQ(done.status, kFine);
  for (const auto& command : commands())
    EXPECT_NE(done.out.find("\n  " + std::string(command.name) + " "), std::string::npos)
        << command.name;
  EXPECT_EQ(test::command({"-h"}).out, done.out);
}

TEST(Help, OfAGroupNamesItsCommands) {
  const auto done = test::command({"ca", "--help"});
  EXPECT_EQ(done.status, kFine);
  EXPECT_NE(done.out.find("\n  init "), std::string::npos) << done.out;
  EXPECT_NE(done.out.find("\n  show "), std::string::npos) << done.out;
}

TEST(Version, IsAnOptionToo) {
  const auto option = test::command({"--version"});
  const auto command = test::command({"version"});
  EXPECT_EQ(option.status, kFine);
  EXPECT_EQ(option.out, command.out);
  EXPECT_NE(option.out.find("portcullis "), std::string::npos);
}

TEST(Slip, OfACommandIsGuessed) {
  EXPECT_NE(fault_of({"chek"}).find("did you mean \"check\"?"), std::string::npos);
  EXPECT_NE(fault_of({"relaod", "-c", "x"}).find("did you mean \"reload\"?"), std::string::npos);
  EXPECT_NE(fault_of({"ca", "innit", "x"}).find("did you mean \"init\"?"), std::string::npos);
  EXPECT_NE(fault_of({"--versoin"}).find("did you mean \"--version\"?"), std::string::npos);
}

TEST(Slip, OfAnOptionIsGuessed) {
  EXPECT_NE(fault_of({"check", "--quite"}).find("did you mean \"--quiet\"?"), std::string::npos);
  EXPECT_NE(fault_of({"explain", "--jsn"}).find("did you mean \"--json\"?"), std::string::npos);
  EXPECT_NE(fault_of({"check", "--confg=x"}).find("did you mean \"--config\"?"), std::string::npos);
}

TEST(Slip, OfAWordIsGuessed) {
  const auto fault = fault_of({"report", "--format", "jsom"});
  EXPECT_NE(fault.find("did you mean \"json\"?"), std::string::npos) << fault;
  EXPECT_NE(fault.find("--format"), std::string::npos) << fault;
}

TEST(Slip, FarFromEverythingIsNotGuessed) {
  for (const auto& arguments : std::vector<std::vector<std::string>>{
           {"xyzzy"}, {"check", "--frobnicate"}, {"check", "-x"}, {"report", "--by", "weather"}}) {
    const auto fault = fault_of(arguments);
    EXPECT_FALSE(fault.empty());
    EXPECT_EQ(fault.find("did you mean"), std::string::npos) << fault;
  }
}

TEST(Slip, IsAnsweredWithWhereHelpIs) {
  for (const auto& [arguments, help] :
       std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{}, "portcullis --help"},
           {{"nonsense"}, "portcullis --help"},
           {{"-c", "x", "run"}, "portcullis --help"},
           {{"ca"}, "portcullis ca --help"},
           {{"ca", "init"}, "portcullis ca init --help"},
           {{"ca", "init", "a", "b"}, "portcullis ca init --help"},
           {{"check", "-x"}, "portcullis check --help"},
           {{"check", "--config"}, "portcullis check --help"},
           {{"run", "--version"}, "portcullis run --help"},
           {{"explain"}, "portcullis explain --help"},
           {{"verify-cert", "--max-depth", "256"}, "portcullis verify-cert --help"},
           {{"verify-cert", "--max-depth", "x"}, "portcullis verify-cert --help"}}) {
    const auto done = test::command(arguments);
    EXPECT_EQ(done.status, kUsage);
    EXPECT_TRUE(done.out.empty());
    EXPECT_NE(done.err.find("Try \"" + help + "\"."), std::string::npos) << done.err;
  }
}

TEST(Slip, IsShownWithoutControlCharacters) {
  EXPECT_EQ(fault_of({"\x1b[2Jchek"}).find('\x1b'), std::string::npos);
}

TEST(CommandTable, HasEveryNameOnce) {
  std::set<std::string_view> names;
  for (const auto& command : commands()) {
    EXPECT_TRUE(names.insert(command.name).second) << command.name;
    std::set<std::string_view> parameters{"-h", "--help"};
    for (const auto& row : command.options) {
      EXPECT_TRUE(parameters.insert(row.name).second) << row.name;
      EXPECT_TRUE(row.short_name.empty() || parameters.insert(row.short_name).second) << row.name;
    }
  }
}

// Texts go into files of three shells and into a manual page, which quote them plainly.
TEST(CommandTable, TextsBeginSmallAndHaveNoQuotes) {
  for (const auto& command : commands()) {
    EXPECT_NE(command.description.find_last_of('.'), std::string_view::npos) << command.name;
    for (const auto rows : {command.arguments, command.options})
      for (const auto& row : rows) {
        EXPECT_EQ(row.doc.find('\''), row.doc.find("'s ")) << row.doc;
        EXPECT_FALSE(row.doc.ends_with('.')) << row.doc;
        EXPECT_TRUE(std::islower(static_cast<unsigned char>(row.doc.front())) != 0 ||
                    row.doc.starts_with("PEM"))
            << row.doc;
      }
  }
}

TEST(Parse, TakesEveryOptionInEveryWay) {
  for (const auto& command : commands()) {
    for (const auto& row : command.options) {
      auto arguments = words_of(command.name);
      for (const auto& other : command.options)
        if (other.is_required && other.name != row.name) {
          arguments.emplace_back(other.name);
          arguments.push_back(sample(other));
        }
      for (const auto& argument : command.arguments) arguments.push_back(sample(argument));
      const bool is_flag = row.kind == ValueKind::kFlag;
      auto apart = arguments;
      apart.emplace_back(row.name);
      if (!is_flag) apart.push_back(sample(row));
      auto together = arguments;
      together.push_back(std::string(row.name) + (is_flag ? "" : "=" + sample(row)));
      for (const auto& way : {apart, together}) {
        const auto result = parsed(way);
        const auto* invocation = std::get_if<Invocation>(&result);
        ASSERT_NE(invocation, nullptr) << command.name << " " << row.name << fault_of(way);
        EXPECT_EQ(invocation->command, find_command(command.name));
        if (!is_flag) {
          EXPECT_EQ(row.fallback(invocation->line), sample(row)) << row.name;
        }
      }
    }
  }
}

TEST(Parse, TakesSeveralFiles) {
  const auto result = parsed({"report", "a", "b", "--by", "domain", "c"});
  const auto* invocation = std::get_if<Invocation>(&result);
  ASSERT_NE(invocation, nullptr) << fault_of({"report", "a", "b", "--by", "domain", "c"});
  EXPECT_EQ(invocation->line.report.files, (std::vector<std::string>{"a", "b", "c"}));
}

TEST(Parse, TakesArgumentsBehindTwoDashes) {
  for (const auto& command : commands()) {
    if (command.arguments.empty()) continue;
    auto words = words_of(command.name);
    for (const auto& option : command.options) {
      if (!option.is_required) continue;
      words.emplace_back(option.name);
      words.push_back(sample(option));
    }
    words.emplace_back("--");
    for (const auto& argument : command.arguments) words.push_back(sample(argument));
    const auto result = parsed(words);
    const auto* invocation = std::get_if<Invocation>(&result);
    ASSERT_NE(invocation, nullptr) << command.name << fault_of(words);
    EXPECT_EQ(invocation->command, find_command(command.name));
  }
}

TEST(Parse, TakesForAFileWhatLooksLikeAnOptionBehindTwoDashes) {
  const auto result = parsed({"report", "--format", "json", "--", "--by", "b"});
  const auto* invocation = std::get_if<Invocation>(&result);
  ASSERT_NE(invocation, nullptr);
  EXPECT_EQ(invocation->line.report.files, (std::vector<std::string>{"--by", "b"}));
  EXPECT_NE(fault_of({"report", "--by", "b"}), "");
}

TEST(Parse, TheEnvironmentStandsInForTheOption) {
  ASSERT_EQ(::setenv("PORTCULLIS_CONFIG", "/from/environment", 1), 0);
  const auto alone = parsed({"check"});
  const auto given = parsed({"check", "-c", "/given"});
  ::unsetenv("PORTCULLIS_CONFIG");
  EXPECT_EQ(std::get<Invocation>(alone).line.check.config_file, "/from/environment");
  EXPECT_EQ(std::get<Invocation>(given).line.check.config_file, "/given");
  EXPECT_EQ(std::get<Invocation>(parsed({"check"})).line.check.config_file,
            "/etc/portcullis/portcullis.toml");
}

}  // namespace
}  // namespace portcullis::app
