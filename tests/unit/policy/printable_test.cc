#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "policy/reasons/reason.h"

namespace portcullis::policy {
namespace {

struct Row {
  std::string_view what;
  std::string in;
  std::string out;
};

class PrintableRow : public testing::TestWithParam<Row> {};

TEST_P(PrintableRow, BecomesWhatIsFitToShow) {
  EXPECT_EQ(printable(GetParam().in), GetParam().out) << GetParam().what;
}

const std::vector<Row> kRows{
    {"plain", "CN=a.example, O=\"Acme\" <&>", "CN=a.example, O=\"Acme\" <&>"},
    {"empty", "", ""},
    {"letters of the world", "b\u00fccher \u65e5\u672c \U0001F600",
     "b\u00fccher \u65e5\u672c \U0001F600"},
    {"NUL", std::string("a\0b", 3), "a?b"},
    {"line ends", "a\nb\r\nc\td", "a?b??c?d"},
    {"escape and DEL", "\x1b[2J\x7f", "?[2J?"},
    {"C1 controls", "\u0080\u0085\u009f\u00a0", "???\u00a0"},
    {"line and paragraph separator", "a\u2028b\u2029c", "a?b?c"},
    {"bidi overrides", "\u202a\u202b\u202c\u202d\u202e", "?????"},
    {"bidi isolates and marks", "\u2066\u2067\u2068\u2069\u200e\u200f\u061c", "???????"},
    {"invisible", "a\u200bb\u2060c\u00add\ufeff", "a?b?c?d?"},
    {"tag characters", "\U000E0041", "?"},
    {"noncharacters", "\ufffe\uffff\ufdd0\U0001FFFE", "????"},
    {"replacement character is a character", "\ufffd", "\ufffd"},
    {"lone continuation", "\x80\xbf", "??"},
    {"overlong slash", "\xc0\xaf", "??"},
    {"overlong NUL in three", "\xe0\x80\x80", "???"},
    {"overlong in four", "\xf0\x80\x80\x80", "????"},
    {"surrogate", "\xed\xa0\x80", "???"},
    {"over U+10FFFF", "\xf4\x90\x80\x80", "????"},
    {"never a lead octet", "\xf5\xff\xfe\xc1", "????"},
    {"cut short", "a\xe2\x82", "a??"},
    {"broken off, then a letter", "\xe2\x82z", "??z"},
    {"last of each size", "\x7e\xdf\xbf\xef\xbf\xbd\xf4\x8f\xbf\xbd",
     "\x7e\xdf\xbf\xef\xbf\xbd\xf4\x8f\xbf\xbd"},
};
INSTANTIATE_TEST_SUITE_P(Printable, PrintableRow, testing::ValuesIn(kRows));

TEST(Printable, CutsAtACharacterBoundary) {
  EXPECT_EQ(printable("abc", 3), "abc");
  EXPECT_EQ(printable("abcd", 3), "abc");
  EXPECT_EQ(printable("ab\u20ac", 4), "ab");
  EXPECT_EQ(printable("ab\u20ac", 5), "ab\u20ac");
  EXPECT_EQ(printable("\U0001F600", 3), "");
  EXPECT_EQ(printable("abc", 0), "");
}

TEST(Printable, DoesNotFillUpBehindACharacterThatDidNotFit) {
  EXPECT_EQ(printable("ab\u20accd", 4), "ab");
}

TEST(Printable, CountsWhatItWritesNotWhatItReads) {
  EXPECT_EQ(printable("\u202e\u202e\u202e", 3), "???");
}

TEST(Printable, IsIdempotentAndBoundedOnAnyOctets) {
  std::mt19937 random(20'260);  // a fixed seed: a failure can be repeated
  std::uniform_int_distribution<int> octet(0, 255);
  for (int round = 0; round < 5'000; ++round) {
    std::string text(static_cast<std::size_t>(round % 40), '\0');
    for (char& c : text) c = static_cast<char>(octet(random));
    const auto once = printable(text, 24);
    EXPECT_LE(once.size(), 24U);
    EXPECT_EQ(printable(once, 24), once);
  }
}

}  // namespace
}  // namespace portcullis::policy
