// FarDialer and a peer that is called through a proxy, or not at all.

#include "tests/unit/relay/far_dialer_support.h"

namespace portcullis::relay {
namespace {

using policy::Reason;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class FarDialerByProxy : public FarDialerTest {
 protected:
  void find_by(decltype(policy::PeerRoute::way) way) {
    const auto remote = *DomainName::parse("peer.example");
    dialer_.find_peer({remote, std::move(way)}, 9s, dials_.places(remote, limits_));
    EXPECT_THAT(unreachable_, IsEmpty()) << "before it returned";
    scheduler_.advance(0ms);
    EXPECT_THAT(network_.asked, IsEmpty()) << "nothing is looked up";
  }
  void find_by_proxy(std::uint16_t port = 3) {
    find_by(policy::BySocks{{"127.0.0.1", port}, 5269});
  }
  void fail_call(Network::CallFailure failure) {
    find_by_proxy();
    network_.refuse(0, std::move(failure));
  }
};

TEST_F(FarDialerByProxy, AsksTheProxyForTheNameAndThePort) {
  find_by_proxy();
  EXPECT_THAT(network_.through,
              ElementsAre(net::SocksRequest{*DomainName::parse("peer.example"), 5269}));
  EXPECT_EQ(network_.wires.at(0)->to.text(), "127.0.0.1:3");
  EXPECT_EQ(dials_.under_way(), 1U);
  network_.connect(0);
  EXPECT_THAT(attempts_, ElementsAre("3 for 9000 ms"));
  EXPECT_EQ(dials_.under_way(), 1U);
  dialer_.reach();
  EXPECT_EQ(dials_.under_way(), 0U);
}

TEST_F(FarDialerByProxy, AnotherSearchIsNotByTheProxy) {
  fail_call({"x"});
  dialer_.drop();
  network_.through.clear();
  dial(1);
  EXPECT_THAT(network_.through, IsEmpty());
}

TEST_F(FarDialerByProxy, ARefusedRouteCallsNobody) {
  find_by(policy::refuse(Reason::kOnionWithoutProxy));
  EXPECT_EQ(reasons(), "onion_without_proxy ");
  EXPECT_THAT(network_.wires, IsEmpty());
  EXPECT_TRUE(unreachable_.at(0).spoke_xmpp) << "our users may know";
  EXPECT_EQ(unreachable_.at(0).phase, DialPhase::kLookUp);
  EXPECT_EQ(dials_.under_way(), 0U);
}

TEST_F(FarDialerByProxy, WhyADomainOfOursIsNotCalledIsTheOperatorsToKnow) {
  find_by(policy::refuse(Reason::kAddressRefused, {{"detail", "a domain of this gate"}}));
  EXPECT_EQ(reasons(), "address_refused ");
  EXPECT_FALSE(unreachable_.at(0).spoke_xmpp);
}

TEST_F(FarDialerByProxy, AProxyThatFailsIsNotThePeersFault) {
  fail_call({.detail = "connection refused", .proxy_failed = true});
  EXPECT_EQ(reasons(), "socks_proxy_failed ");
  EXPECT_THAT(unreachable_.at(0).refusal.text, HasSubstr("127.0.0.1:3: connection refused"));
  ASSERT_EQ(lines_.size(), 1U);
  EXPECT_THAT(lines_[0], testing::AllOf(HasSubstr("level=warn"), HasSubstr("event=dial"),
                                        HasSubstr("address=127.0.0.1:3")));
  EXPECT_EQ(policy::fault_of(Reason::kSocksProxyFailed, StreamKind::kS2sOutbound),
            policy::Fault::kLocal);
}

TEST_F(FarDialerByProxy, WhatTheProxySaysOfThePeerIsThePeersWay) {
  fail_call({"it says that the connection was refused (0x05)"});
  EXPECT_EQ(reasons(), "peer_unreachable ");
  EXPECT_THAT(unreachable_.at(0).refusal.text,
              HasSubstr("asking the proxy at 127.0.0.1:3: it says that the connection"));
}

TEST_F(FarDialerByProxy, NoDescriptorIsOurOwnLimitHereToo) {
  fail_call({.detail = "x", .out_of_descriptors = true, .proxy_failed = true});
  EXPECT_EQ(reasons(), "out_of_descriptors ");
}

// The gate's own listener is no proxy.
TEST_F(FarDialerByProxy, AListenerOfOursIsNotAsked) {
  find_by(policy::BySocks{{"192.0.2.1", 9}, 5269});
  EXPECT_EQ(reasons(), "socks_proxy_failed ");
  EXPECT_THAT(network_.wires, IsEmpty());
  EXPECT_THAT(lines_.at(0), HasSubstr("192.0.2.1:9 is a listener of this gate"));
}

TEST_F(FarDialerByProxy, HasTheTimeOfTheDial) {
  find_by_proxy();
  scheduler_.advance(8'900ms);
  EXPECT_EQ(reasons(), "");
  network_.wires.at(0)->with_proxy = true;
  scheduler_.advance(100ms);
  EXPECT_EQ(reasons(), "socks_proxy_failed ");
  EXPECT_THAT(unreachable_.at(0).refusal.text, HasSubstr("no answer within 9000 ms"));
  EXPECT_TRUE(network_.wires.at(0)->destroyed);
}

TEST_F(FarDialerByProxy, AfterTheRequestTheTimeIsThePeers) {
  find_by_proxy();
  scheduler_.advance(9s);
  EXPECT_EQ(reasons(), "peer_unreachable ");
}

TEST_F(FarDialerByProxy, GivingUpEndsTheCall) {
  find_by_proxy();
  dialer_.give_up();
  EXPECT_TRUE(network_.wires.at(0)->destroyed);
  EXPECT_EQ(reasons(), "");
  EXPECT_EQ(dials_.under_way(), 0U);
}

TEST_F(FarDialerByProxy, GivingUpBeforeTheCallMakesNone) {
  const auto remote = *DomainName::parse("peer.example");
  dialer_.find_peer({remote, policy::BySocks{{"127.0.0.1", 3}, 5269}}, 9s,
                    dials_.places(remote, limits_));
  dialer_.give_up();
  scheduler_.advance(10s);
  EXPECT_THAT(network_.wires, IsEmpty());
  EXPECT_EQ(reasons(), "");
}

}  // namespace
}  // namespace portcullis::relay
