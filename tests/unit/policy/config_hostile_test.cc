// No octets make the loader throw, crash or hang.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "policy/load/toml_nesting.h"
#include "tests/unit/policy/config_text.h"

namespace portcullis::policy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string repeat(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

class DeepText : public testing::TestWithParam<std::string> {};

TEST_P(DeepText, IsRefusedBeforeItIsParsed) {
  EXPECT_TRUE(too_deeply_nested(GetParam()));
  EXPECT_THAT(texts(load_text(GetParam())), ElementsAre(HasSubstr("nested deeper than anything")));
}

// Each overflows the stack of a parser that recurses.
INSTANTIATE_TEST_SUITE_P(Deep, DeepText,
                         testing::Values("[" + repeat("a.", 500'000) + "a]",
                                         repeat("a.", 500'000) + "a = 1",
                                         "[" + repeat("'a'.", 200'000) + "a]",
                                         "[" + repeat("\"=\" . ", 140'000) + "a]",
                                         "a = " + repeat("[", 500'000),
                                         "a = " + repeat("{a=", 300'000), repeat("[\n", 400'000),
                                         "a = \"\"\"x\"\"\"\"\n" + repeat("b.", 400'000) + "b = 1",
                                         "a = [ '''x''''', {" + repeat("b.", 400'000) + "b = 1} ]",
                                         "a = \"\\\\\"\n" + repeat("b.", 400'000) + "b = 1",
                                         "# \"\n" + repeat("b.", 400'000) + "b = 1"));

class FlatText : public testing::TestWithParam<std::string> {};

TEST_P(FlatText, IsLeftToTheParser) {
  EXPECT_FALSE(too_deeply_nested(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(
    Flat, FlatText,
    testing::Values(std::string(kLeast), "", "# " + repeat(".", 1'000),
                    "a = \"" + repeat(".", 1'000) + "\"", "a = '" + repeat("[", 1'000) + "'",
                    "a = \"\"\"\n" + repeat("{\n", 100) + "\"\"\"",
                    "a = [" + repeat("\"x.y.z\", ", 1'000) + "]", repeat("[a.b]\n", 1'000),
                    repeat("a.b = 1\n", 1'000), "a = [" + repeat("1.5, ", 1'000) + "]",
                    "a = \"\\\"" + repeat(".", 100) + "\"", repeat("]", 1'000)));

TEST(TooDeeplyNested, NamesThePlace) {
  const auto place = too_deeply_nested("version = 1\n[" + repeat("a.", 40) + "a]\n");
  ASSERT_TRUE(place);
  EXPECT_EQ(place->line, 2U);
}

TEST(HostileText, SyntaxErrorsHaveAPlace) {
  EXPECT_THAT(texts(load_text("version = 1\na = [\n")),
              ElementsAre(HasSubstr("p.toml:2:7: error: this is not TOML: ")));
  EXPECT_THAT(texts(load_text("a = 1\na = 2\n")), ElementsAre(HasSubstr("p.toml:2:")));
  EXPECT_THAT(texts(load_text("a = 2027-02-30\n")), ElementsAre(HasSubstr("p.toml:1:")));
}

TEST(HostileText, OddOctetsAreFindings) {
  using namespace std::string_view_literals;
  for (const auto text :
       {"\0"sv, "\xff\xfe"sv, "a = \"\xc3\""sv, "\xef\xbb\xbf"sv, "\r"sv, "="sv, "[[[["sv,
        "\"\"\""sv, "a = \"\\uD800\""sv, "a = 0x"sv, "[]"sv, "\x1b[2J"sv}) {
    const auto loaded = load_text(text);
    EXPECT_FALSE(loaded.config);
    EXPECT_TRUE(has_errors(loaded.diagnostics));
    for (const auto& diagnostic : loaded.diagnostics)
      EXPECT_EQ(diagnostic.message.find('\x1b'), std::string::npos);
  }
}

TEST(HostileText, EveryPrefixOfAConfigurationIsSafeToLoad) {
  for (std::size_t size = 0; size < kLeast.size(); ++size) {
    const auto loaded = load_text(kLeast.substr(0, size));
    EXPECT_EQ(loaded.config.has_value(), !has_errors(loaded.diagnostics));
  }
}

TEST(HostileText, NoSingleChangedOctetCrashes) {
  std::mt19937 random(4'711);  // a fixed seed: a failure can be repeated
  std::uniform_int_distribution<std::size_t> position(0, kLeast.size() - 1);
  std::uniform_int_distribution<int> octet(0, 255);
  for (int round = 0; round < 3'000; ++round) {
    std::string text(kLeast);
    text[position(random)] = static_cast<char>(octet(random));
    const auto loaded = load_text(text);
    EXPECT_EQ(loaded.config.has_value(), !has_errors(loaded.diagnostics)) << text;
  }
}

}  // namespace
}  // namespace portcullis::policy
