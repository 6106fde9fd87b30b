// Inputs that are longer than the pieces in which a guard completes an unfinished unit.

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "tests/unit/xmpp/guard_support.h"

namespace portcullis::xmpp {
namespace {

using test::pass;
using test::Passed;
using test::s2s_rules;
using test::stanza;

constexpr std::size_t kLong = 5000;

std::string long_stanza() {
  return stanza("<body>" + std::string(kLong, 'x') + "</body>");
}

// As long, and expat judges it.
std::string odd_stanza() {
  return stanza("<a:body xmlns:a='urn:a'>" + std::string(kLong, 'y') + "</a:body>");
}

std::string many_stanzas() {
  std::string all;
  for (int i = 0; i < 8; ++i) all += stanza("<body>short</body>") + long_stanza() + odd_stanza();
  return all;
}

// What passes when `bytes` come in two pieces.
Passed pass_cut(std::string_view bytes, std::size_t at) {
  Guard guard(s2s_rules());
  return pass(guard, {bytes.substr(0, at), bytes.substr(at)});
}

TEST(GuardPieces, WhatCompletesAStanzaPassesWithAllThatFollows) {
  const std::string all = many_stanzas();
  for (std::size_t cut = 1; cut < all.size(); cut += 37)
    ASSERT_EQ(pass_cut(all, cut), (Passed{all, ""})) << cut;
}

TEST(GuardPieces, NothingDependsOnWhereTheInputIsCut) {
  const std::string all = many_stanzas();
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    std::vector<std::string_view> pieces;
    for (std::size_t at = 0; at < all.size();) {
      pieces.push_back(std::string_view(all).substr(at, 1 + random() % 20'000));
      at += pieces.back().size();
    }
    Guard guard(s2s_rules());
    ASSERT_EQ(pass(guard, pieces), (Passed{all, ""})) << "round " << round;
    EXPECT_EQ(guard.held_bytes(), 0U);
    EXPECT_EQ(guard.stanzas(), 24U);
  }
}

TEST(GuardPieces, WhatFollowsIsJudgedAsIfItHadComeAlone) {
  const std::string first = long_stanza();
  for (const std::string& bad :
       {std::string("text"), std::string("<!-- -->"), std::string("<?x?>"), std::string("</a>"),
        std::string("<message from='x@evil.example' to='y@b.example'/>"),
        stanza("<body>" + std::string(kLong, 'x') + "</other>")}) {
    const std::string all = first + long_stanza() + bad + long_stanza();
    const auto alone = pass_cut(all, 0);
    ASSERT_FALSE(alone.stop.empty()) << bad;
    EXPECT_EQ(alone.bytes, first + long_stanza()) << bad;
    for (const std::size_t cut : {std::size_t{1}, std::size_t{100}, first.size() - 1, first.size()})
      EXPECT_EQ(pass_cut(all, cut), alone) << bad << " at " << cut;
  }
}

TEST(GuardPieces, HoldsOnlyTheUnfinishedUnit) {
  const std::string all = many_stanzas();
  const std::string tail = odd_stanza().substr(0, 4500);
  const std::string last = all + tail;
  Guard guard(s2s_rules());
  std::string out;
  std::vector<StanzaMark> marks;
  EXPECT_FALSE(
      portcullis::xmpp::test::feed(guard, std::string_view(last).substr(0, 40), out, &marks));
  EXPECT_EQ(guard.held_bytes(), 40U);
  EXPECT_FALSE(portcullis::xmpp::test::feed(guard, std::string_view(last).substr(40), out, &marks));
  EXPECT_EQ(out, all);
  EXPECT_EQ(guard.held_bytes(), tail.size());
  ASSERT_EQ(marks.size(), 24U);
  std::size_t end = 0;
  for (const auto& mark : marks) {
    EXPECT_EQ(mark.begin, end);
    EXPECT_EQ(out[mark.begin + mark.tag - 1], '>');
    end = mark.end;
  }
  EXPECT_EQ(end, out.size());
  EXPECT_FALSE(portcullis::xmpp::test::feed(guard, odd_stanza().substr(tail.size()), out));
  EXPECT_EQ(out, all + odd_stanza());
  EXPECT_EQ(guard.held_bytes(), 0U);
}

TEST(GuardPieces, TheLimitHoldsInTheMiddleOfALongInput) {
  auto rules = s2s_rules();
  rules.stanza_bytes = 12'000;
  const std::string endless = stanza().substr(0, stanza().size() - 10) + std::string(60'000, 'x');
  for (const std::size_t cut : {std::size_t{0}, std::size_t{1}, std::size_t{8000}}) {
    Guard guard(rules);
    const auto passed = pass(
        guard, {std::string_view(endless).substr(0, cut), std::string_view(endless).substr(cut)});
    EXPECT_EQ(passed, (Passed{"", "fault stanza_too_big"})) << cut;
    EXPECT_EQ(guard.held_bytes(), 0U);
  }
}

// A space between two elements is not kept, and is no keep-alive where something else passed.
TEST(GuardPieces, WhiteSpaceBehindTheCompletedStanzaIsNoKeepAlive) {
  const std::string one = long_stanza();
  Guard guard(s2s_rules());
  std::string out;
  EXPECT_FALSE(portcullis::xmpp::test::feed(guard, std::string_view(one).substr(0, 10), out));
  EXPECT_FALSE(portcullis::xmpp::test::feed(guard, one.substr(10) + std::string(kLong, ' '), out));
  EXPECT_EQ(out, one);
  EXPECT_EQ(guard.held_bytes(), 0U);
  EXPECT_FALSE(portcullis::xmpp::test::feed(guard, std::string(kLong, ' '), out));
  EXPECT_EQ(out, one + " ");
}

}  // namespace
}  // namespace portcullis::xmpp
