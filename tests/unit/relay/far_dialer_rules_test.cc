// Unit tests of FarDialer: what is not called, how many are called, and what is told of it.

#include "tests/unit/relay/far_dialer_support.h"

namespace portcullis::relay {
namespace {

using policy::Reason;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// ---- What is not called

TEST_F(FarDialerTest, AListenerOfOursIsLeftOut) {
  find_peer();
  network_.answer(net::Candidates(std::vector<net::Candidate>{{address(9), TlsEntry::kStartTls},
                                                              {address(2), TlsEntry::kStartTls}}));
  EXPECT_THAT(network_.ringing(), ElementsAre(2));
  ASSERT_EQ(lines_.size(), 1U);
  EXPECT_THAT(lines_[0],
              testing::AllOf(HasSubstr("event=dial"), HasSubstr("reason=address_refused"),
                             HasSubstr("192.0.2.1:9 is a listener of this gate")));
  lose(0);
  EXPECT_EQ(reasons(), "peer_unreachable ");
}

TEST_F(FarDialerTest, WhereNothingMayBeCalledTheReasonIsThat) {
  find_peer();
  network_.answer(net::Candidates(std::vector<net::Candidate>{{address(9), TlsEntry::kStartTls}}));
  EXPECT_EQ(reasons(), "address_refused ");
  EXPECT_FALSE(unreachable_.at(0).spoke_xmpp);
  EXPECT_THAT(network_.wires, IsEmpty());
}

TEST_F(FarDialerTest, ABackendWithANameIsLookedUpBeforeAPeerAtItsPortIsCalled) {
  find_peer();
  network_.answer(net::Candidates(std::vector<net::Candidate>{{address(7), TlsEntry::kStartTls},
                                                              {address(2), TlsEntry::kStartTls}}));
  EXPECT_THAT(network_.asked, ElementsAre("peer.example", "prosody.internal:7"));
  EXPECT_THAT(network_.wires, IsEmpty());
  scheduler_.advance(3s);
  network_.answer(std::vector{address(7)});
  EXPECT_THAT(network_.ringing(), ElementsAre(2));
  network_.connect(0);
  EXPECT_THAT(attempts_, ElementsAre("2 for 6000 ms"));
  EXPECT_THAT(lines_.at(0), HasSubstr("where a backend of this gate listens"));
}

TEST_F(FarDialerTest, ABackendWhoseNameHasNoAddressKeepsNobodyFromBeingCalled) {
  find_peer();
  network_.answer(net::Candidates(std::vector<net::Candidate>{{address(7), TlsEntry::kStartTls}}));
  network_.answer(tl::unexpected(net::EndpointError({"name or service not known"}, true)));
  EXPECT_THAT(network_.ringing(), ElementsAre(7));
}

// A stranger who makes our look-ups fail must not lead us to our own backend.
TEST_F(FarDialerTest, NobodyIsCalledWhereABackendMayBeWhoseNameCannotBeLookedUp) {
  find_peer();
  network_.answer(net::Candidates(std::vector<net::Candidate>{{address(7), TlsEntry::kStartTls},
                                                              {address(2), TlsEntry::kStartTls}}));
  network_.answer(
      tl::unexpected(net::EndpointError({"temporary failure in name resolution"}, false)));
  EXPECT_THAT(network_.ringing(), ElementsAre(2));
  ASSERT_EQ(lines_.size(), 1U);
  EXPECT_THAT(lines_[0], testing::AllOf(HasSubstr("reason=address_refused"),
                                        HasSubstr("the backend prosody.internal:7 listens")));
}

TEST_F(FarDialerTest, LookingUpABackendLeavesTimeToConnect) {
  find_peer(8s);
  network_.answer(net::Candidates(std::vector<net::Candidate>{{address(7), TlsEntry::kStartTls},
                                                              {address(2), TlsEntry::kStartTls}}));
  scheduler_.advance(6s);
  EXPECT_FALSE(network_.resolved);
  network_.connect(0);
  EXPECT_THAT(attempts_, ElementsAre("2 for 2000 ms"));
  EXPECT_THAT(lines_.at(0), HasSubstr("prosody.internal:7"));
}

TEST_F(FarDialerToBackend, ABackendWhoseNameLeadsToUsIsNotCalled) {
  find_backend();
  network_.answer(std::vector{address(9)});
  EXPECT_EQ(reasons(), "backend_misconfigured ");
  EXPECT_THAT(network_.wires, IsEmpty());
}

// ---- How many are called at one time

TEST_F(FarDialerTest, ThePlaceIsGivenBackWhenThePeerAnswers) {
  dial_and_connect(2);
  EXPECT_EQ(dials_.under_way(), 1U);
  lose(0);
  EXPECT_EQ(dials_.under_way(), 1U);
  network_.connect(1);
  dialer_.reach();
  EXPECT_EQ(dials_.under_way(), 0U);
}

TEST_F(FarDialerTest, ThePlaceIsGivenBackWhenTheSearchEnds) {
  dial(1);
  lose(0);
  EXPECT_EQ(dials_.under_way(), 0U);
  dialer_.drop();
  find_peer();
  EXPECT_EQ(dials_.under_way(), 1U);
  network_.answer(net::NoCandidates{Reason::kNoSuchService, "none"});
  EXPECT_EQ(dials_.under_way(), 0U);
  dialer_.drop();
  find_peer();
  dialer_.give_up();
  EXPECT_EQ(dials_.under_way(), 0U);
  find_peer();
  dialer_.drop();
  EXPECT_EQ(dials_.under_way(), 0U);
}

// ---- Our own limits

// Nobody was called, so nothing is known about the peer: it is told, not looked for.
TEST_F(FarDialerTest, NoDescriptorIsOurOwnLimit) {
  dial(1);
  network_.refuse(0, {"too many open files", true});
  EXPECT_EQ(reasons(), "out_of_descriptors ");
}

TEST_F(FarDialerToBackend, NoDescriptorIsNotTheBackendsFault) {
  find_backend();
  network_.answer(std::vector{address(1), address(2)});
  for (std::size_t i = 0; i < 2; ++i) network_.refuse(i, {"too many open files", true});
  EXPECT_EQ(reasons(), "out_of_descriptors ");
}

// What was found out by calling tells more.
TEST_F(FarDialerTest, AnEndThatSpokeXmppTellsMoreThanOurOwnLimit) {
  dial_and_connect(2);
  network_.wires.at(0)->handler->on_open();
  network_.wires.at(0)->handler->on_plain(
      "<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' "
      "id='1' version='1.0'><stream:features/>");
  network_.refuse(1, {"too many open files", true});
  EXPECT_EQ(reasons(), "starttls_not_offered ");
}

// ---- What our users may read

TEST_F(FarDialerTest, OnlyAnEndThatSpokeXmppIsSaidToHaveDone) {
  dial_and_connect(1);
  network_.wires.at(0)->handler->on_open();
  network_.wires.at(0)->handler->on_plain("HTTP/1.1 400 Bad Request\r\n\r\n");
  ASSERT_EQ(unreachable_.size(), 1U);
  EXPECT_FALSE(unreachable_[0].spoke_xmpp) << policy::id(unreachable_[0].refusal.reason);
  dialer_.drop();
  dial_and_connect(1);
  network_.wires.at(1)->handler->on_open();
  network_.wires.at(1)->handler->on_plain(
      "<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' "
      "id='1' version='1.0'><stream:features/>");
  ASSERT_EQ(unreachable_.size(), 2U);
  EXPECT_TRUE(unreachable_[1].spoke_xmpp) << policy::id(unreachable_[1].refusal.reason);
}

}  // namespace
}  // namespace portcullis::relay
