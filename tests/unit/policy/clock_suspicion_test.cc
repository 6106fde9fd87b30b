// Unit tests of ClockSuspicion: when certificates of others say that our own clock is wrong.

#include "policy/decide/clock_suspicion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace portcullis::policy {
namespace {

using namespace std::chrono_literals;
using News = ClockSuspicion::News;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class ClockSuspicionTest : public testing::Test {
 protected:
  News over(const std::string& domain) { return bad(OutOfTime::kOver, domain); }
  News not_yet(const std::string& domain) { return bad(OutOfTime::kNotYet, domain); }
  News either(const std::string& domain) { return bad(OutOfTime::kEither, domain); }
  News bad(OutOfTime how, const std::string& domain) {
    return suspicion.bad(how, {domain + ".example", "key of " + domain}, now += 1s);
  }

  ClockSuspicion suspicion;
  ClockSuspicion::Time now{0};
};

TEST_F(ClockSuspicionTest, ThreeDomainsInARowRaiseIt) {
  EXPECT_EQ(over("a"), News::kNone);
  EXPECT_EQ(over("b"), News::kNone);
  EXPECT_FALSE(suspicion.suspects());
  EXPECT_EQ(over("c"), News::kBegins);
  EXPECT_TRUE(suspicion.suspects());
  EXPECT_EQ(suspicion.how(), OutOfTime::kOver);
  EXPECT_THAT(suspicion.domains(), ElementsAre("a.example", "b.example", "c.example"));
}

TEST_F(ClockSuspicionTest, OneDomainIsOneHoweverOftenItIsCalled) {
  for (int i = 0; i < 100; ++i) EXPECT_EQ(over("a"), News::kNone);
  EXPECT_EQ(over("b"), News::kNone);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(over(i % 2 == 0 ? "a" : "b"), News::kNone);
  EXPECT_FALSE(suspicion.suspects());
  EXPECT_THAT(suspicion.domains(), SizeIs(2));
}

TEST_F(ClockSuspicionTest, NamesUnderOneAnotherAreOneServer) {
  for (const auto* const domain : {"a", "rooms.a", "files.a", "x.rooms.a", "a"})
    EXPECT_EQ(over(domain), News::kNone) << domain;
  EXPECT_THAT(suspicion.domains(), ElementsAre("a.example"));
  over("b");
  EXPECT_EQ(over("rooms.a"), News::kNone) << "it takes the place of the one above it";
  EXPECT_THAT(suspicion.domains(), ElementsAre("b.example", "rooms.a.example"));
  EXPECT_EQ(over("ba"), News::kBegins) << "it only ends alike";
}

TEST_F(ClockSuspicionTest, NeighboursWithKeysOfTheirOwnAreServersOfTheirOwn) {
  over("x.a");
  over("y.a");
  EXPECT_EQ(over("z.a"), News::kBegins);
}

TEST_F(ClockSuspicionTest, DomainsThatShowOneKeyAreOneServer) {
  const auto shows = [&](const std::string& domain, const std::string& key) {
    return suspicion.bad(OutOfTime::kOver, {domain, key}, now += 1s);
  };
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(shows("n" + std::to_string(i) + ".example", "shared"), News::kNone) << i;
  EXPECT_THAT(suspicion.domains(), ElementsAre("n19.example"));
  EXPECT_EQ(shows("a.example", ""), News::kNone);
  EXPECT_EQ(shows("b.example", ""), News::kBegins) << "of two keys that are not known neither is "
                                                      "the other";
}

TEST_F(ClockSuspicionTest, AGoodOneInBetweenBeginsAnew) {
  over("a");
  over("b");
  EXPECT_EQ(suspicion.good(), News::kNone);
  EXPECT_THAT(suspicion.domains(), IsEmpty());
  EXPECT_EQ(over("c"), News::kNone);
  EXPECT_EQ(over("d"), News::kNone);
  EXPECT_EQ(over("a"), News::kBegins);
}

TEST_F(ClockSuspicionTest, WhatWasSeenLongAgoDoesNotCount) {
  over("a");
  now += ClockSuspicion::kWindow;
  over("b");
  EXPECT_EQ(over("c"), News::kNone) << "a is over";
  EXPECT_THAT(suspicion.domains(), ElementsAre("b.example", "c.example"));
  EXPECT_EQ(over("d"), News::kBegins);
}

TEST_F(ClockSuspicionTest, WhatWasSeenLongAgoDoesNotContradict) {
  not_yet("a");
  now += ClockSuspicion::kWindow;
  EXPECT_EQ(over("b"), News::kNone);
  EXPECT_THAT(suspicion.domains(), ElementsAre("b.example")) << "nothing is left of a";
  EXPECT_EQ(over("c"), News::kNone);
  EXPECT_EQ(over("d"), News::kBegins);
  EXPECT_EQ(suspicion.how(), OutOfTime::kOver);
}

TEST_F(ClockSuspicionTest, WhatWasSeenLongAgoDoesNotColourWhatFollows) {
  not_yet("a");
  now += ClockSuspicion::kWindow - 10s;
  either("b");
  now += 1min;
  EXPECT_EQ(over("c"), News::kNone);
  EXPECT_THAT(suspicion.domains(), ElementsAre("b.example", "c.example"));
  EXPECT_EQ(suspicion.how(), OutOfTime::kOver);
}

TEST_F(ClockSuspicionTest, WhatWasSeenLongAgoDoesNotOutweighAStreamThatStands) {
  suspicion.stands();
  not_yet("a");
  now += ClockSuspicion::kWindow;
  for (const auto* const domain : {"b", "c", "d"}) EXPECT_EQ(either(domain), News::kNone);
  EXPECT_FALSE(suspicion.suspects());
}

TEST_F(ClockSuspicionTest, WhoIsSeenAgainCountsFromThen) {
  over("a");
  now += ClockSuspicion::kWindow - 10s;
  over("b");
  over("a");
  now += 1min;
  EXPECT_EQ(over("c"), News::kBegins);
}

TEST_F(ClockSuspicionTest, AGoodOneEndsItOnce) {
  for (const auto* const domain : {"a", "b", "c"}) over(domain);
  EXPECT_EQ(suspicion.good(), News::kEnds);
  EXPECT_FALSE(suspicion.suspects());
  EXPECT_EQ(suspicion.good(), News::kNone);
  for (const auto* const domain : {"a", "b"}) EXPECT_EQ(over(domain), News::kNone);
  EXPECT_EQ(over("c"), News::kBegins) << "and it may come again";
}

TEST_F(ClockSuspicionTest, IsToldOnceAndHoldsNoMoreThanThat) {
  for (const auto* const domain : {"a", "b", "c"}) over(domain);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(over("n" + std::to_string(i)), News::kNone);
  EXPECT_THAT(suspicion.domains(), ElementsAre("a.example", "b.example", "c.example"));
}

TEST_F(ClockSuspicionTest, AClockIsNotAheadAndBehind) {
  over("a");
  over("b");
  EXPECT_EQ(not_yet("c"), News::kNone) << "who is over may well have forgotten to renew";
  EXPECT_EQ(over("d"), News::kNone);
  EXPECT_EQ(not_yet("e"), News::kNone);
  EXPECT_EQ(not_yet("f"), News::kBegins);
  EXPECT_EQ(suspicion.how(), OutOfTime::kNotYet);
  EXPECT_THAT(suspicion.domains(), ElementsAre("c.example", "e.example", "f.example"));
}

TEST_F(ClockSuspicionTest, WhatMayBeEitherFitsBoth) {
  either("a");
  over("b");
  EXPECT_EQ(either("c"), News::kBegins);
  EXPECT_EQ(suspicion.how(), OutOfTime::kOver);
  suspicion.good();
  not_yet("a");
  either("b");
  EXPECT_EQ(not_yet("c"), News::kBegins);
  EXPECT_EQ(suspicion.how(), OutOfTime::kNotYet);
  suspicion.good();
  for (const auto* const domain : {"a", "b", "c"}) either(domain);
  EXPECT_EQ(suspicion.how(), OutOfTime::kEither);
  EXPECT_TRUE(suspicion.suspects());
}

// The streams to good servers stand for days, and dead ones are called all the time.
TEST_F(ClockSuspicionTest, WhileAGoodStreamStandsWhatIsOverIsItsOwnersFault) {
  suspicion.good();
  suspicion.stands();
  for (const auto* const domain : {"a", "b", "c", "d"}) {
    EXPECT_EQ(over(domain), News::kNone);
    EXPECT_EQ(either(domain), News::kNone);
  }
  EXPECT_THAT(suspicion.domains(), IsEmpty());
  suspicion.stands();
  suspicion.falls();
  EXPECT_EQ(over("a"), News::kNone) << "one of the two still stands";
  suspicion.falls();
  over("b");
  over("c");
  EXPECT_EQ(over("d"), News::kBegins);
}

TEST_F(ClockSuspicionTest, NoStreamThatStandsSpeaksForAClockThatIsBehind) {
  suspicion.stands();
  not_yet("a");
  either("b");
  EXPECT_EQ(not_yet("c"), News::kBegins);
}

TEST(OutOfTime, IsWhatThreeReasonsSay) {
  EXPECT_EQ(out_of_time(Reason::kExpired), OutOfTime::kOver);
  EXPECT_EQ(out_of_time(Reason::kNotYetValid), OutOfTime::kNotYet);
  EXPECT_EQ(out_of_time(Reason::kChainExpired), OutOfTime::kEither);
  int others = 0;
  for (std::size_t i = 0; i < kReasonCount; ++i)
    others += out_of_time(static_cast<Reason>(i)).has_value() ? 1 : 0;
  EXPECT_EQ(others, 3);
}

}  // namespace
}  // namespace portcullis::policy
