// Unit tests of DialRace, within a FarDialer: which addresses are called at the same time.

#include "proxy/relay/dial_race.h"

#include <map>

#include "tests/unit/relay/far_dialer_support.h"

namespace portcullis::relay {
namespace {

using policy::Reason;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class DialRaceTest : public FarDialerTest {};

// ---- One after the other

TEST_F(DialRaceTest, TheNextOneIsCalledAfterAQuarterOfASecond) {
  dial(3);
  EXPECT_THAT(network_.ringing(), ElementsAre(1));
  scheduler_.advance(249ms);
  EXPECT_THAT(network_.ringing(), ElementsAre(1));
  scheduler_.advance(1ms);
  EXPECT_THAT(network_.ringing(), ElementsAre(1, 2));
  scheduler_.advance(250ms);
  EXPECT_THAT(network_.ringing(), ElementsAre(1, 2, 3));
  scheduler_.advance(1s);
  EXPECT_THAT(network_.wires, SizeIs(3));
}

TEST_F(DialRaceTest, OneThatFailsIsNotWaitedFor) {
  dial(3);
  scheduler_.advance(100ms);
  lose(0);
  EXPECT_THAT(network_.ringing(), ElementsAre(2));
  scheduler_.advance(249ms);
  EXPECT_THAT(network_.ringing(), ElementsAre(2));
  scheduler_.advance(1ms);
  EXPECT_THAT(network_.ringing(), ElementsAre(2, 3));
}

TEST_F(DialRaceTest, OneThatConnectsInTimeKeepsTheOthersFromBeingCalled) {
  dial(3);
  scheduler_.advance(249ms);
  network_.connect(0);
  scheduler_.advance(2s);
  EXPECT_THAT(network_.wires, SizeIs(1));
}

// ---- The winner

TEST_F(DialRaceTest, TheFirstThatConnectsWinsAndTheOthersAreClosed) {
  dial(3);
  scheduler_.advance(500ms);
  network_.connect(1);
  EXPECT_THAT(network_.ringing(), IsEmpty());
  EXPECT_TRUE(network_.wires.at(0)->aborted);
  EXPECT_TRUE(network_.wires.at(2)->aborted);
  EXPECT_EQ(&dialer_.leg()->transport().peer(), &network_.wires.at(1)->to);
  EXPECT_THAT(lines_, IsEmpty()) << "a loser has not failed";
}

TEST_F(DialRaceTest, WhereTheWinnersStreamFailsTheOthersAreCalledAgain) {
  dial(4);
  scheduler_.advance(500ms);
  network_.connect(2);
  dialer_.fail(policy::refuse(Reason::kExpired));
  EXPECT_THAT(network_.ringing(), ElementsAre(1)) << "in their order, before those behind them";
  scheduler_.advance(500ms);
  EXPECT_THAT(network_.ringing(), ElementsAre(1, 2, 4));
  EXPECT_THAT(unreachable_, IsEmpty());
  for (std::size_t i = 3; i < 6; ++i) lose(i);
  EXPECT_EQ(reasons(), "expired ");
}

TEST_F(DialRaceTest, NobodyIsCalledMoreThanTwice) {
  dial(6);
  while (unreachable_.empty() && network_.wires.size() < 100) {
    scheduler_.advance(300ms);
    network_.connect(network_.wires.size() - 1);
    dialer_.fail(policy::refuse(Reason::kExpired));
  }
  EXPECT_EQ(reasons(), "expired ");
  std::map<int, int> calls;
  for (const auto& wire : network_.wires) ++calls[wire->to.port()];
  for (const auto& [port, count] : calls) EXPECT_LE(count, 2) << port;
}

TEST_F(DialRaceTest, AnAddressIsJudgedRightBeforeItIsCalledAgainToo) {
  find_peer();
  network_.answer(net::Candidates(std::vector<net::Candidate>{
      {address(1)}, {address(9)}, {address(2)}, {address(9)}, {address(3)}}));
  scheduler_.advance(500ms);
  EXPECT_THAT(network_.ringing(), ElementsAre(1, 2, 3));
  for (const auto& wire : network_.wires) EXPECT_NE(wire->to.port(), 9);
}

// ---- How many, and how long

TEST_F(DialRaceTest, NotMoreThanEightAtOnceAndTheOldestGivesWay) {
  dial(30);
  // The backend that listens on port 7 has no address.
  network_.answer(tl::unexpected(net::EndpointError({"name or service not known"}, true)));
  ASSERT_THAT(lines_, SizeIs(1)) << "port 9 is ours";
  scheduler_.advance(1999ms);
  EXPECT_THAT(network_.ringing(), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
  scheduler_.advance(1ms);
  EXPECT_THAT(network_.ringing(), ElementsAre(2, 3, 4, 5, 6, 7, 8, 10));
  ASSERT_THAT(lines_, SizeIs(2));
  EXPECT_THAT(lines_.at(1), testing::AllOf(HasSubstr("address=192.0.2.1:1 phase=connect"),
                                           HasSubstr("no answer within 2000 ms")));
  scheduler_.advance(5s);
  EXPECT_THAT(network_.ringing(), SizeIs(8));
  EXPECT_EQ(network_.ringing().back(), 30);
}

// With two addresses nobody waits for a place, and a slow one has all the time there is.
TEST_F(DialRaceTest, AnAddressIsWaitedForAsLongAsNobodyWaitsBehindIt) {
  dial(2);
  scheduler_.advance(8s);
  network_.connect(0);
  EXPECT_THAT(attempts_, ElementsAre("1 for 500 ms"));
}

TEST_F(DialRaceTest, ManyThatRefuseAreThroughAtOnce) {
  dial(6);
  for (std::size_t i = 0; i < 6; ++i) lose(i);
  EXPECT_EQ(reasons(), "peer_unreachable ");
  EXPECT_EQ(dials_.under_way(), 0U);
}

TEST_F(DialRaceTest, TheTimersEndWithTheRace) {
  dial(3);
  scheduler_.advance(300ms);
  dialer_.give_up();
  EXPECT_EQ(scheduler_.running_timers(), 0U);
}

TEST_F(DialRaceTest, WithLittleTimeLeftTheOthersAreStillWaitedFor) {
  limits_.dials = 1'000;
  find_peer(300ms);
  found(5);
  scheduler_.advance(299ms);
  EXPECT_THAT(network_.ringing(), ElementsAre(1));
  EXPECT_THAT(unreachable_, IsEmpty());
  scheduler_.advance(1ms);
  EXPECT_EQ(reasons(), "peer_unreachable ");
}

// ---- Places

TEST_F(DialRaceTest, EachCallHasAPlaceAndTheLosersGiveTheirsBack) {
  dial(3);
  scheduler_.advance(500ms);
  EXPECT_EQ(dials_.under_way(), 3U);
  lose(1);
  EXPECT_EQ(dials_.under_way(), 2U);
  network_.connect(0);
  EXPECT_EQ(dials_.under_way(), 1U);
  dialer_.reach();
  EXPECT_EQ(dials_.under_way(), 0U);
}

// A name with many addresses that do not answer must not take the places of others.
TEST_F(DialRaceTest, WhereHalfOfThePlacesAreTakenAddressesAreCalledOneByOne) {
  limits_.dials = 6;
  const auto others = *DomainName::parse("other.example");
  const auto one = dials_.take(others, limits_);
  const auto two = dials_.take(others, limits_);
  dial(4);
  scheduler_.advance(1999ms);
  EXPECT_THAT(network_.ringing(), ElementsAre(1));
  EXPECT_EQ(dials_.under_way(), 3U);
  scheduler_.advance(1ms);
  EXPECT_THAT(network_.ringing(), ElementsAre(2));
  scheduler_.advance(2s);
  EXPECT_THAT(network_.ringing(), ElementsAre(3));
  EXPECT_EQ(dials_.under_way(), 3U);
}

TEST_F(DialRaceTest, TheSameForOneDomain) {
  limits_.dials_per_domain = 4;
  dial(6);
  scheduler_.advance(1s);
  EXPECT_THAT(network_.ringing(), ElementsAre(1, 2));
  scheduler_.advance(1s);
  EXPECT_THAT(network_.ringing(), ElementsAre(2, 3));
}

TEST_F(DialRaceTest, APlaceThatBecomesFreeIsUsed) {
  limits_.dials_per_domain = 2;
  dial(3);
  scheduler_.advance(300ms);
  EXPECT_THAT(network_.ringing(), ElementsAre(1));
  lose(0);
  EXPECT_THAT(network_.ringing(), ElementsAre(2));
}

}  // namespace
}  // namespace portcullis::relay
