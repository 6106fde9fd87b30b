// Unit tests of SocketTransport for peers that nobody knows yet: what comes from them waits for its
// turn.

#include <initializer_list>

#include "proxy/relay/socket_transport.h"
#include "tests/support/memory_scheduler.h"
#include "tests/unit/relay/socket_transport_support.h"

namespace portcullis::relay {
namespace {

using testing::Contains;
using testing::Not;
using testing::SizeIs;

class StrangerTransportTest : public SocketTransportTest {
 protected:
  ~StrangerTransportTest() override { transport_.reset(); }
  void accept_stranger() {
    listen([this](const auto& accept, const auto& from) {
      transport_ =
          std::make_unique<SocketTransport>(loop_, heard_, scratch_, accept, from, false, &turns_);
    });
    peer_.socket = std::make_unique<net::TcpSocket>(loop_, peer_);
    peer_.socket->connect(listener_->address());
    ASSERT_TRUE(until([this] { return peer_.connected && transport_ != nullptr; }));
  }

  test::MemoryScheduler later_;
  StrangerTurns turns_{later_, &monotonic_now};
};

TEST_F(StrangerTransportTest, WhatComesWaitsForItsTurnAndNothingMoreIsRead) {
  accept_stranger();
  peer_.socket->write("one");
  ASSERT_TRUE(until([this] { return turns_.waiting() == 1; }));
  peer_.socket->write("two");
  settle();
  EXPECT_EQ(turns_.waiting(), 1U);
  EXPECT_EQ(heard_.plain, "");
  later_.settle(1);
  EXPECT_EQ(heard_.plain, "one");
  ASSERT_TRUE(until([this] { return turns_.waiting() == 1; }));
  later_.settle(1);
  EXPECT_EQ(heard_.plain, "onetwo");
}

// Whoever sends more than strangers mostly do is not read from again, not even in the same turn.
TEST_F(StrangerTransportTest, NothingMoreIsReadHoweverMuchComes) {
  accept_stranger();
  const std::string much(200'000, 'x');
  peer_.socket->write(much);
  ASSERT_TRUE(until([this] { return turns_.waiting() == 1; }));
  settle();
  later_.settle(1);
  EXPECT_GT(heard_.plain.size(), 0U);
  EXPECT_LE(heard_.plain.size(), std::size_t{64} * 1024);
  for (int turn = 0; heard_.plain.size() < much.size(); ++turn) {
    ASSERT_LT(turn, 1000);
    ASSERT_TRUE(until([this] { return turns_.waiting() == 1; }));
    later_.settle(1);
  }
  EXPECT_TRUE(heard_.plain == much);
}

// With the loop's own tasks a turn is had in the same turn of the loop, without a pause between.
TEST_F(StrangerTransportTest, ReadsOnWhereTheTurnComesAtOnce) {
  StrangerTurns turns(loop_, &monotonic_now);
  listen([&](const auto& accept, const auto& from) {
    transport_ =
        std::make_unique<SocketTransport>(loop_, heard_, scratch_, accept, from, false, &turns);
  });
  peer_.socket = std::make_unique<net::TcpSocket>(loop_, peer_);
  peer_.socket->connect(listener_->address());
  ASSERT_TRUE(until([this] { return peer_.connected && transport_ != nullptr; }));
  std::string all;
  for (const std::size_t size : std::initializer_list<std::size_t>{1, 100, 2048, 2049, 60'000, 3}) {
    all += std::string(size, 'x');
    peer_.socket->write(std::string(size, 'x'));
    ASSERT_TRUE(until_plain(all)) << size;
  }
  transport_->close();
  transport_.reset();
}

TEST_F(StrangerTransportTest, WhoIsServedFirstDoesNotWaitAndNothingIsOvertaken) {
  accept_stranger();
  peer_.socket->write("one");
  ASSERT_TRUE(until([this] { return turns_.waiting() == 1; }));
  heard_.no_stranger = true;
  peer_.socket->write("two");
  settle();
  EXPECT_EQ(heard_.plain, "") << "what waits comes first";
  later_.settle(1);
  ASSERT_TRUE(until_plain("onetwo"));
  peer_.socket->write("three");
  ASSERT_TRUE(until_plain("onetwothree"));
  EXPECT_EQ(turns_.waiting(), 0U);
}

TEST_F(StrangerTransportTest, APauseOfTheOwnerOutlastsTheTurn) {
  accept_stranger();
  peer_.socket->write("one");
  ASSERT_TRUE(until([this] { return turns_.waiting() == 1; }));
  transport_->pause_reading();
  later_.settle(1);
  EXPECT_EQ(heard_.plain, "one");
  peer_.socket->write("two");
  settle();
  EXPECT_EQ(turns_.waiting(), 0U);
  transport_->resume_reading();
  ASSERT_TRUE(until([this] { return turns_.waiting() == 1; }));
}

// It began to relay while that waited: whoever relays hears also what comes late, to answer it.
TEST_F(StrangerTransportTest, WhatWaitsIsStillHeardBehindTheCloseOfAStreamThatRelays) {
  accept_stranger();
  peer_.socket->write("one");
  ASSERT_TRUE(until([this] { return turns_.waiting() == 1; }));
  heard_.no_stranger = true;
  transport_->close();
  later_.settle(1);
  EXPECT_EQ(heard_.plain, "one");
}

TEST_F(StrangerTransportTest, MayBeClosedOrDestroyedWhileItWaits) {
  accept_stranger();
  peer_.socket->write("one");
  ASSERT_TRUE(until([this] { return turns_.waiting() == 1; }));
  transport_->close();
  later_.settle(1);
  EXPECT_EQ(heard_.plain, "") << "nothing is heard after close()";
  transport_.reset();

  accept_stranger();
  peer_.socket->write("one");
  ASSERT_TRUE(until([this] { return turns_.waiting() == 1; }));
  transport_.reset();
  EXPECT_EQ(turns_.waiting(), 0U);
}

// A write finds out that the connection was reset, and then what the kernel still has is read, more
// than one read takes, although a part of it waits already.
TEST_F(StrangerTransportTest, KeepsTheOrderAndItsPlaceWhenTheConnectionFails) {
  for (const bool destroyed : {false, true}) {
    heard_ = {};
    accept_stranger();
    peer_.socket->write("one");
    ASSERT_TRUE(until([this] { return turns_.waiting() == 1; }));
    const std::string much(100'000, 'x');
    peer_.socket->write(much);
    settle();
    peer_.socket->reset();
    settle();
    transport_->send("answer");
    settle();
    EXPECT_EQ(turns_.waiting(), 1U);
    EXPECT_THAT(heard_.events, Not(Contains("lost"))) << "what came before is heard first";
    if (destroyed) {
      transport_.reset();
      EXPECT_EQ(turns_.waiting(), 0U);
      continue;
    }
    later_.settle(1);
    EXPECT_EQ(heard_.plain, "one" + much);
    ASSERT_THAT(heard_.events, SizeIs(testing::Ge(2U)));
    EXPECT_EQ(heard_.events.back(), "lost");
    EXPECT_EQ(turns_.waiting(), 0U);
  }
}

}  // namespace
}  // namespace portcullis::relay
