// What is said about a file that is no TOML, by the real parser and for slips that people make.

#include "policy/load/toml_advice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/policy/config_text.h"

namespace portcullis::policy {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

struct Slip {
  std::string_view toml;
  std::string_view where;  // line and column
  std::string_view advice;
};

class TomlAdvice : public testing::TestWithParam<Slip> {};

TEST_P(TomlAdvice, SaysWhatToWrite) {
  const auto& slip = GetParam();
  const auto found = texts(load_text(slip.toml));
  EXPECT_THAT(found,
              ElementsAre(EndsWith(": error: this is not TOML: " + std::string(slip.advice))));
  EXPECT_THAT(found, ElementsAre(StartsWith("p.toml:" + std::string(slip.where))));
}

INSTANTIATE_TEST_SUITE_P(
    Slips, TomlAdvice,
    testing::Values(
        Slip{"[policy]\ncontact = \"abc\nmode = \"x\"\n", "2",
             "a closing \" is missing in this line"},
        Slip{"a = \"x", "1", "a closing \" is missing in this line"},
        Slip{"a = 'x\n", "1", "a closing ' is missing in this line"},
        Slip{"a = [\"x, \"y\"]\n", "1", "a closing \" is missing in this line"},
        Slip{"a = “x”\n", "1", "this line has typographic quotes; write plain ones: \""},
        Slip{"[limits]\nidle = 4h  # long\n", "2", "this value needs quotes: idle = \"4h\""},
        Slip{"a = 512KiB\n", "1", "this value needs quotes: a = \"512KiB\""},
        Slip{"a = observe\n", "1", "this value needs quotes: a = \"observe\""},
        Slip{"a = 127.0.0.1:5269\n", "1", "this value needs quotes: a = \"127.0.0.1:5269\""},
        Slip{"a = True\n", "1", "write a = true, or a = \"True\""},
        Slip{"a = off\n", "1", "write a = false, or a = \"off\""},
        Slip{"a =\n", "1", "the value behind \"=\" is missing"},
        Slip{"a = [\"x\" \"y\"]\n", "1",
             "a comma is missing between two values of a list, or a quote in front of one"},
        Slip{"a = [\"x\",\nb = 2\n", "2",
             "a list that begins above is not closed; its ] is missing"},
        Slip{"[limits\nidle = \"4h\"\n", "1", "the closing ] is missing in this line"},
        Slip{"[[host]\n", "1", "the closing ]] is missing in this line"},
        Slip{"mode: observe\n", "1", "a key and its value have a \"=\" between them, no \":\""},
        Slip{"a = 1\na = 2\n", "2", "a is set already in this table; remove one"},
        Slip{
            "[s2s]\n[s2s]\n", "2",
            "[s2s] stands in this file twice; write its keys below one of them, or put the [[...]] "
            "that it belongs to in front of it"},
        Slip{"[host]\n[[host]]\n", "2",
             "what [[host]] names is written with one pair of brackets elsewhere"},
        Slip{"mode = obs # it’s a comment\n", "1", "this value needs quotes: mode = \"obs\""},
        Slip{"help_url = http://a.example/#x\n", "1",
             "this value needs quotes: help_url = \"http://a.example/#x\""},
        Slip{"a = \"\"\"x\nb = \"1\"\n", "", "a text that begins above with \"\"\" is not closed"},
        Slip{"a = \"C:\\dir\"\n", "1",
             "a \\ in a text with \" is written \\\\; or put the text between two '"},
        Slip{"until = 2027-1-15\n", "1", "this is no date; one is written like 2027-01-15"}));

// What it cannot explain, the parser says.
TEST(TomlAdviceOf, AnythingElseIsTheParsersOwn) {
  EXPECT_EQ(toml_advice("a = \"x\" b = 2\n", 1, 9, "expected a comment"), "expected a comment");
  EXPECT_EQ(toml_advice("", 1, 1, "odd"), "odd");
  EXPECT_EQ(toml_advice("a = 1", 7, 1, "odd"), "odd");
}

TEST(TomlAdviceOf, RepeatsLittleOfAHostileText) {
  const auto advice = toml_advice("a\x1b[2J = " + std::string(100'000, 'x'), 1, 8, "odd");
  EXPECT_LT(advice.size(), 300U);
  EXPECT_THAT(advice, Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace portcullis::policy
