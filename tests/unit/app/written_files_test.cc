// What is written from the table of commands and from the reference pages stands in the files that
// a package installs.

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "policy/reasons/reason.h"
#include "proxy/app/cli/command_table.h"
#include "proxy/app/cli/commands_page.h"
#include "proxy/app/cli/completion.h"
#include "tests/support/manual_page.h"
#include "tests/support/manual_pages.h"
#include "tests/support/source_tree.h"

namespace portcullis::app {
namespace {

std::string file(const std::string& name) {
  std::ifstream stream(test::in_source_tree(name), std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

constexpr auto kMend = "cmake --build BUILD --target docs mends it";

TEST(WrittenFiles, AreAsTheTablesSay) {
  EXPECT_EQ(file("docs/commands.md"), commands_page()) << kMend;
  EXPECT_EQ(file("deploy/man/portcullis.1.scd"), docs::program_manual()) << kMend;
  EXPECT_EQ(file("deploy/man/portcullis.toml.5.scd"), docs::configuration_manual()) << kMend;
  EXPECT_EQ(file("deploy/man/portcullis-reasons.7.scd"), docs::reasons_manual()) << kMend;
  EXPECT_EQ(file("deploy/completion/portcullis.bash"), bash_completion()) << kMend;
  EXPECT_EQ(file("deploy/completion/_portcullis"), zsh_completion()) << kMend;
  EXPECT_EQ(file("deploy/completion/portcullis.fish"), fish_completion()) << kMend;
}

TEST(ProgramManual, NamesEveryCommandAndOption) {
  const auto manual = docs::program_manual();
  for (const auto& command : commands()) {
    EXPECT_NE(manual.find("## portcullis " + std::string(command.name) + "\n"), std::string::npos)
        << command.name;
    for (const auto& row : command.options)
      EXPECT_NE(manual.find(std::string(row.name)), std::string::npos) << row.name;
  }
}

TEST(ReasonsManual, NamesEveryReason) {
  const auto manual = docs::reasons_manual();
  for (std::size_t i = 0; i < policy::kReasonCount; ++i) {
    const std::string id(policy::id(policy::reason_at(i)));
    EXPECT_NE(manual.find("\n## " + id + "\n"), std::string::npos) << id;
  }
}

// What an operator reads must be there where the program is, so no text names a page of docs/.
TEST(Reasons, CiteNoPageThatIsNotInstalled) {
  for (std::size_t i = 0; i < policy::kReasonCount; ++i) {
    const auto& reason = policy::info(policy::reason_at(i));
    for (const auto text :
         {reason.meaning, reason.remote, reason.local, reason.sentence, reason.at_home})
      EXPECT_EQ(text.find("docs/"), std::string_view::npos) << reason.id << ": " << text;
  }
}

std::string converted(std::string_view markdown) {
  const auto page = docs::manual_page({.name = "x", .section = "7", .summary = "y"}, markdown);
  const auto begin = page.find("# DESCRIPTION\n\n") + 15;
  return page.substr(begin, page.find("# SEE ALSO") - begin);
}

TEST(ManualPage, TakesMarkdownApart) {
  EXPECT_EQ(converted("# Title\n\none `two_three` **four** *five*\nsix\n"),
            "one *two\\_three* *four* _five_ six\n\n");
  EXPECT_EQ(converted("- a\n  b\n- c\n\nd\n"), "- a b\n- c\n\nd\n\n");
  EXPECT_EQ(converted("## Files\n\n```\na_b *c*\n```\n"), "# FILES\n\n```\na_b *c*\n```\n\n");
}

TEST(ManualPage, MakesARowATermWithItsMeaningFirst) {
  EXPECT_EQ(converted("| key | default | meaning |\n|---|---|---|\n| `a` | `\"1\"` | what |\n"),
            "*a*\n\twhat; default: *\"1\"*\n\n");
  EXPECT_EQ(converted("| x | y |\n|---|---|\n| `a\\|b` | c |\n"), "*a|b*\n\tc\n\n");
}

TEST(ManualPage, LeadsToWhereAPageIsInstalled) {
  EXPECT_EQ(converted("see [the reasons](reasons.md#x) and [a guide](backends/prosody.md)\n"),
            "see *portcullis-reasons*(7) and a guide "
            "(/usr/share/doc/portcullis/backends/prosody.md)\n\n");
}

TEST(ManualPage, TextIsNeverTakenForMarkup) {
  EXPECT_EQ(converted(".TH x\n"), "\\.TH x\n\n");
  EXPECT_EQ(converted("a\\b c_d\n"), "a\\\\b c\\_d\n\n");
}

}  // namespace
}  // namespace portcullis::app
