// Unit tests of SocketTransport under TLS, with real sessions over real sockets on loopback.

#include "tests/unit/relay/socket_transport_support.h"
#include "tests/unit/tls/engine_pair.h"

namespace portcullis::relay {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using tls::Engine;

class SocketTransportTlsTest : public SocketTransportTest {
 protected:
  std::unique_ptr<Engine> server() const {
    return contexts_->accept_wan(tls::kS2s, tls::kStartTls, tls::domain("legacy.example"));
  }
  // The peer becomes a TLS client on its own socket.
  void peer_starts() {
    peer_.hook = [this] {
      std::string wire;
      client_.engine->receive(std::exchange(peer_.bytes, {}), peer_plain_, wire);
      if (!wire.empty()) peer_.socket->write(std::move(wire));
    };
    std::string wire;
    client_.engine->start(wire);
    peer_.socket->write(std::move(wire));
  }
  void peer_says(std::string_view text) {
    std::string wire;
    ASSERT_TRUE(client_.engine->send(text, wire));
    peer_.socket->write(std::move(wire));
  }
  void secure() {
    accept();
    ASSERT_TRUE(until_heard("open"));
    transport_->begin_tls(server());
    peer_starts();
    ASSERT_TRUE(until([this] {
      return heard_.has("secured") && client_.engine->state() == Engine::State::kEstablished;
    }));
  }
  // As a peer that sent <starttls/> and has read <proceed/>.
  void begin_behind_starttls() {
    accept();
    peer_.socket->write("<starttls/>");
    ASSERT_TRUE(until_plain("<starttls/>"));
    transport_->send("<proceed/>");
    transport_->begin_tls(server());
    ASSERT_TRUE(until([this] { return peer_.bytes == "<proceed/>"; }));
    peer_.bytes.clear();
    heard_.events.clear();
    heard_.plain.clear();
  }

  std::unique_ptr<tls::Contexts> contexts_ = tls::contexts_for("legacy.example");
  tls::RawClient client_;
  std::string peer_plain_;
};

TEST_F(SocketTransportTlsTest, ShakesHandsAndCarriesBytesBothWays) {
  secure();
  EXPECT_THAT(heard_.events, ElementsAre("open", "secured"));
  EXPECT_EQ(transport_->tls_facts().version, TlsVersion::kTls13);
  peer_says("<stream:stream>");
  ASSERT_TRUE(until_plain("<stream:stream>"));
  transport_->send("<stream:features/>");
  ASSERT_TRUE(until([this] { return peer_plain_ == "<stream:features/>"; }));
}

TEST_F(SocketTransportTlsTest, HasNoFactsBeforeTls) {
  accept();
  EXPECT_EQ(transport_->tls_facts().version, TlsVersion::kUnknown);
  EXPECT_EQ(transport_->peer_chain().leaf, nullptr);
}

TEST_F(SocketTransportTlsTest, ShakesHandsAsTheInitiatingEntity) {
  connect();
  const auto engine = server();
  std::string plain;
  peer_.hook = [&] {
    std::string wire;
    engine->receive(std::exchange(peer_.bytes, {}), plain, wire);
    if (!wire.empty()) peer_.socket->write(std::move(wire));
  };
  transport_->begin_tls(contexts_->connect_wan(tls::domain("legacy.example"),
                                               tls::domain("peer.example"), tls::kStartTls));
  ASSERT_TRUE(until_heard("secured"));
  EXPECT_NE(transport_->peer_chain().leaf, nullptr);
}

TEST_F(SocketTransportTlsTest, WhatIsSentInOneTurnIsWrittenAtItsEnd) {
  secure();
  transport_->send("a");
  transport_->send("b");
  EXPECT_GT(transport_->outgoing().queued(), 2U) << "records wait for the end of the turn";
  ASSERT_TRUE(until([this] { return peer_plain_ == "ab"; }));
  EXPECT_EQ(transport_->outgoing().queued(), 0U);
}

// ---- Plaintext behind <starttls/> (CVE-2011-0411)

TEST_F(SocketTransportTlsTest, ShakesHandsBehindStarttls) {
  begin_behind_starttls();
  peer_starts();
  ASSERT_TRUE(until_heard("secured"));
  EXPECT_THAT(heard_.events, ElementsAre("secured"));
}

TEST_F(SocketTransportTlsTest, WhiteSpaceBehindStarttlsIsNothing) {
  begin_behind_starttls();
  peer_.socket->write("\r\n \t");
  settle();
  EXPECT_THAT(heard_.events, testing::IsEmpty());
  peer_.socket->write("\n");
  peer_starts();
  ASSERT_TRUE(until_heard("secured"));
}

TEST_F(SocketTransportTlsTest, PlaintextBehindStarttlsIsToldAndNeverDelivered) {
  begin_behind_starttls();
  peer_.socket->write("<iq/>");
  ASSERT_TRUE(until_heard("plaintext behind tls"));
  EXPECT_THAT(heard_.events, ElementsAre("plaintext behind tls"));
  EXPECT_EQ(heard_.plain, "");
}

TEST_F(SocketTransportTlsTest, PlaintextBehindWhiteSpaceIsToldToo) {
  begin_behind_starttls();
  peer_.socket->write("  \r\n");
  settle();
  peer_.socket->write(" <iq/>");
  ASSERT_TRUE(until_heard("plaintext behind tls"));
  EXPECT_EQ(heard_.plain, "");
}

// ---- Endings

TEST_F(SocketTransportTlsTest, GarbageInsteadOfAHandshakeIsAFailureOfTls) {
  accept();
  ASSERT_TRUE(until_heard("open"));
  transport_->begin_tls(server());
  peer_.socket->write("<stream:stream>");
  ASSERT_TRUE(until_heard("tls failed: tls_failed"));
  EXPECT_THAT(heard_.events, ElementsAre("open", "tls failed: tls_failed"));
  EXPECT_EQ(heard_.plain, "");
  transport_->close();
  peer_.socket->shutdown();
  ASSERT_TRUE(until_heard("gone"));
  EXPECT_EQ(heard_.times("gone"), 1U);
}

TEST_F(SocketTransportTlsTest, GarbageBehindTheHandshakeIsALoss) {
  secure();
  peer_.socket->write("<message/>");
  ASSERT_TRUE(until_heard("lost"));
  EXPECT_EQ(heard_.plain, "");
  EXPECT_THAT(heard_.events, ElementsAre("open", "secured", "lost"));
}

TEST_F(SocketTransportTlsTest, CloseNotifyOfThePeerIsALossBehindItsBytes) {
  secure();
  std::string wire;
  ASSERT_TRUE(client_.engine->send("</stream:stream>", wire));
  client_.engine->close(wire);
  peer_.socket->write(std::move(wire));
  ASSERT_TRUE(until_heard("lost"));
  EXPECT_EQ(heard_.plain, "</stream:stream>");
  EXPECT_EQ(heard_.lost, "it closed the TLS session");
}

TEST_F(SocketTransportTlsTest, AConnectionThatEndsWithoutCloseNotifyIsALossOfAnotherKind) {
  secure();
  peer_.socket->shutdown();
  ASSERT_TRUE(until_heard("lost"));
  EXPECT_EQ(heard_.lost, "it closed the connection");
}

TEST_F(SocketTransportTlsTest, CloseSaysCloseNotifyBehindWhatIsQueuedThenFIN) {
  secure();
  transport_->send("</stream:stream>");
  transport_->close();
  ASSERT_TRUE(until([this] { return peer_.ended; }));
  EXPECT_EQ(peer_plain_, "</stream:stream>");
  EXPECT_EQ(client_.engine->state(), Engine::State::kPeerClosed);
  peer_.socket->shutdown();
  ASSERT_TRUE(until_heard("gone"));
  EXPECT_THAT(heard_.events, ElementsAre("open", "secured", "gone"));
}

TEST_F(SocketTransportTlsTest, MayBeClosedInTheMiddleOfTheHandshake) {
  accept();
  ASSERT_TRUE(until_heard("open"));
  transport_->begin_tls(server());
  transport_->close();
  peer_starts();
  peer_.socket->shutdown();
  ASSERT_TRUE(until_heard("gone"));
  EXPECT_THAT(heard_.events, ElementsAre("open", "gone"));
}

// What arrives with the end of the handshake must not be told to a handler that closed there.
TEST_F(SocketTransportTlsTest, NothingIsHeardWhereTheEndOfTheHandshakeClosesIt) {
  heard_.hook = [this](const std::string& event) {
    if (event == "secured") transport_->close();
  };
  accept();
  ASSERT_TRUE(until_heard("open"));
  transport_->begin_tls(server());
  // The last flight of the handshake and the first words in one write.
  peer_.hook = [this] {
    std::string wire;
    client_.engine->receive(std::exchange(peer_.bytes, {}), peer_plain_, wire);
    if (client_.engine->state() == Engine::State::kEstablished && !wire.empty())
      client_.engine->send("<stream:stream>", wire);
    if (!wire.empty()) peer_.socket->write(std::move(wire));
  };
  std::string wire;
  client_.engine->start(wire);
  peer_.socket->write(std::move(wire));
  ASSERT_TRUE(until_heard("secured"));
  peer_.socket->shutdown();
  ASSERT_TRUE(until_heard("gone"));
  EXPECT_THAT(heard_.events, ElementsAre("open", "secured", "gone"));
}

// ---- Limits

TEST_F(SocketTransportTlsTest, WhiteSpaceBehindStarttlsIsLimited) {
  begin_behind_starttls();
  peer_.socket->write(std::string(1024, '\n'));
  settle();
  EXPECT_THAT(heard_.events, testing::IsEmpty());
  peer_.socket->write("\n");
  ASSERT_TRUE(until_heard("plaintext behind tls"));
}

TEST_F(SocketTransportTlsTest, AStrangerMayNotSendVeryManyRecords) {
  secure();
  std::string wire;
  for (int i = 0; i < 1000; ++i) client_.engine->send(" ", wire);
  peer_.socket->write(wire);
  ASSERT_TRUE(until([this] { return heard_.events.back().starts_with("over tls_records"); }));
  EXPECT_THAT(heard_.events.back(), HasSubstr("more than 300 TLS records"));
  // It reads why.
  transport_->send("too much");
  transport_->close();
  ASSERT_TRUE(until([this] { return peer_plain_ == "too much"; }));
}

TEST_F(SocketTransportTlsTest, SomebodyKnownMaySendVeryManyRecords) {
  secure();
  heard_.no_stranger = true;
  const std::string space(1000, ' ');
  std::string wire;
  for (const char octet : space) client_.engine->send({&octet, 1}, wire);
  peer_.socket->write(wire);
  ASSERT_TRUE(until_plain(space));
}

TEST_F(SocketTransportTlsTest, TellsWhichLimitEndedAnEstablishedSession) {
  secure();
  heard_.no_stranger = true;
  std::string wire;
  for (int i = 0; i < 17; ++i) {
    SSL_key_update(client_.ssl, SSL_KEY_UPDATE_NOT_REQUESTED);
    client_.engine->send("x", wire);
  }
  peer_.socket->write(wire);
  ASSERT_TRUE(until_heard("lost"));
  EXPECT_EQ(heard_.times("over tls_late_messages"), 1U);
}

// What the owner does with it is its own business: here it takes it, and there it does not.
TEST_F(SocketTransportTlsTest, TellsThatTlsComesFirst) {
  accept();
  heard_.hook = [this](const std::string& event) {
    if (event == "tls first") transport_->begin_tls(server());
  };
  peer_starts();
  ASSERT_TRUE(until_heard("secured"));
  EXPECT_EQ(heard_.times("tls first"), 1U);
  EXPECT_EQ(heard_.plain, "");
  peer_says("hello");
  EXPECT_TRUE(until_plain("hello"));
}

TEST_F(SocketTransportTlsTest, HandsOnWhatIsNotTaken) {
  accept();
  peer_.socket->write("\x16\x03");
  EXPECT_TRUE(until_plain("\x16\x03"));
  EXPECT_THAT(heard_.events, ElementsAre("open", "tls first", "plain"));
}

TEST_F(SocketTransportTlsTest, OnlyTheFirstOctetTellsThatTlsComes) {
  accept();
  peer_.socket->write("<\x16\x03");
  ASSERT_TRUE(until_plain("<\x16\x03"));
  peer_.socket->write("\x16\x03");
  ASSERT_TRUE(until_plain("<\x16\x03\x16\x03"));
  EXPECT_FALSE(heard_.has("tls first"));
}

}  // namespace
}  // namespace portcullis::relay
