// The committed pages are the ones that the program's own tables give.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "policy/load/config_keys.h"
#include "policy/load/configuration_page.h"
#include "policy/load/example_file.h"
#include "policy/reasons/reason.h"
#include "policy/reasons/reasons_page.h"
#include "tests/support/source_tree.h"

namespace portcullis::policy {
namespace {

using testing::HasSubstr;

constexpr auto kMend = "run: cmake --build BUILD --target docs";

std::string committed(const std::string& page) {
  std::ifstream file(test::in_source_tree(page));
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(ReferencePage, OfTheConfigurationIsTheOneThatIsCommitted) {
  EXPECT_TRUE(configuration_page() == committed("docs/configuration.md")) << kMend;
}

TEST(ReferencePage, TheExampleFileIsTheOneThatIsCommitted) {
  EXPECT_TRUE(example_file() == committed("deploy/portcullis.toml")) << kMend;
}

TEST(ReferencePage, TheExampleFileFitsIntoATerminal) {
  std::istringstream lines(example_file());
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 100U) << line;
}

TEST(ReferencePage, OfTheReasonsIsTheOneThatIsCommitted) {
  EXPECT_TRUE(reasons_page() == committed("docs/reasons.md")) << kMend;
}

TEST(ReferencePage, HoldsEveryKeyWithAnExplanation) {
  const auto page = configuration_page();
  std::size_t rows = 0;
  for (std::size_t at = 0; (at = page.find("\n| `", at)) != std::string::npos; ++at) ++rows;
  EXPECT_EQ(rows, config_keys().size());
  for (const auto& key : config_keys()) {
    EXPECT_FALSE(key.doc.empty()) << key.table << "." << key.name;
    EXPECT_EQ(key.doc.find_first_of("|\n"), std::string_view::npos) << key.doc;
    EXPECT_THAT(page, HasSubstr("| `" + std::string(key.name) + "` | "));
  }
}

TEST(ReferencePage, HoldsTheRangesThatTheLoaderKeeps) {
  EXPECT_THAT(configuration_page(), HasSubstr("| no octet in either direction | 100ms to 168h |"));
  EXPECT_THAT(
      configuration_page(),
      HasSubstr("| of one element before authentication; of a client only before TLS | 2KiB to"));
}

TEST(ReferencePage, HoldsEveryReasonInOrder) {
  const auto page = reasons_page();
  std::size_t at = 0;
  for (std::size_t i = 0; i < kReasonCount; ++i) {
    const auto next = page.find("\n## " + std::string(id(reason_at(i))) + "\n", at);
    ASSERT_NE(next, std::string::npos) << id(reason_at(i));
    at = next + 1;
  }
}

}  // namespace
}  // namespace portcullis::policy
