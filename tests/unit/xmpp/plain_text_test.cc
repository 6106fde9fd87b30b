#include "proxy/xmpp/plain_text.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "expat_oracle.h"
#include "guard_support.h"

namespace portcullis::xmpp {
namespace {

using namespace std::string_literals;
using test::s2s_rules;
using test::stanza;

bool skips_text(std::string_view text) {
  const char* const end = text.data() + text.size();
  return skip_text(text.data(), end) == end;
}

bool skips_value(std::string_view value, char quote) {
  const char* const end = value.data() + value.size();
  return skip_value(value.data(), end, quote) == end;
}

bool expat_takes(const std::string& text) {
  return test::judged_by_expat(s2s_rules(), stanza(text)) != 0;
}

// Where a byte stands decides whether it is looked at by itself, in a block, or in several blocks
// together, of which the widest kind takes 128 bytes.
constexpr std::size_t kLongest = 330;

TEST(PlainText, StopsAtEveryOffset) {
  for (std::size_t size = 1; size < kLongest; ++size)
    for (std::size_t at = 0; at < size; ++at)
      for (const char special : {'<', '&', '\0', '\x1F', '\xFF', '\x80'}) {
        std::string text(size, 'x');
        text[at] = special;
        const char* const end = text.data() + size;
        EXPECT_EQ(skip_text(text.data(), end) - text.data(), static_cast<std::ptrdiff_t>(at));
        EXPECT_EQ(skip_value(text.data(), end, '"') - text.data(), static_cast<std::ptrdiff_t>(at));
      }
}

TEST(PlainText, GoesOnAtEveryOffset) {
  for (std::size_t size = 1; size < kLongest; size += size < 50 ? 1 : 7)
    for (std::size_t at = 0; at < size; ++at)
      for (const char* harmless : {">", "'", "\t", "\n", "\r", "\x7F", "]", "\xC3\xA9",
                                   "\xE2\x82\xAC", "\xF0\x9F\x98\x80"}) {
        const std::string text = std::string(size, 'x').replace(at, 1, harmless);
        EXPECT_TRUE(skips_text(text)) << text;
        EXPECT_TRUE(skips_value(text, '"')) << text;
      }
}

TEST(PlainText, EveryByteIsJudgedInLongTextAsInShort) {
  for (int c = 0; c < 0x100; ++c) {
    const std::string byte(1, static_cast<char>(c));
    for (const std::size_t at : {0U, 31U, 64U, 127U, 128U, 200U, 296U})
      EXPECT_EQ(skips_text(std::string(300, 'x').replace(at, 1, byte)), skips_text(byte + "xxx"))
          << c << " at " << at;
  }
}

TEST(PlainText, AValueEndsAtItsOwnQuote) {
  EXPECT_TRUE(skips_value("it's", '"'));
  EXPECT_TRUE(skips_value("]]>", '"'));
  EXPECT_FALSE(skips_value("it's", '\''));
  EXPECT_FALSE(skips_value("a \" b", '"'));
  EXPECT_TRUE(skips_text("\"'\""));
}

TEST(PlainText, EveryAsciiCharacterIsJudgedAsExpatDoes) {
  for (int c = 0; c < 0x80; ++c) {
    if (c == '<' || c == '&') continue;
    const std::string text = {'x', static_cast<char>(c), 'x'};
    EXPECT_EQ(skips_text(text), expat_takes(text)) << c;
  }
}

TEST(PlainText, EveryTwoByteSequenceIsJudgedAsExpatDoes) {
  for (int lead = 0x80; lead < 0x100; ++lead)
    for (int second = 0; second < 0x100; ++second) {
      if (second == '<' || second == '&') continue;
      const std::string text = {static_cast<char>(lead), static_cast<char>(second), '.', '.', '.'};
      EXPECT_EQ(skips_text(text), expat_takes(text)) << lead << " " << second;
    }
}

TEST(PlainText, ThreeByteSequencesAreJudgedAsExpatDoes) {
  for (int lead = 0xE0; lead < 0xF0; ++lead)
    for (int second = 0x7F; second <= 0xC0; ++second)
      for (const int third : {0x00, 0x7F, 0x80, 0x9F, 0xA0, 0xBD, 0xBE, 0xBF, 0xC0, 0xFF}) {
        const std::string text = {static_cast<char>(lead), static_cast<char>(second),
                                  static_cast<char>(third), '.', '.'};
        EXPECT_EQ(skips_text(text), expat_takes(text)) << lead << " " << second << " " << third;
      }
}

TEST(PlainText, FourByteSequencesAreJudgedAsExpatDoes) {
  for (int lead = 0xF0; lead < 0x100; ++lead)
    for (const int second : {0x7F, 0x80, 0x8F, 0x90, 0xBF, 0xC0})
      for (const int third : {0x7F, 0x80, 0xBF, 0xC0})
        for (const int fourth : {0x7F, 0x80, 0xBE, 0xBF, 0xC0}) {
          const std::string four = {static_cast<char>(lead), static_cast<char>(second),
                                    static_cast<char>(third), static_cast<char>(fourth)};
          EXPECT_EQ(skips_text(four + "."), expat_takes(four + "."))
              << lead << " " << second << " " << third << " " << fourth;
        }
}

TEST(PlainText, ACharacterCutShortIsTheEnd) {
  for (const std::string_view whole : {"\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"})
    for (std::size_t size = 1; size < whole.size(); ++size)
      EXPECT_TRUE(skips_text("text " + std::string(whole.substr(0, size))));
  for (const std::string_view whole : {"&lt;", "&gt;", "&amp;", "&quot;", "&apos;"}) {
    for (std::size_t size = 1; size <= whole.size(); ++size)
      EXPECT_EQ(skip_reference(whole.data(), whole.data() + size), whole.data() + size);
    const std::string longer = std::string(whole) + "x";
    EXPECT_EQ(skip_reference(longer.data(), longer.data() + longer.size()),
              longer.data() + whole.size());
  }
  for (const std::string_view other : {"&#", "&l;", "&x", "&ltx", "&&lt;"})
    EXPECT_EQ(skip_reference(other.data(), other.data() + other.size()), other.data());
}

}  // namespace
}  // namespace portcullis::xmpp
