#include "proxy/setup/yaml_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proxy/setup/server_facts.h"

namespace portcullis::setup {
namespace {

using testing::HasSubstr;

TEST(YamlTree, KnowsWhereThingsStand) {
  const auto tree = parse_yaml(
      "# a comment\n"
      "hosts:\n"
      "  - one.example\n"
      "  # another comment\n"
      "  - \"two.example\"\n"
      "\n"
      "# behind it\n"
      "s2s_use_starttls: required\n");
  ASSERT_TRUE(tree) << tree.error().message;
  const auto* const hosts = tree->find("hosts");
  ASSERT_NE(hosts, nullptr);
  ASSERT_EQ(hosts->items.size(), 2U);
  EXPECT_EQ(hosts->items[1].text, "two.example");
  EXPECT_EQ(hosts->items[1].first_line, 4U);
  EXPECT_EQ(hosts->last_line, 4U) << "comments behind it are not a part of it";
  EXPECT_EQ(hosts->column, 2U);
  EXPECT_TRUE(hosts->is_block);
  EXPECT_EQ(tree->find("s2s_use_starttls")->text, "required");
  EXPECT_EQ(tree->find("absent"), nullptr);
}

TEST(YamlTree, OfTwoTakesTheLast) {
  const auto tree = parse_yaml("a: 1\na: 2\n");
  ASSERT_TRUE(tree);
  EXPECT_EQ(tree->find("a")->text, "2");
}

TEST(YamlTree, TellsABlockOfTextFromWhatFollows) {
  const auto tree = parse_yaml("welcome: |\n  one\n  two\nnext: 1\n");
  ASSERT_TRUE(tree);
  EXPECT_EQ(tree->find("welcome")->last_line, 2U);
}

TEST(YamlTree, FlowIsNoBlock) {
  const auto tree = parse_yaml("hosts: [a.example, b.example]\n");
  ASSERT_TRUE(tree);
  EXPECT_FALSE(tree->find("hosts")->is_block);
}

TEST(YamlTree, SaysWhereItIsNoYaml) {
  const auto tree = parse_yaml("hosts:\n  - a\n bad: [\n");
  ASSERT_FALSE(tree);
  EXPECT_THAT(tree.error().message, HasSubstr("line "));
}

TEST(YamlTree, RefusesWhatNoConfigurationIs) {
  EXPECT_FALSE(parse_yaml(""));
  EXPECT_FALSE(parse_yaml(std::string(kMostConfigOctets + 1, '#')));
  std::string deep;
  for (int i = 0; i < 200; ++i) deep += "[";
  EXPECT_FALSE(parse_yaml(deep));
  std::string wide = "a: [";
  for (int i = 0; i < 60'000; ++i) wide += "1,";
  const auto many = parse_yaml(wide + "1]\n");
  ASSERT_FALSE(many);
  EXPECT_THAT(many.error().message, HasSubstr("too much"));
}

// Ten names for ten of the one before: a tree of 10^9 elsewhere.
TEST(YamlTree, DoesNotExpandAliases) {
  std::string text = "a0: &a0 [x]\n";
  for (int i = 1; i < 10; ++i) {
    const auto last = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + last;
    for (int j = 0; j < 9; ++j) text += ", " + last;
    text += "]\n";
  }
  const auto tree = parse_yaml(text);
  ASSERT_TRUE(tree) << tree.error().message;
  EXPECT_EQ(tree->find("a9")->items.size(), 10U);
  EXPECT_EQ(tree->find("a9")->items[0].kind, YamlNode::Kind::kAlias);
}

}  // namespace
}  // namespace portcullis::setup
