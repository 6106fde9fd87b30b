// Names are compared as A-labels. A hostile spelling never becomes another's name unnoticed.

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "proxy/base/domain_name.h"

namespace portcullis {
namespace {

void append_utf8(std::string& text, char32_t c) {
  const auto octet = [&](char32_t value) { text += static_cast<char>(value); };
  if (c < 0x80) {
    octet(c);
  } else if (c < 0x800) {
    octet(0xc0 | (c >> 6));
    octet(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    octet(0xe0 | (c >> 12));
    octet(0x80 | ((c >> 6) & 0x3f));
    octet(0x80 | (c & 0x3f));
  } else {
    octet(0xf0 | (c >> 18));
    octet(0x80 | ((c >> 12) & 0x3f));
    octet(0x80 | ((c >> 6) & 0x3f));
    octet(0x80 | (c & 0x3f));
  }
}

// Letters, what looks like them, what is mapped to them or away, and what no name may hold.
constexpr char32_t kAlphabet[] = {
    'a',    'A',    'b',    'z',     '0',    '9',    '-',    '.',    '.',    '_',    '*',
    '@',    '/',    ' ',    ':',     '\0',   0x7f,   0xad,   0xdf,   0xe4,   0xc4,   0x130,
    0x131,  0x17f,  0x1e9e, 0x200b,  0x200c, 0x200d, 0x202e, 0x2024, 0x2044, 0x2215, 0x3002,
    0x430,  0x435,  0x43e,  0x5d0,   0x661,  0x30a2, 0x4e2d, 0xff0e, 0xff11, 0xff41, 0xff61,
    0xfe52, 0xfeff, 0xfffd, 0x1f600, 0x308,  0x301,  0x3c2,  0x3c3,  0x640,  0xe000};

std::string random_name(std::mt19937& random) {
  std::uniform_int_distribution<std::size_t> pick(0, std::size(kAlphabet) - 1);
  std::uniform_int_distribution<int> length(1, 12);
  std::uniform_int_distribution<int> plain(0, 1);
  std::string text;
  for (int left = length(random); left > 0; --left)
    append_utf8(text, plain(random) == 0 ? static_cast<char32_t>(U'a' + pick(random) % 26)
                                         : kAlphabet[pick(random)]);
  return text;
}

bool is_plain(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  });
}

class NameSeeds : public testing::TestWithParam<unsigned> {};
INSTANTIATE_TEST_SUITE_P(Fixed, NameSeeds, testing::Range(1U, 5U));

TEST_P(NameSeeds, WhatWasReadIsReadAgainAsItIs) {
  std::mt19937 random(GetParam());
  int accepted = 0;
  for (int round = 0; round < 20'000; ++round) {
    const auto text = random_name(random);
    const auto name = DomainName::parse(text);
    if (!name) continue;
    ++accepted;
    ASSERT_TRUE(is_plain(name->a_label())) << text;
    const auto again = DomainName::parse(name->a_label());
    ASSERT_TRUE(again) << text << " became " << name->a_label();
    EXPECT_EQ(*again, *name) << text;
  }
  EXPECT_GT(accepted, 500);
}

// Two names that are different A-labels stay different: a plain name is never changed.
TEST_P(NameSeeds, APlainNameIsItself) {
  std::mt19937 random(GetParam() + 50);
  std::uniform_int_distribution<int> length(1, 20);
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyz0123456789-.";
  std::uniform_int_distribution<std::size_t> pick(0, kPlain.size() - 1);
  int accepted = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (int left = length(random); left > 0; --left) text += kPlain[pick(random)];
    const auto name = DomainName::parse(text);
    if (!name) continue;
    ++accepted;
    EXPECT_EQ(name->a_label(), text.ends_with('.') ? text.substr(0, text.size() - 1) : text);
  }
  EXPECT_GT(accepted, 2'000);
}

TEST_P(NameSeeds, ArbitraryOctetsAreANameOrAnError) {
  std::mt19937 random(GetParam() + 100);
  std::uniform_int_distribution<int> octet(0, 255);
  std::uniform_int_distribution<int> length(0, 40);
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (int left = length(random); left > 0; --left) text += static_cast<char>(octet(random));
    const auto name = DomainName::parse(text);
    if (name) {
      EXPECT_TRUE(is_plain(name->a_label())) << name->a_label();
    } else {
      EXPECT_FALSE(name.error().message.empty());
    }
  }
}

struct Row {
  std::string_view text;
  std::string_view name;  // empty: none
};

class Spelling : public testing::TestWithParam<Row> {};

TEST_P(Spelling, IsANameOrNone) {
  const auto name = DomainName::parse(GetParam().text);
  EXPECT_EQ(name ? name->a_label() : "", GetParam().name) << GetParam().text;
}

using namespace std::string_view_literals;
INSTANTIATE_TEST_SUITE_P(
    Hostile, Spelling,
    testing::Values(
        Row{"a.example.", "a.example"}, Row{"a.example..", ""}, Row{".", ""}, Row{".a.example", ""},
        Row{"a..example", ""}, Row{"a_b.example", ""}, Row{"a.example\0.b.example"sv, ""},
        Row{"\0"sv, ""}, Row{"*.example", ""}, Row{"fa\u00df.example", "xn--fa-hia.example"},
        Row{"fass.example", "fass.example"}, Row{"B\u00dcCHER.example", "xn--bcher-kva.example"},
        Row{"bu\u0308cher.example", "xn--bcher-kva.example"}, Row{"a\u3002example", "a.example"},
        Row{"a\uff0eexample", "a.example"}, Row{"a.example\u3002", ""},
        Row{"\uff11\uff12\uff17.0.0.1", ""}, Row{"127.0.0.1", ""}, Row{"127.1", ""},
        Row{"a.0x7f", ""}, Row{"\uff41.example", "a.example"},
        Row{"\u0430.example", "xn--80a.example"}, Row{"xn--.example", ""}, Row{"-a.example", ""},
        Row{"a-.example", ""}, Row{"a b.example", ""}, Row{"u@a.example", ""},
        Row{"a.example/r", ""}, Row{"\xff.example", ""}));

}  // namespace
}  // namespace portcullis
