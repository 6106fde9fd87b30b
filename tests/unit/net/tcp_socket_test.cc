// How a connection comes about, and what is written and read while it stands.

#include "proxy/net/tcp_socket.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "tests/unit/net/harness.h"

namespace portcullis::net {
namespace {

using test::loopback;
using test::Pair;
using test::process_address;
using test::Recorder;
using test::run_until;

TEST(TcpSocket, CarriesBytesBothWays) {
  Loop loop;
  Pair pair(loop);
  ASSERT_TRUE(pair.client.connected);
  pair.server.socket->read_start();
  pair.client.socket->read_start();
  pair.client.socket->write("ping");
  EXPECT_TRUE(run_until(loop, [&] { return pair.server.bytes == "ping"; }));
  pair.server.socket->write("pong");
  EXPECT_TRUE(run_until(loop, [&] { return pair.client.bytes == "pong"; }));
  EXPECT_EQ(pair.client.socket->peer(), pair.listener->address());
  EXPECT_EQ(pair.server.socket->peer(), pair.client.socket->local());
}

// Both for the side that connected, whose SYN the kernel counts, and for the other.
TEST(TcpSocket, CountsWhatTheOtherKernelHasAcknowledged) {
  for (const bool connected : {true, false}) {
    Loop loop;
    Pair pair(loop);
    auto& one = connected ? pair.client : pair.server;
    auto& other = connected ? pair.server : pair.client;
    EXPECT_EQ(one.socket->acknowledged().octets, 0U);
    one.socket->write("four");
    EXPECT_TRUE(run_until(loop, [&] { return one.socket->acknowledged().octets == 4; }));
    // What was written, but not acknowledged, because the other side has no room for it.
    const std::string much(std::size_t{32} << 20, 'x');
    one.socket->write(much);
    for (int i = 0; i < 20; ++i) uv_run(loop.raw(), UV_RUN_NOWAIT);
    const auto stuck = one.socket->acknowledged().octets;
    EXPECT_LT(stuck, much.size());
    EXPECT_FALSE(one.socket->acknowledged().over);
    other.socket->reset();
    one.socket->read_start();
    EXPECT_TRUE(run_until(loop, [&] { return one.errors > 0; }));
    EXPECT_TRUE(one.socket->acknowledged().over);
    EXPECT_GE(one.socket->acknowledged().octets, stuck);
    EXPECT_LT(one.socket->acknowledged().octets, much.size());
    const auto last = one.socket->acknowledged().octets;
    one.socket->reset();
    EXPECT_EQ(one.socket->acknowledged().octets, last);
  }
}

TEST(TcpSocket, RefusedConnectIsToldLaterAndOnce) {
  Loop loop;
  SocketAddress nobody;
  {
    auto listener = Listener::listen(loop, process_address(), [](const auto&, const auto&) {});
    nobody = (*listener)->address();
  }
  Recorder client;
  client.socket = std::make_unique<TcpSocket>(loop, client);
  client.socket->connect(nobody);
  EXPECT_EQ(client.errors, 0);
  EXPECT_TRUE(run_until(loop, [&] { return client.errors > 0; }));
  EXPECT_EQ(client.error, UV_ECONNREFUSED);
  client.socket->write("x");
  client.socket->read_start();
  EXPECT_EQ(client.socket->queued_bytes(), 0U);
  EXPECT_EQ(client.errors, 1);
}

TEST(TcpSocket, ConnectToNoAddressFailsAsynchronously) {
  Loop loop;
  Recorder client;
  client.socket = std::make_unique<TcpSocket>(loop, client);
  client.socket->connect(SocketAddress());
  EXPECT_EQ(client.errors, 0);
  EXPECT_TRUE(run_until(loop, [&] { return client.errors == 1; }));
}

TEST(TcpSocket, DestroyedBeforeTheFailureIsToldStaysSilent) {
  Loop loop;
  Recorder client;
  client.socket = std::make_unique<TcpSocket>(loop, client);
  client.socket->connect(SocketAddress());
  client.socket.reset();
  for (int i = 0; i < 5; ++i) uv_run(loop.raw(), UV_RUN_NOWAIT);
  EXPECT_EQ(client.errors, 0);
}

TEST(TcpSocket, WritesBeforeTheConnectionStandsAreKeptInOrder) {
  Loop loop;
  Recorder server;
  auto listener =
      std::move(*Listener::listen(loop, loopback(), [&](const auto& accept, const auto&) {
        server.socket = accept(server);
        server.socket->read_start();
      }));
  Recorder client;
  client.socket = std::make_unique<TcpSocket>(loop, client);
  client.socket->write("a");
  client.socket->connect(listener->address());
  client.socket->write("b");
  EXPECT_EQ(client.socket->queued_bytes(), 2U);
  client.socket->shutdown();
  EXPECT_TRUE(run_until(loop, [&] { return server.ended; }));
  EXPECT_EQ(server.bytes, "ab");
  EXPECT_EQ(client.drained, 1);
}

TEST(TcpSocket, QueuesWhatTheKernelDoesNotTakeAndTellsWhenDrained) {
  Loop loop;
  Pair pair(loop);
  const std::size_t total = 32 * 1024 * 1024;
  pair.client.socket->write(std::string(total, 'x'));
  const std::size_t queued = pair.client.socket->queued_bytes();
  EXPECT_GT(queued, 0U);
  EXPECT_LT(queued, total);
  pair.client.socket->write("tail");
  EXPECT_EQ(pair.client.socket->queued_bytes(), queued + 4);
  EXPECT_EQ(pair.client.drained, 0);
  pair.server.socket->read_start();
  EXPECT_TRUE(run_until(loop, [&] { return pair.server.bytes.size() == total + 4; }));
  EXPECT_TRUE(run_until(loop, [&] { return pair.client.drained == 1; }));
  EXPECT_EQ(pair.client.socket->queued_bytes(), 0U);
  EXPECT_TRUE(pair.server.bytes.ends_with("xtail"));
}

TEST(TcpSocket, CountsAnewWhatIsAcknowledged) {
  Loop loop;
  Pair pair(loop);
  pair.client.socket->write("five!");
  ASSERT_TRUE(run_until(loop, [&] { return pair.client.socket->acknowledged().octets == 5; }));
  pair.client.socket->count_acknowledged_anew();
  EXPECT_EQ(pair.client.socket->acknowledged().octets, 0U);
  EXPECT_FALSE(pair.client.socket->acknowledged().over);
  pair.client.socket->write("four");
  EXPECT_TRUE(run_until(loop, [&] { return pair.client.socket->acknowledged().octets == 4; }));
}

TEST(TcpSocket, ManySmallQueuedWritesKeepTheirOrder) {
  Loop loop;
  Pair pair(loop);
  std::string expected(16 * 1024 * 1024, 'x');
  pair.client.socket->write(expected);
  for (int i = 0; i < 20'000; ++i) {
    const std::string piece = std::to_string(i) + (i % 5000 == 0 ? std::string(9000, 'y') : ",");
    expected += piece;
    pair.client.socket->write(piece);
  }
  pair.client.socket->shutdown();
  pair.client.socket->write("lost: after the end");
  pair.server.socket->read_start();
  EXPECT_TRUE(run_until(loop, [&] { return pair.server.ended; }));
  EXPECT_TRUE(pair.server.bytes == expected);
}

TEST(TcpSocket, WhatIsWrittenFromABufferKeepsItsPlaceAndMayChangeAfterwards) {
  Loop loop;
  Pair pair(loop);
  std::string expected;
  std::string buffer(std::size_t{5} << 20, 'x');
  for (const char letter : {'a', 'b', 'c'}) {
    buffer.assign(buffer.size(), letter);
    pair.client.socket->write(buffer);
    pair.client.socket->write("|");
    expected += buffer + "|";
  }
  buffer.assign(buffer.size(), 'z');
  EXPECT_GT(pair.client.socket->queued_bytes(), 0U);
  pair.client.socket->shutdown();
  pair.client.socket->write("lost: after the end");
  pair.server.socket->read_start();
  EXPECT_TRUE(run_until(loop, [&] { return pair.server.ended; }));
  EXPECT_TRUE(pair.server.bytes == expected);
  EXPECT_EQ(pair.client.socket->queued_bytes(), 0U);
}

TEST(TcpSocket, SmallWriteLeavesNothingQueuedAndDoesNotTellDrained) {
  Loop loop;
  Pair pair(loop);
  pair.client.socket->write("x");
  EXPECT_EQ(pair.client.socket->queued_bytes(), 0U);
  pair.server.socket->read_start();
  EXPECT_TRUE(run_until(loop, [&] { return pair.server.bytes == "x"; }));
  EXPECT_EQ(pair.client.drained, 0);
}

TEST(TcpSocket, StoppedReadingDeliversNothing) {
  Loop loop;
  Pair pair(loop);
  pair.server.socket->read_start();
  pair.server.hook = [&] { pair.server.socket->read_stop(); };
  pair.client.socket->write(std::string(200'000, 'x'));
  EXPECT_TRUE(run_until(loop, [&] { return !pair.server.bytes.empty(); }));
  const std::size_t first = pair.server.bytes.size();
  EXPECT_LE(first, 64U * 1024);
  for (int i = 0; i < 5; ++i) uv_run(loop.raw(), UV_RUN_NOWAIT);
  EXPECT_EQ(pair.server.bytes.size(), first);
  pair.server.hook = nullptr;
  pair.server.socket->read_start();
  EXPECT_TRUE(run_until(loop, [&] { return pair.server.bytes.size() == 200'000; }));
}

}  // namespace
}  // namespace portcullis::net
