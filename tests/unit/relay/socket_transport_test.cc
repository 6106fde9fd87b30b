// Unit tests of SocketTransport in the clear, over real sockets on loopback.

#include "proxy/relay/socket_transport.h"

#include "tests/support/memory_scheduler.h"
#include "tests/unit/relay/socket_transport_support.h"

namespace portcullis::relay {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// ---- Opening

TEST_F(SocketTransportTest, IsOpenOnceItIsConnected) {
  connect();
  EXPECT_THAT(heard_.events, ElementsAre("open"));
  EXPECT_EQ(transport_->peer(), listener_->address());
  EXPECT_EQ(transport_->local().host(), "127.0.0.1");
  EXPECT_FALSE(transport_->gone());
}

TEST_F(SocketTransportTest, AnAcceptedOneIsOpenButNotBeforeItsMakerReturned) {
  accept();
  ASSERT_TRUE(until_heard("open"));
  EXPECT_THAT(while_making_, IsEmpty());
  EXPECT_THAT(heard_.events, ElementsAre("open"));
  EXPECT_EQ(transport_->peer(), peer_.socket->local());
}

TEST_F(SocketTransportTest, TellsThatTheAcceptedSocketWasNotTaken) {
  const net::Listener::Accept refuses = [](net::TcpSocket::Handler&) { return nullptr; };
  transport_ = std::make_unique<SocketTransport>(loop_, heard_, scratch_, refuses,
                                                 net::SocketAddress(), false, nullptr);
  EXPECT_THAT(heard_.events, IsEmpty());
  ASSERT_TRUE(until_heard("lost"));
  transport_->close();
  ASSERT_TRUE(until_heard("gone"));
  EXPECT_THAT(heard_.events, ElementsAre("lost", "gone"));
}

TEST_F(SocketTransportTest, TheSameWhereAProxyHeaderWasToCome) {
  const net::Listener::Accept refuses = [](net::TcpSocket::Handler&) { return nullptr; };
  transport_ = std::make_unique<SocketTransport>(loop_, heard_, scratch_, refuses,
                                                 net::SocketAddress(), true, nullptr);
  ASSERT_TRUE(until_heard("lost"));
}

// ---- Bytes

TEST_F(SocketTransportTest, CarriesBytesBothWays) {
  accept();
  peer_.socket->write("<stream:stream>");
  ASSERT_TRUE(until_plain("<stream:stream>"));
  transport_->send("<stream:features/>");
  ASSERT_TRUE(until([this] { return peer_.bytes == "<stream:features/>"; }));
  EXPECT_GE(heard_.written, 1);
}

TEST_F(SocketTransportTest, WritesAtTheEndOfTheTurnWhatWasSentInIt) {
  accept();
  ASSERT_TRUE(until_heard("open"));
  int seen = 0;
  peer_.hook = [&seen] { ++seen; };
  for (const auto* const piece : {"a", "b", "c", "d"}) transport_->send(piece);
  EXPECT_EQ(transport_->outgoing().queued(), 4U) << "it was not written before the turn is over";
  ASSERT_TRUE(until([this] { return peer_.bytes == "abcd"; }));
  EXPECT_EQ(seen, 1) << "it was written in pieces";
  EXPECT_EQ(transport_->outgoing().queued(), 0U);
  EXPECT_EQ(heard_.written, 1);
}

TEST_F(SocketTransportTest, WhatIsLargeIsWrittenAtOnceBehindWhatIsSmall) {
  accept();
  ASSERT_TRUE(until_heard("open"));
  const std::string large(10'000, 'x');
  transport_->send(large);
  EXPECT_EQ(transport_->outgoing().queued(), 0U) << "the kernel has room for it";
  EXPECT_EQ(transport_->outgoing().sent(), large.size());
  transport_->send("a");
  transport_->send(large);
  EXPECT_EQ(transport_->outgoing().queued(), 1 + large.size()) << "it may not overtake";
  const std::string all = large + "a" + large;
  ASSERT_TRUE(until([&] { return peer_.bytes.size() == all.size(); }));
  EXPECT_EQ(peer_.bytes, all);
  EXPECT_EQ(transport_->outgoing().sent(), all.size());
}

TEST_F(SocketTransportTest, DoesNotReadWhileReadingIsPaused) {
  accept();
  ASSERT_TRUE(until_heard("open"));
  transport_->pause_reading();
  EXPECT_TRUE(transport_->paused());
  peer_.socket->write("held back");
  settle();
  EXPECT_EQ(heard_.plain, "");
  transport_->resume_reading();
  EXPECT_FALSE(transport_->paused());
  EXPECT_TRUE(until_plain("held back"));
}

TEST_F(SocketTransportTest, CountsWhatAPeerDoesNotReadAndTellsOnceItIsWritten) {
  accept();
  ASSERT_TRUE(until_heard("open"));
  peer_.socket->read_stop();
  const std::string much(std::size_t{16} << 20, 'x');  // more than loopback's buffers hold
  transport_->send(much);
  settle();
  EXPECT_GT(transport_->outgoing().queued(), 0U);
  EXPECT_LT(transport_->outgoing().queued(), much.size());
  const int before = heard_.written;
  peer_.socket->read_start();
  ASSERT_TRUE(until([&] { return peer_.bytes.size() == much.size(); }));
  ASSERT_TRUE(until([&] { return transport_->outgoing().queued() == 0; }));
  EXPECT_GT(heard_.written, before);
  EXPECT_EQ(peer_.bytes, much);
}

// ---- Endings: on_gone() comes exactly once, and nothing behind it

TEST_F(SocketTransportTest, TellsThatThePeerClosed) {
  accept();
  peer_.socket->write("last words");
  peer_.socket->shutdown();
  ASSERT_TRUE(until_heard("lost"));
  EXPECT_THAT(heard_.events, ElementsAre("open", "plain", "lost"));
  EXPECT_EQ(heard_.lost, "it closed the connection");
  EXPECT_FALSE(transport_->gone()) << "closing is the owner's affair";
  transport_->close();
  ASSERT_TRUE(until_heard("gone"));
  EXPECT_EQ(heard_.times("gone"), 1U);
  EXPECT_TRUE(until([this] { return peer_.ended; }));
}

TEST_F(SocketTransportTest, WhatIsQueuedReachesAPeerThatClosedItsHalf) {
  accept();
  ASSERT_TRUE(until_heard("open"));
  peer_.socket->read_stop();
  const std::string much(std::size_t{16} << 20, 'x');
  transport_->send(much);
  settle();
  ASSERT_GT(transport_->outgoing().queued(), 0U);
  peer_.socket->shutdown();
  ASSERT_TRUE(until_heard("lost"));
  transport_->close();
  EXPECT_FALSE(transport_->gone());
  peer_.socket->read_start();
  ASSERT_TRUE(until([this] { return peer_.ended; }));
  EXPECT_EQ(peer_.bytes.size(), much.size());
  ASSERT_TRUE(until_heard("gone"));
  EXPECT_EQ(heard_.times("gone"), 1U);
  EXPECT_FALSE(peer_.errors);
}

TEST_F(SocketTransportTest, CloseDeliversWhatIsQueuedThenSaysFIN) {
  accept();
  ASSERT_TRUE(until_heard("open"));
  transport_->send("</stream:stream>");
  transport_->close();
  EXPECT_TRUE(transport_->closing());
  EXPECT_FALSE(transport_->gone());
  ASSERT_TRUE(until([this] { return peer_.ended; }));
  EXPECT_EQ(peer_.bytes, "</stream:stream>");
  peer_.socket->shutdown();
  ASSERT_TRUE(until_heard("gone"));
  EXPECT_THAT(heard_.events, ElementsAre("open", "gone"));
  EXPECT_TRUE(transport_->gone());
}

TEST_F(SocketTransportTest, NothingIsHeardOrSentAfterClose) {
  accept();
  ASSERT_TRUE(until_heard("open"));
  transport_->close();
  transport_->send("too late");
  transport_->close();
  peer_.socket->write("too late as well");
  peer_.socket->shutdown();
  ASSERT_TRUE(until_heard("gone"));
  EXPECT_THAT(heard_.events, ElementsAre("open", "gone"));
  EXPECT_EQ(heard_.plain, "");
  EXPECT_EQ(peer_.bytes, "");
}

TEST_F(SocketTransportTest, APeerThatDoesNotCloseIsWaitedForALittle) {
  accept();
  ASSERT_TRUE(until_heard("open"));
  const auto closed = loop_.now();
  transport_->close();
  ASSERT_TRUE(until_heard("gone"));
  EXPECT_GE(loop_.now() - closed, 1s);
  EXPECT_LE(loop_.now() - closed, 10s);
  EXPECT_THAT(heard_.events, ElementsAre("open", "gone"));
  // Its next word finds a connection that was reset.
  peer_.socket->write("hello?");
  EXPECT_TRUE(until([this] { return peer_.errors > 0; }));
}

TEST_F(SocketTransportTest, ClosingSeesTheFINAlsoWhereReadingIsPaused) {
  accept();
  ASSERT_TRUE(until_heard("open"));
  transport_->pause_reading();
  const auto closed = loop_.now();
  transport_->close();
  peer_.socket->shutdown();
  ASSERT_TRUE(until_heard("gone"));
  EXPECT_LT(loop_.now() - closed, 1900ms) << "it was reset, the peer's FIN was not seen";
}

TEST_F(SocketTransportTest, AbortResetsAndIsGoneAtOnce) {
  accept();
  ASSERT_TRUE(until_heard("open"));
  transport_->send("never seen");
  transport_->abort();
  EXPECT_TRUE(transport_->gone());
  EXPECT_TRUE(transport_->closing());
  EXPECT_THAT(heard_.events, ElementsAre("open", "gone"));
  transport_->abort();
  transport_->close();
  ASSERT_TRUE(until([this] { return peer_.errors > 0; }));
  EXPECT_EQ(peer_.error, UV_ECONNRESET);
  EXPECT_EQ(peer_.bytes, "");
  EXPECT_EQ(heard_.times("gone"), 1U);
}

TEST_F(SocketTransportTest, AbortEndsWhatIsClosing) {
  accept();
  ASSERT_TRUE(until_heard("open"));
  transport_->close();
  transport_->abort();
  EXPECT_THAT(heard_.events, ElementsAre("open", "gone"));
  settle();
  EXPECT_EQ(heard_.times("gone"), 1U);
}

TEST_F(SocketTransportTest, AResetOfThePeerIsALossAndThenTheEnd) {
  accept();
  ASSERT_TRUE(until_heard("open"));
  peer_.socket->reset();
  ASSERT_TRUE(until_heard("lost"));
  EXPECT_THAT(heard_.lost, HasSubstr("reset"));
  transport_->send("nobody is there");
  transport_->close();
  EXPECT_TRUE(transport_->gone()) << "there is nobody to wait for";
  settle();
  EXPECT_THAT(heard_.events, ElementsAre("open", "lost", "gone"));
}

TEST_F(SocketTransportTest, AResetOfThePeerEndsTheWaiting) {
  accept();
  ASSERT_TRUE(until_heard("open"));
  transport_->close();
  const auto closed = loop_.now();
  peer_.socket->reset();
  ASSERT_TRUE(until_heard("gone"));
  EXPECT_LT(loop_.now() - closed, 1900ms);
  EXPECT_THAT(heard_.events, ElementsAre("open", "gone"));
}

TEST_F(SocketTransportTest, MayBeClosedBeforeItIsOpen) {
  listen([this](const auto& accept, const auto& from) {
    transport_ = std::make_unique<SocketTransport>(loop_, heard_, scratch_, accept, from, false,
                                                   &strangers_);
    transport_->close();
  });
  peer_.socket = std::make_unique<net::TcpSocket>(loop_, peer_);
  peer_.socket->connect(listener_->address());
  peer_.socket->read_start();
  ASSERT_TRUE(until([this] { return peer_.ended; }));
  peer_.socket->shutdown();
  ASSERT_TRUE(until_heard("gone"));
  EXPECT_THAT(heard_.events, ElementsAre("gone"));
}

TEST_F(SocketTransportTest, KnowsWhetherItHasHeardAnything) {
  accept();
  ASSERT_TRUE(until_heard("open"));
  EXPECT_FALSE(transport_->heard());
  peer_.socket->write(" ");
  ASSERT_TRUE(until_heard("plain"));
  EXPECT_TRUE(transport_->heard());
}

TEST_F(SocketTransportTest, MayBeClosedInWhatItTells) {
  for (const std::string when : {"open", "plain", "lost"}) {
    heard_ = Heard();
    peer_ = net::test::Recorder();
    transport_.reset();
    heard_.hook = [this, when](const std::string& event) {
      if (event == when) transport_->close();
    };
    accept();
    peer_.socket->write("bytes");
    peer_.socket->shutdown();
    ASSERT_TRUE(until_heard("gone")) << when;
    settle();
    EXPECT_EQ(heard_.events.back(), "gone") << when;
    EXPECT_EQ(heard_.times("gone"), 1U) << when;
    EXPECT_EQ(heard_.has("lost"), when == "lost") << when;
  }
}

// ---- Pieces

// As small pieces as the network makes of them.
TEST_F(SocketTransportTest, AStrangerMayNotSendInVeryManyPieces) {
  accept();
  ASSERT_TRUE(until_heard("open"));
  heard_.hook = [this](const std::string& event) {
    if (event.starts_with("over login_pieces")) transport_->close();
  };
  for (int sent = 0; sent < 1000 && !transport_->closing(); ++sent) {
    const auto before = heard_.plain.size();
    peer_.socket->write(" ");
    ASSERT_TRUE(until([&] { return heard_.plain.size() > before || transport_->closing(); }));
  }
  EXPECT_EQ(heard_.plain.size(), 300U);
  EXPECT_THAT(heard_.events.back(), HasSubstr("more than 300 pieces"));
}

TEST_F(SocketTransportTest, SomebodyKnownMaySendInVeryManyPieces) {
  accept();
  ASSERT_TRUE(until_heard("open"));
  heard_.no_stranger = true;
  for (std::size_t sent = 1; sent <= 600; ++sent) {
    peer_.socket->write(" ");
    ASSERT_TRUE(until([&] { return heard_.plain.size() == sent; }));
  }
  EXPECT_THAT(heard_.events, ElementsAre("open", "plain"));
}

// As a backend that has proved itself by dialback, and only asks.
TEST_F(SocketTransportTest, SoMaySomebodyTrusted) {
  accept();
  ASSERT_TRUE(until_heard("open"));
  transport_->trust();
  for (std::size_t sent = 1; sent <= 600; ++sent) {
    peer_.socket->write(" ");
    ASSERT_TRUE(until([&] { return heard_.plain.size() == sent; }));
  }
  EXPECT_THAT(heard_.events, ElementsAre("open", "plain"));
}

}  // namespace
}  // namespace portcullis::relay
