// docs/log.md is what the tables give, and the tables have every name.

#include "proxy/telemetry/log_page.h"

#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "proxy/telemetry/log_table.h"
#include "tests/support/log_lines.h"
#include "tests/support/source_tree.h"

namespace portcullis::telemetry {
namespace {

std::string content(const std::string& path) {
  std::ifstream file(test::in_source_tree(path));
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// The names that log_words.h has of this type.
std::set<std::string> names_of(const std::string& type) {
  const auto text = content("proxy/base/log_words.h");
  const std::regex constant("inline constexpr " + type + R"re( k\w+\{\s*"(\w+)")re");
  std::set<std::string> names;
  for (std::sregex_iterator at(text.begin(), text.end(), constant), end; at != end; ++at)
    names.insert((*at)[1]);
  return names;
}

TEST(LogPage, IsTheOneThatIsCommitted) {
  EXPECT_TRUE(log_page() == content("docs/log.md")) << "run: cmake --build BUILD --target docs";
}

TEST(LogTable, HasARowForEachEventAndNoOther) {
  std::set<std::string> rows;
  for (const auto& row : log_table()) EXPECT_TRUE(rows.emplace(row.event.name).second);
  EXPECT_GE(rows.size(), 20U);
  EXPECT_EQ(rows, names_of("LogEvent"));
}

TEST(LogTable, HasEachFieldInSomeEvent) {
  std::set<std::string> used;
  for (const auto& field : fields_of_every_line()) used.emplace(field.name);
  for (const auto& row : log_table()) {
    std::set<std::string> here;
    for (const auto& field : row.fields) {
      EXPECT_TRUE(here.emplace(field.name).second) << row.event.name << ": " << field.name;
      used.emplace(field.name);
    }
  }
  EXPECT_EQ(used, names_of("LogField"));
}

TEST(LogTable, EveryNameIsExplained) {
  for (const auto& row : log_table()) {
    EXPECT_TRUE(row.event.meaning.ends_with('.')) << row.event.name;
    for (const auto& field : row.fields) EXPECT_TRUE(field.meaning.ends_with('.')) << field.name;
  }
}

// Journald takes no other names.
TEST(LogTable, NamesAreFitForTheJournal) {
  for (const auto& name : names_of("LogField"))
    EXPECT_TRUE(std::regex_match(name, std::regex("[a-z][a-z0-9_]{0,40}"))) << name;
}

TEST(LogTable, TellsWhatIsNotInIt) {
  EXPECT_EQ(test::undocumented("time=x level=info event=log dropped=3 detail=\"a b=c \\\" d\"\n"),
            "");
  EXPECT_EQ(test::undocumented("time=x level=info event=decision\n"), "");
  EXPECT_EQ(test::undocumented("event=nonsense\n"), "event nonsense");
  EXPECT_NE(test::undocumented("event=log verdict=accepted\n"), "");
  EXPECT_NE(test::undocumented("event=decision dropped=1\n"), "");
  EXPECT_NE(test::undocumented("event=decision detail=\"x\" bogus=1\n"), "");
}

}  // namespace
}  // namespace portcullis::telemetry
