#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <sstream>
#include <vector>

#include "policy/reason.h"

namespace portcullis::policy {
namespace {

struct Section {
  std::string id;
  std::string condition;
  bool for_remote = false;
  bool for_local = false;
};

std::vector<Section> sections_of_page() {
  std::ifstream file(std::string(PORTCULLIS_SOURCE_DIR) + "/docs/reasons.md");
  std::vector<Section> sections;
  for (std::string line; std::getline(file, line);) {
    std::smatch match;
    if (line.starts_with("## ")) {
      sections.push_back({line.substr(3), "", false, false});
    } else if (std::regex_match(line, match, std::regex("- Stream error: `([a-z-]+)`"))) {
      sections.at(sections.size() - 1).condition = match[1].str();
    } else if (line.starts_with("- Remote admin: ")) {
      sections.at(sections.size() - 1).for_remote = true;
    } else if (line.starts_with("- Local operator: ")) {
      sections.at(sections.size() - 1).for_local = true;
    }
  }
  return sections;
}

TEST(ReasonsPage, HasEveryReasonInOrderWithItsStreamError) {
  const auto sections = sections_of_page();
  ASSERT_EQ(sections.size(), kReasonCount);
  for (std::size_t i = 0; i < kReasonCount; ++i) {
    const auto& row = info(reason_at(i));
    EXPECT_EQ(sections[i].id, row.id);
    EXPECT_EQ(sections[i].condition, row.condition) << row.id;
    EXPECT_TRUE(sections[i].for_remote) << row.id;
    EXPECT_TRUE(sections[i].for_local) << row.id;
  }
}

}  // namespace
}  // namespace portcullis::policy
