// Unit tests of SocketTransport where a PROXY header comes first, over real sockets on loopback.

#include "tests/unit/relay/socket_transport_support.h"

namespace portcullis::relay {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kHeader = "PROXY TCP4 203.0.113.7 192.0.2.1 4242 5269\r\n";

class SocketTransportProxyTest : public SocketTransportTest {
 protected:
  SocketTransportProxyTest() { accept(true); }
  void write(std::string bytes) { peer_.socket->write(std::move(bytes)); }
};

TEST_F(SocketTransportProxyTest, IsNotOpenBeforeTheHeader) {
  settle();
  EXPECT_THAT(heard_.events, IsEmpty());
}

TEST_F(SocketTransportProxyTest, TheAddressInTheHeaderIsThePeers) {
  write(kHeader);
  ASSERT_TRUE(until_heard("open"));
  EXPECT_THAT(heard_.events, ElementsAre("open"));
  EXPECT_EQ(transport_->peer().text(), "203.0.113.7:4242");
}

TEST_F(SocketTransportProxyTest, KeepsWhatElseABalancerSays) {
  using namespace std::string_literals;
  const auto tlv = "\xEA\0\3abc"s;
  write("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x12\xcb\0\x71\7\xc0\0\2\1\x10\x92\x14\x95"s + tlv +
        "<stream:stream>");
  ASSERT_TRUE(until_plain("<stream:stream>"));
  EXPECT_EQ(transport_->proxy_tlvs(), tlv);
}

TEST_F(SocketTransportProxyTest, AHeaderWithoutAnAddressKeepsTheSockets) {
  write("PROXY UNKNOWN\r\n");
  ASSERT_TRUE(until_heard("open"));
  EXPECT_EQ(transport_->peer(), peer_.socket->local());
}

// A balancer says who it is, and that it only looks.
TEST_F(SocketTransportProxyTest, AHeaderIsNothingThatThePeerSays) {
  write("PROXY UNKNOWN\r\n");
  ASSERT_TRUE(until_heard("open"));
  EXPECT_FALSE(transport_->heard());
  write("<");
  ASSERT_TRUE(until_heard("plain"));
  EXPECT_TRUE(transport_->heard());
}

TEST_F(SocketTransportProxyTest, WhatFollowsTheHeaderAtOnceIsNotLost) {
  write(kHeader + "<stream:stream>");
  ASSERT_TRUE(until_plain("<stream:stream>"));
  EXPECT_THAT(heard_.events, ElementsAre("open", "plain"));
}

TEST_F(SocketTransportProxyTest, NothingIsHeardWhereOpeningClosesIt) {
  heard_.hook = [this](const std::string& event) {
    if (event == "open") transport_->close();
  };
  write(kHeader + "<stream:stream>");
  peer_.socket->shutdown();
  ASSERT_TRUE(until_heard("gone"));
  EXPECT_THAT(heard_.events, ElementsAre("open", "gone"));
}

TEST_F(SocketTransportProxyTest, AnInvalidHeaderIsALoss) {
  write("<stream:stream xmlns='jabber:server'>");
  ASSERT_TRUE(until_heard("lost"));
  EXPECT_THAT(heard_.events, ElementsAre("lost"));
  EXPECT_THAT(heard_.lost, HasSubstr("the PROXY header is invalid: "));
  EXPECT_EQ(transport_->peer(), peer_.socket->local());
}

TEST_F(SocketTransportProxyTest, AHeaderThatNeverEndsIsALoss) {
  write("PROXY TCP4 " + std::string(2'000, '1'));
  ASSERT_TRUE(until_heard("lost"));
  EXPECT_THAT(heard_.lost, HasSubstr("the PROXY header is invalid: "));
}

TEST_F(SocketTransportProxyTest, AHeaderThatIsCutShortIsALoss) {
  write(kHeader.substr(0, 20));
  peer_.socket->shutdown();
  ASSERT_TRUE(until_heard("lost"));
  EXPECT_THAT(heard_.events, ElementsAre("lost"));
  EXPECT_TRUE(transport_->heard()) << "it is broken, not silent";
}

TEST_F(SocketTransportProxyTest, ASecondHeaderIsTheStreamsFirstBytes) {
  write(kHeader + kHeader);
  ASSERT_TRUE(until_plain(kHeader));
  EXPECT_EQ(heard_.times("open"), 1U);
}

// One connection for each octet at which what is written is cut into two.
TEST_F(SocketTransportProxyTest, TheHeaderMayComeInAnyTwoPieces) {
  const std::string bytes = kHeader + "<?xml version='1.0'?>";
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    transport_.reset();
    heard_ = Heard();
    peer_ = net::test::Recorder();
    accept(true);
    write(bytes.substr(0, cut));
    // The first piece has been read where a connection that was made behind it has been served.
    settle();
    EXPECT_EQ(heard_.has("open"), cut >= kHeader.size()) << cut;
    write(bytes.substr(cut));
    ASSERT_TRUE(until_plain(bytes.substr(kHeader.size()))) << cut << ": " << heard_.plain;
    EXPECT_THAT(heard_.events, ElementsAre("open", "plain")) << cut;
    EXPECT_EQ(transport_->peer().text(), "203.0.113.7:4242") << cut;
  }
}

}  // namespace
}  // namespace portcullis::relay
