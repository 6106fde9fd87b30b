// Unit tests of FarDialer: how the far end of a bridge is looked up and reached.

#include "tests/unit/relay/far_dialer_support.h"

namespace portcullis::relay {
namespace {

using policy::Reason;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// ---- Looking up

TEST_F(FarDialerTest, LooksUpThePeer) {
  find_peer();
  EXPECT_THAT(network_.asked, ElementsAre("peer.example"));
  EXPECT_EQ(dialer_.leg(), nullptr);
  EXPECT_THAT(attempts_, IsEmpty());
}

TEST_F(FarDialerTest, TellsThatThePeerHasNoServer) {
  find_peer();
  network_.answer(net::NoCandidates{Reason::kNoSuchService, "its SRV record says so"});
  EXPECT_EQ(reasons(), "no_such_service ");
  EXPECT_THAT(unreachable_.at(0).refusal.text, HasSubstr("its SRV record says so"));
  scheduler_.advance(1h);
  EXPECT_EQ(unreachable_.size(), 1U);
}

TEST_F(FarDialerTest, ALookUpGetsThreeQuartersOfTheBudget) {
  find_peer(8s);
  EXPECT_EQ(network_.time_to_look_up, 6s);
}

TEST_F(FarDialerTest, TellsThatLookingUpTookTooLong) {
  find_peer(9s);
  scheduler_.advance(8'999ms);
  EXPECT_THAT(unreachable_, IsEmpty());
  scheduler_.advance(1ms);
  EXPECT_EQ(reasons(), "dns_timeout ");
  EXPECT_EQ(dials_.under_way(), 0U);
  EXPECT_FALSE(network_.found) << "the look-up goes on";
  EXPECT_THAT(attempts_, IsEmpty());
}

TEST_F(FarDialerTest, WhatTheLookUpTookIsMissingToTheAttempts) {
  find_peer(9s);
  scheduler_.advance(3s);
  found(2);
  network_.connect(0);
  EXPECT_THAT(attempts_, ElementsAre("1 for 3000 ms"));
}

// Its own addresses are tried, but what keeps us from knowing better is what the log has to say.
TEST_F(FarDialerTest, WhereSrvRecordsCouldNotBeLookedUpThatIsWhyNobodyIsReached) {
  find_peer();
  network_.answer(
      net::UnsureCandidates{{{address(1), TlsEntry::kStartTls, net::FoundBy::kFallback}},
                            {Reason::kDnsFailed, "_xmpp-server._tcp.peer.example SRV: SERVFAIL"}});
  lose(0);
  EXPECT_EQ(reasons(), "dns_failed ");
  EXPECT_THAT(unreachable_.at(0).refusal.text, HasSubstr("SERVFAIL"));
  EXPECT_EQ(unreachable_.at(0).phase, DialPhase::kLookUp);
}

TEST_F(FarDialerTest, WhatAServerOfTheFallbackSaysOutweighsTheLookUp) {
  find_peer();
  network_.answer(net::UnsureCandidates{
      {{address(1), TlsEntry::kStartTls, net::FoundBy::kFallback}}, {Reason::kDnsFailed, "x"}});
  network_.connect(0);
  network_.wires.at(0)->handler->on_open();
  network_.wires.at(0)->handler->on_plain(
      "<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' "
      "id='1' version='1.0'><stream:features/>");
  EXPECT_EQ(reasons(), "starttls_not_offered ");
}

TEST_F(FarDialerTest, TellsThatNoAddressWasFound) {
  dial(0);
  EXPECT_EQ(reasons(), "peer_unreachable ");
  EXPECT_THAT(attempts_, IsEmpty());
}

TEST_F(FarDialerTest, DoesNotTryWhereNoTimeIsLeft) {
  find_peer(9s);
  scheduler_.advance(8'950ms);
  found(3);
  EXPECT_EQ(reasons(), "peer_unreachable ");
  EXPECT_THAT(attempts_, IsEmpty());
}

TEST_F(FarDialerToBackend, TriesEveryAddressOfTheBackend) {
  find_backend();
  EXPECT_THAT(network_.asked, ElementsAre("backend.internal:15269"));
  network_.answer(std::vector{address(1), address(2)});
  network_.connect(0);
  EXPECT_THAT(attempts_, ElementsAre("1 for 4000 ms"));
  lose(0);
  network_.connect(1);
  EXPECT_THAT(attempts_, ElementsAre("1 for 4000 ms", "2 for 8000 ms"));
}

TEST_F(FarDialerToBackend, WhatTheLookUpTookIsMissingToTheAttempts) {
  find_backend();
  scheduler_.advance(5s);
  network_.answer(std::vector{address(1)});
  network_.connect(0);
  EXPECT_THAT(attempts_, ElementsAre("1 for 3000 ms"));
  scheduler_.advance(3s);
  EXPECT_EQ(reasons(), "backend_unavailable ");
}

TEST_F(FarDialerToBackend, SaysWhereNobodyListens) {
  find_backend();
  network_.answer(std::vector{address(1)});
  lose(0);
  EXPECT_EQ(reasons(), "backend_unavailable ");
  EXPECT_EQ(unreachable_.at(0).refusal.text,
            "Connecting to the backend at 192.0.2.1:1 failed: connection refused.");
  EXPECT_THAT(lines_.at(0), HasSubstr("phase=connect"));
}

TEST_F(FarDialerToBackend, TellsThatTheBackendsNameHasNoAddress) {
  find_backend();
  network_.answer(tl::unexpected(net::EndpointError({"name or service not known"}, true)));
  EXPECT_EQ(reasons(), "backend_unavailable ");
  ASSERT_EQ(lines_.size(), 1U);
  EXPECT_THAT(lines_[0], HasSubstr("name or service not known"));
}

// No remote domain was looked up, and the one who has to act is the operator.
TEST_F(FarDialerToBackend, TellsThatLookingUpTheBackendTookTooLong) {
  find_backend();
  scheduler_.advance(5'999ms);
  EXPECT_THAT(unreachable_, IsEmpty());
  scheduler_.advance(1ms);
  EXPECT_EQ(reasons(), "backend_unavailable ");
  EXPECT_FALSE(network_.resolved);
  ASSERT_EQ(lines_.size(), 1U);
  EXPECT_THAT(lines_[0], testing::AllOf(HasSubstr("event=backend"), HasSubstr("level=error"),
                                        HasSubstr("backend.internal"), HasSubstr("6000 ms")));
  scheduler_.advance(1h);
  EXPECT_EQ(unreachable_.size(), 1U);
}

// ---- Attempts

TEST_F(FarDialerTest, TriesTheCandidatesInOrderAndSharesTheBudget) {
  dial_and_connect(3);
  EXPECT_THAT(attempts_, ElementsAre("1 for 3000 ms"));
  lose(0);
  network_.connect(1);
  lose(1);
  network_.connect(2);
  EXPECT_THAT(attempts_, ElementsAre("1 for 3000 ms", "2 for 4500 ms", "3 for 9000 ms"));
  EXPECT_THAT(unreachable_, IsEmpty());
  lose(2);
  EXPECT_EQ(reasons(), "peer_unreachable ");
  EXPECT_EQ(dialer_.leg(), nullptr);
}

TEST_F(FarDialerTest, OneThatConnectsAndIsSilentGivesWayToTheNext) {
  dial_and_connect(3);
  scheduler_.advance(2'999ms);
  EXPECT_THAT(network_.wires, testing::SizeIs(1));
  scheduler_.advance(1ms);
  EXPECT_TRUE(network_.wires.at(0)->closing);
  EXPECT_EQ(dialer_.leg(), nullptr);
  network_.connect(1);
  EXPECT_THAT(attempts_, ElementsAre("1 for 3000 ms", "2 for 3000 ms"));
  EXPECT_EQ(&dialer_.leg()->transport().peer(), &network_.wires.at(1)->to);
}

TEST_F(FarDialerTest, CandidatesThatNeverConnectTakeTheBudgetAndNoMore) {
  dial(3);
  scheduler_.advance(9s - 1ms);
  EXPECT_THAT(unreachable_, IsEmpty());
  scheduler_.advance(1ms);
  EXPECT_EQ(reasons(), "peer_unreachable ");
  EXPECT_THAT(unreachable_.at(0).refusal.text, HasSubstr("no answer within 8500 ms"));
  EXPECT_EQ(unreachable_.at(0).phase, DialPhase::kConnect);
  EXPECT_THAT(network_.ringing(), IsEmpty());
  scheduler_.advance(24h);
  EXPECT_EQ(unreachable_.size(), 1U);
}

TEST_F(FarDialerTest, TellsTheFailureThatSaysMost) {
  dial(3);
  lose(0);
  network_.connect(1);
  dialer_.fail(policy::refuse(Reason::kExpired));
  lose(2);
  EXPECT_EQ(reasons(), "expired ");
}

TEST_F(FarDialerTest, SaysInWhichPhaseItFailed) {
  dial_and_connect(1);
  dialer_.fail(policy::refuse(Reason::kExpired));
  EXPECT_EQ(unreachable_.at(0).phase, DialPhase::kStream);
  EXPECT_THAT(lines_.at(0), HasSubstr("phase=stream reason=expired"));
}

TEST_F(FarDialerTest, ALegThatFailedStaysUntilItsConnectionIsClosed) {
  dial_and_connect(2);
  lose(0);
  network_.connect(1);
  EXPECT_FALSE(dialer_.sweep(true));
  EXPECT_FALSE(network_.wires.at(0)->destroyed);
  network_.wires.at(0)->go();
  dialer_.sweep(false);
  EXPECT_TRUE(network_.wires.at(0)->destroyed);
  EXPECT_FALSE(network_.wires.at(1)->destroyed);
}

// ---- Reached

TEST_F(FarDialerTest, NoTimeRunsOnceThePeerWasReached) {
  dial_and_connect(2);
  dialer_.reach();
  EXPECT_TRUE(dialer_.reached());
  scheduler_.advance(30min);
  EXPECT_THAT(network_.wires, testing::SizeIs(1));
  EXPECT_FALSE(network_.wires.at(0)->closing);
  EXPECT_THAT(unreachable_, IsEmpty());
}

TEST_F(FarDialerTest, FinishingKeepsTheLeg) {
  dial_and_connect(2);
  dialer_.reach();
  dialer_.finish();
  EXPECT_NE(dialer_.leg(), nullptr);
  EXPECT_TRUE(dialer_.reached());
}

TEST_F(FarDialerTest, TheLegThatWasReachedStaysWhileTheNearEndDoes) {
  dial_and_connect(1);
  dialer_.reach();
  network_.wires.at(0)->go();
  EXPECT_FALSE(dialer_.sweep(false));
  EXPECT_NE(dialer_.leg(), nullptr);
  EXPECT_TRUE(dialer_.sweep(true));
  EXPECT_EQ(dialer_.leg(), nullptr);
  EXPECT_TRUE(network_.wires.at(0)->destroyed);
}

// ---- Given up

TEST_F(FarDialerTest, GivingUpALookUpCancelsIt) {
  find_peer();
  dialer_.give_up();
  EXPECT_FALSE(network_.found);
  scheduler_.advance(1h);
  EXPECT_THAT(unreachable_, IsEmpty());
  EXPECT_TRUE(dialer_.sweep(true));
}

TEST_F(FarDialerTest, GivingUpAnAttemptResetsItAndTriesNoOther) {
  dial_and_connect(3);
  dialer_.give_up();
  EXPECT_TRUE(network_.wires.at(0)->aborted);
  EXPECT_EQ(dialer_.leg(), nullptr);
  scheduler_.advance(1h);
  EXPECT_THAT(attempts_, testing::SizeIs(1));
  EXPECT_THAT(unreachable_, IsEmpty());
  EXPECT_TRUE(dialer_.sweep(true));
  EXPECT_TRUE(network_.wires.at(0)->destroyed);
}

TEST_F(FarDialerTest, GivingUpEndsTheCalls) {
  dial(3);
  scheduler_.advance(300ms);
  EXPECT_THAT(network_.ringing(), ElementsAre(1, 2));
  dialer_.give_up();
  EXPECT_THAT(network_.ringing(), IsEmpty());
  EXPECT_TRUE(network_.wires.at(1)->aborted);
  scheduler_.advance(1h);
  EXPECT_THAT(network_.wires, testing::SizeIs(2));
  EXPECT_THAT(unreachable_, IsEmpty());
  EXPECT_TRUE(dialer_.sweep(true));
}

TEST_F(FarDialerTest, WhatWasReachedIsNotGivenUp) {
  dial_and_connect(1);
  dialer_.reach();
  dialer_.give_up();
  EXPECT_FALSE(network_.wires.at(0)->aborted);
  EXPECT_NE(dialer_.leg(), nullptr);
}

TEST_F(FarDialerTest, GivingUpTwiceIsNothing) {
  dial_and_connect(1);
  dialer_.give_up();
  dialer_.give_up();
  EXPECT_TRUE(dialer_.sweep(true));
}

TEST_F(FarDialerTest, GivingUpBeforeAnythingBeganIsNothing) {
  dialer_.give_up();
  EXPECT_TRUE(dialer_.sweep(true));
}

// ---- Dropped, and dialed again

TEST_F(FarDialerTest, DroppingSaysGoodByeAndLetsTheNextOneBegin) {
  dial_and_connect(2);
  network_.wires.at(0)->handler->on_open();
  dialer_.reach();
  dialer_.drop();
  EXPECT_EQ(dialer_.leg(), nullptr);
  EXPECT_FALSE(dialer_.reached());
  EXPECT_TRUE(network_.wires.at(0)->closing);
  EXPECT_FALSE(network_.wires.at(0)->aborted) << "it is told in words";

  dial_and_connect(1);
  ASSERT_NE(dialer_.leg(), nullptr);
  EXPECT_THAT(attempts_, testing::SizeIs(2));
  EXPECT_FALSE(dialer_.sweep(true)) << "both connections are open";
  network_.wires.at(0)->go();
  EXPECT_FALSE(dialer_.sweep(false));
  EXPECT_TRUE(network_.wires.at(0)->destroyed);
  EXPECT_FALSE(network_.wires.at(1)->destroyed);
}

TEST_F(FarDialerTest, ADroppedLegIsNoAttemptThatFailed) {
  dial_and_connect(2);
  dialer_.reach();
  dialer_.drop();
  lose(0, "reset");
  scheduler_.advance(1h);
  EXPECT_THAT(attempts_, testing::SizeIs(1));
  EXPECT_THAT(unreachable_, IsEmpty());
}

TEST_F(FarDialerTest, DroppingALookUpCancelsIt) {
  find_peer();
  dialer_.drop();
  EXPECT_FALSE(network_.found);
  scheduler_.advance(1h);
  EXPECT_THAT(unreachable_, IsEmpty());
}

// ---- Aborted

TEST_F(FarDialerTest, AbortResetsTheAttemptAndTheLegsThatAreLeaving) {
  dial_and_connect(2);
  lose(0);
  network_.connect(1);
  dialer_.abort();
  EXPECT_TRUE(network_.wires.at(0)->aborted);
  EXPECT_TRUE(network_.wires.at(1)->aborted);
  EXPECT_TRUE(dialer_.sweep(true));
}

TEST_F(FarDialerTest, AbortResetsWhatWasReached) {
  dial_and_connect(1);
  dialer_.reach();
  dialer_.abort();
  EXPECT_TRUE(network_.wires.at(0)->aborted);
  EXPECT_TRUE(dialer_.sweep(true));
}

TEST_F(FarDialerTest, AbortCancelsALookUp) {
  find_peer();
  dialer_.abort();
  EXPECT_FALSE(network_.found);
  EXPECT_TRUE(dialer_.sweep(true));
}

}  // namespace
}  // namespace portcullis::relay
