// Unit tests of Worker: how it drains, retires and ends.

#include <chrono>

#include "tests/unit/relay/worker_world.h"

namespace portcullis::relay {
namespace {

using namespace std::chrono_literals;

TEST_F(WorkerTest, DrainingWithoutStreamsEndsAtOnce) {
  Port port;
  const auto running = snapshot(port.quoted());
  port.release();
  const auto worker = started(running);
  ASSERT_TRUE(serves(port.number()));
  worker->finish(1s);
  worker->join();
  EXPECT_FALSE(serves(port.number()));
}

TEST_F(WorkerTest, DrainingTellsEveryStream) {
  Port port;
  const auto running = snapshot(port.quoted());
  port.release();
  const auto worker = started(running);
  Client client(loop_, port.number());
  client.socket->write(header());
  ASSERT_TRUE(until([&] { return client.says("<stream:features>"); }));
  worker->finish(1s);
  ASSERT_TRUE(until([&] { return client.ended; }));
  EXPECT_TRUE(client.says("system-shutdown")) << client.bytes;
  EXPECT_TRUE(client.bytes.ends_with("</stream:stream>")) << client.bytes;
  client.socket->shutdown();
  worker->join();
  EXPECT_EQ(limits_->open(), 0U);
}

TEST_F(WorkerTest, DrainingWaitsForNobodyLongerThanItsTime) {
  Port port;
  const auto running = snapshot(port.quoted());
  port.release();
  const auto worker = started(running);
  Client client(loop_, port.number());
  client.socket->write(header());
  ASSERT_TRUE(until([&] { return client.says("<stream:features>"); }));
  const auto began = std::chrono::steady_clock::now();
  worker->finish(1s);
  worker->join();  // the client never closes
  const auto took = std::chrono::steady_clock::now() - began;
  EXPECT_GE(took, 900ms);
  EXPECT_LT(took, 20s);
}

TEST_F(WorkerTest, RetiringClosesTheDoorAndLetsStreamsGoOn) {
  Port port;
  const auto running = snapshot(port.quoted());
  port.release();
  const auto worker = started(running);
  Client client(loop_, port.number());
  client.socket->write(header());
  ASSERT_TRUE(until([&] { return client.says("<stream:features>"); }));
  worker->retire(Worker::Closing::kOfStrangers);
  ASSERT_TRUE(until([&] { return !serves(port.number()); }));
  EXPECT_FALSE(client.over());
  client.socket->write("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
  EXPECT_TRUE(until([&] { return client.says("<proceed"); }));
  EXPECT_FALSE(worker->finished());
  EXPECT_EQ(worker->streams().all, 1U);
  client.socket.reset();
  EXPECT_TRUE(until([&] { return worker->finished(); })) << "nobody is left";
  worker->join();
}

TEST_F(WorkerTest, FinishingEndsWhatARetiredWorkerStillHas) {
  Port port;
  const auto running = snapshot(port.quoted());
  port.release();
  const auto worker = started(running);
  Client client(loop_, port.number());
  client.socket->write(header());
  ASSERT_TRUE(until([&] { return client.says("<stream:features>"); }));
  worker->retire(Worker::Closing::kOfStrangers);
  worker->finish(10s);
  ASSERT_TRUE(until([&] { return client.ended; }));
  EXPECT_TRUE(client.says("system-shutdown")) << client.bytes;
  worker->finish(100ms);  // whoever asks a second time waits no longer for one that does not close
  worker->join();
}

TEST_F(WorkerTest, AdoptsNothingWhileItDrains) {
  Port a, b;
  const auto running = snapshot(a.quoted());
  const auto next = snapshot(b.quoted());
  a.release();
  const auto worker = started(running);
  Client client(loop_, a.number());
  client.socket->write(header());
  ASSERT_TRUE(until([&] { return client.says("<stream:features>"); }));
  worker->finish(1s);
  b.release();
  adopt(*worker, next, running);
  worker->join();
  EXPECT_FALSE(serves(b.number()));
}

TEST_F(WorkerTest, MayBeDestroyedWhileItServes) {
  Port port;
  const auto running = snapshot(port.quoted());
  port.release();
  auto worker = started(running);
  Client client(loop_, port.number());
  client.socket->write(header());
  ASSERT_TRUE(until([&] { return client.says("<stream:features>"); }));
  worker.reset();
  EXPECT_TRUE(until([&] { return client.over(); }));
  EXPECT_EQ(limits_->open(), 0U);
}

TEST_F(WorkerTest, OneThatWasNeverStartedMayBeDestroyed) {
  Port port;
  const auto running = snapshot(port.quoted());
  port.release();
  const auto made = make(running);
  EXPECT_TRUE(made);
}

}  // namespace
}  // namespace portcullis::relay
