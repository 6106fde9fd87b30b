// Unit tests of TagsUnderWay, which keeps what is needed to answer stanzas that are lost.

#include "proxy/relay/tags_under_way.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proxy/relay/undelivered_tally.h"
#include "proxy/xmpp/stanza_error.h"

namespace portcullis::relay {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Stanzas as they were passed on together.
struct Together {
  std::string bytes;
  std::vector<xmpp::StanzaMark> marks;

  Together& add(const std::string& tag, std::size_t more = 0) {
    marks.push_back({bytes.size(), tag.size(), bytes.size() + tag.size() + more});
    bytes += tag + std::string(more, '.');
    return *this;
  }
  AcceptedBytes accepted() const { return {bytes, marks}; }
};

TEST(TagsUnderWay, KeepsTheTagsOfWhatWasNotAcknowledged) {
  TagsUnderWay tags;
  const auto first = Together().add("<a>", 7).add("<bb>", 6);
  const auto second = Together().add("<ccc>", 5);
  tags.passed(100, 120, first.accepted());
  tags.passed(120, 130, second.accepted());
  tags.settle(109);
  auto all = tags;
  EXPECT_THAT(all.take(), ElementsAre("<a>", "<bb>", "<ccc>"));
  EXPECT_THAT(all.take(), IsEmpty());
  tags.settle(110);
  all = tags;
  EXPECT_THAT(all.take(), ElementsAre("<bb>", "<ccc>"));
  tags.settle(50);  // an older look
  tags.settle(129);
  all = tags;
  EXPECT_THAT(all.take(), ElementsAre("<ccc>"));
  tags.settle(130);
  EXPECT_THAT(tags.take(), IsEmpty());
}

TEST(TagsUnderWay, CountsTheOctetsOfTls) {
  TagsUnderWay tags;
  tags.passed(0, 120, Together().add("<a>", 47).add("<b>", 47).accepted());  // 100 in the clear
  tags.settle(59);
  auto all = tags;
  EXPECT_THAT(all.take(), SizeIs(2));
  tags.settle(60);
  EXPECT_THAT(tags.take(), ElementsAre("<b>"));
}

TEST(TagsUnderWay, KeepsNoMoreThanItMay) {
  TagsUnderWay tags;
  std::uint64_t sent = 0;
  for (std::size_t i = 0; i < 10 * TagsUnderWay::kMostStanzas; ++i) {
    const auto one = Together().add("<iq/>");
    tags.passed(sent, sent + 5, one.accepted());
    sent += 5;
  }
  EXPECT_THAT(tags.take(), SizeIs(TagsUnderWay::kMostStanzas));
  const std::string long_tag(xmpp::kMaxAnsweredTag, 'x');
  for (std::size_t i = 0; i < TagsUnderWay::kMostStanzas; ++i) {
    const auto one = Together().add(long_tag);
    tags.passed(sent, sent + long_tag.size(), one.accepted());
    sent += long_tag.size();
  }
  EXPECT_LE(tags.octets(), 2 * TagsUnderWay::kMostOctets + 32 * TagsUnderWay::kMostStanzas);
  EXPECT_THAT(tags.take(), SizeIs(TagsUnderWay::kMostOctets / long_tag.size()));
}

TEST(TagsUnderWay, KeepsNoTagThatIsTooLong) {
  TagsUnderWay tags;
  const auto both = Together().add(std::string(xmpp::kMaxAnsweredTag + 1, 'x')).add("<a>");
  tags.passed(0, both.bytes.size(), both.accepted());
  EXPECT_THAT(tags.take(), ElementsAre("<a>"));
}

TEST(TagsUnderWay, SettlesNowAndThenAndHoldsNothingAtRest) {
  TagsUnderWay tags;
  EXPECT_EQ(tags.octets(), 0U);
  std::uint64_t sent = 0;
  std::size_t settled = 0;
  for (int i = 0; i < 10'000; ++i) {
    const auto one = Together().add("<message to='a' id='1'>", 100);
    tags.passed(sent, sent + one.bytes.size(), one.accepted());
    sent += one.bytes.size();
    if (!tags.full()) continue;
    ++settled;
    tags.settle(sent);
  }
  EXPECT_LE(settled, 10'000U / 60);
  EXPECT_LE(tags.octets(), 20'000U);
  tags.rest();
  EXPECT_GT(tags.octets(), 100U);  // something is under way
  tags.settle(sent);
  tags.rest();
  EXPECT_EQ(tags.octets(), 0U);
}

TEST(TagsUnderWay, DoesNotSettleAtEachStanzaOfASlowEnd) {
  TagsUnderWay tags;
  std::uint64_t sent = 0;
  std::size_t settled = 0;
  for (int i = 0; i < 10'000; ++i) {
    const auto one = Together().add("<iq/>");
    tags.passed(sent, sent + 5, one.accepted());
    sent += 5;
    if (!tags.full()) continue;
    ++settled;
    tags.settle(0);
  }
  EXPECT_LE(settled, 4U);
}

TEST(UndeliveredTally, KnowsWhatBecameOfWhatWasLost) {
  using telemetry::Return;
  UndeliveredTally tally;
  EXPECT_EQ(tally.stanzas(), 0U);
  tally.lost({10, 1'000});
  EXPECT_EQ(tally.of(Return::kNotBounced), 10U);
  tally.returned(Return::kBounced, 3);
  tally.returned(Return::kNotAnswered, 2);
  EXPECT_EQ(tally.of(Return::kNotBounced), 5U);
  EXPECT_EQ(tally.of(Return::kBounced), 3U);
  EXPECT_EQ(tally.of(Return::kNotAnswered), 2U);
  EXPECT_EQ(tally.of(Return::kManaged), 0U);
  EXPECT_EQ(tally.stanzas(), 10U);
  EXPECT_EQ(tally.octets(), 1'000U);
  tally.returned(Return::kBounced, 20);
  EXPECT_EQ(tally.stanzas(), 25U);
  EXPECT_EQ(tally.of(Return::kNotBounced), 0U);
}

}  // namespace
}  // namespace portcullis::relay
