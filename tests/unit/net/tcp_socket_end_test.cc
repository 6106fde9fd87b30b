// How a connection ends: closed on one side, reset, dead, or destroyed with its object.

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "proxy/net/tcp_socket.h"
#include "tests/unit/net/harness.h"

namespace portcullis::net {
namespace {

using test::loopback;
using test::Pair;
using test::Recorder;
using test::run_until;

TEST(TcpSocket, HalfClosedPeerCanStillBeAnswered) {
  Loop loop;
  Pair pair(loop);
  pair.server.socket->read_start();
  pair.client.socket->read_start();
  pair.client.socket->shutdown();
  EXPECT_TRUE(run_until(loop, [&] { return pair.server.ended; }));
  pair.server.socket->read_start();  // harmless
  pair.server.socket->write("goodbye");
  EXPECT_TRUE(run_until(loop, [&] { return pair.client.bytes == "goodbye"; }));
  EXPECT_FALSE(pair.client.ended);
  pair.server.socket->shutdown();
  EXPECT_TRUE(run_until(loop, [&] { return pair.client.ended; }));
  EXPECT_EQ(pair.server.errors + pair.client.errors, 0);
}

TEST(TcpSocket, EndIsToldOnceEvenIfReadingRestarts) {
  Loop loop;
  Pair pair(loop);
  int ends = 0;
  pair.server.hook = [&] { ends += pair.server.ended ? 1 : 0; };
  pair.server.socket->read_start();
  pair.client.socket.reset();
  EXPECT_TRUE(run_until(loop, [&] { return pair.server.ended; }));
  pair.server.socket->read_stop();
  pair.server.socket->read_start();
  for (int i = 0; i < 5; ++i) uv_run(loop.raw(), UV_RUN_NOWAIT);
  EXPECT_EQ(ends, 1);
}

TEST(TcpSocket, ResetArrivesAsAnError) {
  Loop loop;
  Pair pair(loop);
  pair.server.socket->read_start();
  pair.client.socket->reset();
  EXPECT_TRUE(run_until(loop, [&] { return pair.server.errors == 1; }));
  EXPECT_EQ(pair.server.error, UV_ECONNRESET);
  EXPECT_FALSE(pair.server.ended);
  EXPECT_EQ(pair.client.errors, 0);
}

TEST(TcpSocket, ResetAfterShutdownAndWithQueuedDataWorks) {
  Loop loop;
  Pair pair(loop);
  pair.client.socket->write(std::string(32 * 1024 * 1024, 'x'));
  pair.client.socket->shutdown();
  pair.client.socket->reset();
  EXPECT_EQ(pair.client.socket->queued_bytes(), 0U);
  pair.server.socket->read_start();
  EXPECT_TRUE(run_until(loop, [&] { return pair.server.errors == 1; }));
  EXPECT_FALSE(pair.server.ended);
}

TEST(TcpSocket, ResetBeforeConnectIsHarmless) {
  Loop loop;
  Recorder client;
  client.socket = std::make_unique<TcpSocket>(loop, client);
  client.socket->reset();
  client.socket->connect(loopback(1));
  for (int i = 0; i < 5; ++i) uv_run(loop.raw(), UV_RUN_NOWAIT);
  EXPECT_EQ(client.errors, 0);
}

TEST(TcpSocket, WriteFromABufferToADeadConnectionIsAnErrorOnce) {
  Loop loop;
  Pair pair(loop);
  pair.server.socket->reset();
  pair.server.socket.reset();
  EXPECT_TRUE(run_until(loop, [&] {
    pair.client.socket->write("x");
    return pair.client.errors > 0;
  }));
  for (int i = 0; i < 5; ++i) uv_run(loop.raw(), UV_RUN_NOWAIT);
  EXPECT_EQ(pair.client.errors, 1);
  EXPECT_EQ(pair.client.socket->queued_bytes(), 0U);
}

TEST(TcpSocket, WriteToADeadConnectionIsAnErrorOnce) {
  Loop loop;
  Pair pair(loop);
  pair.server.socket->reset();
  pair.server.socket.reset();
  EXPECT_TRUE(run_until(loop, [&] {
    pair.client.socket->write("x");
    return pair.client.errors > 0;
  }));
  for (int i = 0; i < 5; ++i) uv_run(loop.raw(), UV_RUN_NOWAIT);
  EXPECT_EQ(pair.client.errors, 1);
}

// What a peer said before it closed must not be lost because we were still writing.
TEST(TcpSocket, LastWordsAreReadEvenIfWritingFailed) {
  Loop loop;
  Pair pair(loop);
  pair.client.socket->write("unread by the server, so that its close sends RST");
  pair.server.socket->write("last words");
  pair.server.socket.reset();
  for (int i = 0; i < 5; ++i) uv_run(loop.raw(), UV_RUN_NOWAIT);
  pair.client.socket->read_start();
  for (int i = 0; i < 3; ++i) pair.client.socket->write("more");
  EXPECT_TRUE(run_until(loop, [&] { return pair.client.errors == 1; }));
  EXPECT_EQ(pair.client.bytes, "last words");
  EXPECT_FALSE(pair.client.ended);
}

// Our kernel has acknowledged it: who said it believes that it was delivered.
TEST(TcpSocket, WhatArrivedBeforeAResetIsReadEvenIfReadingWasStopped) {
  Loop loop;
  Pair pair(loop);
  const std::string much(40'000, 'x');
  pair.server.socket->write("unread by the client of this test, until its end");
  EXPECT_TRUE(run_until(loop, [&] { return pair.server.socket->acknowledged().octets > 0; }));
  pair.client.socket->read_stop();
  pair.server.socket->write(much);
  EXPECT_TRUE(
      run_until(loop, [&] { return pair.server.socket->acknowledged().octets > much.size(); }));
  pair.server.socket->reset();
  EXPECT_TRUE(run_until(loop, [&] {
    pair.client.socket->write("x");
    return pair.client.errors > 0;
  }));
  EXPECT_GT(pair.client.bytes.size(), much.size());
  EXPECT_EQ(pair.client.errors, 1);
  EXPECT_FALSE(pair.client.ended);
}

TEST(TcpSocket, MayBeDestroyedWhileItReadsTheRest) {
  Loop loop;
  Pair pair(loop);
  pair.server.socket->write(std::string(80'000, 'x'));
  EXPECT_TRUE(run_until(loop, [&] { return pair.server.socket->acknowledged().octets == 80'000; }));
  pair.server.socket->reset();
  pair.client.hook = [&] { pair.client.socket.reset(); };
  EXPECT_TRUE(run_until(loop, [&] {
    if (pair.client.socket) pair.client.socket->write("x");
    return pair.client.socket == nullptr;
  }));
  for (int i = 0; i < 5; ++i) uv_run(loop.raw(), UV_RUN_NOWAIT);
  EXPECT_LE(pair.client.bytes.size(), 64U * 1024);
  EXPECT_EQ(pair.client.errors, 0);
}

TEST(TcpSocket, MayBeDestroyedInEachOfItsCallbacks) {
  for (const std::string in : {"connected", "bytes", "end", "error", "drained"}) {
    Loop loop;
    Pair pair(loop);
    Recorder extra;
    Recorder& target = in == "connected" ? extra : pair.server;
    int calls = 0;
    target.hook = [&] {
      ++calls;
      target.socket.reset();
    };
    if (in == "connected") {
      extra.socket = std::make_unique<TcpSocket>(loop, extra);
      extra.socket->read_start();
      extra.socket->connect(pair.listener->address());
    } else if (in == "drained") {
      pair.server.socket->write(std::string(32 * 1024 * 1024, 'x'));
      pair.client.socket->read_start();
    } else {
      pair.server.socket->read_start();
      if (in == "bytes") pair.client.socket->write("xx");
      if (in == "end") pair.client.socket->shutdown();
      if (in == "error") pair.client.socket->reset();
    }
    EXPECT_TRUE(run_until(loop, [&] { return calls > 0; })) << in;
    for (int i = 0; i < 5; ++i) uv_run(loop.raw(), UV_RUN_NOWAIT);
    EXPECT_EQ(calls, 1) << in;
  }
}

TEST(TcpSocket, DestroyingWithAFullQueueFreesIt) {
  Loop loop;
  Pair pair(loop);
  pair.client.socket->write(std::string(32 * 1024 * 1024, 'x'));
  pair.client.socket->write("queued behind it");
  pair.client.socket.reset();
  for (int i = 0; i < 5; ++i) uv_run(loop.raw(), UV_RUN_NOWAIT);
  EXPECT_EQ(pair.client.drained + pair.client.errors, 0);
}

TEST(TcpSocket, DestroyingWhileConnectingIsSilent) {
  Loop loop;
  auto listener = Listener::listen(loop, loopback(), [](const auto&, const auto&) {});
  Recorder client;
  client.socket = std::make_unique<TcpSocket>(loop, client);
  client.socket->connect((*listener)->address());
  client.socket.reset();
  for (int i = 0; i < 5; ++i) uv_run(loop.raw(), UV_RUN_NOWAIT);
  EXPECT_FALSE(client.connected);
  EXPECT_EQ(client.errors, 0);
}

}  // namespace
}  // namespace portcullis::net
