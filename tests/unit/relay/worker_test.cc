// Unit tests of Worker: its listeners, and what it adopts.

#include "proxy/relay/worker.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "tests/unit/relay/worker_world.h"

namespace portcullis::relay {
namespace {

using testing::HasSubstr;

// ---- Listeners

TEST_F(WorkerTest, ServesEveryListenerOfTheConfiguration) {
  Port a, b;
  const auto running = snapshot(a.quoted() + ", " + b.quoted());
  a.release();
  b.release();
  const auto worker = started(running);
  EXPECT_TRUE(serves(a.number()));
  EXPECT_TRUE(serves(b.number()));
}

TEST_F(WorkerTest, TwoWorkersShareAPort) {
  Port port;
  const auto running = snapshot(port.quoted());
  port.release();
  const auto one = started(running);
  const auto other = started(running);
  EXPECT_TRUE(serves(port.number()));
}

TEST_F(WorkerTest, APortInUseIsAnErrorThatNamesIt) {
  Port free;
  const Port taken;
  const auto wanted = snapshot(free.quoted() + ", " + taken.quoted());
  free.release();
  const auto made = make(wanted);
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().message, HasSubstr("127.0.0.1:" + std::to_string(taken.number())));
}

TEST_F(WorkerTest, IsAliveOnceItRuns) {
  Port port;
  const auto running = snapshot(port.quoted());
  port.release();
  const auto worker = started(running);
  EXPECT_TRUE(worker->alive());
}

TEST_F(WorkerTest, RefusesInWordsWhatIsOverTheLimitAndCountsIt) {
  Port port;
  const auto running = snapshot(port.quoted());
  port.release();
  policy::Limits few;
  few.inbound_connections = 1;
  few.refused_connections = 1;
  limits_ = limits_with(few);
  const auto worker = started(running);
  Client first(loop_, port.number());
  first.socket->write(header());
  ASSERT_TRUE(until([&] { return first.says("<stream:features>"); }));
  Client second(loop_, port.number());
  ASSERT_TRUE(until([&] { return second.over(); }));
  EXPECT_TRUE(second.says("<resource-constraint")) << second.bytes;
  EXPECT_EQ(books_.count("limit_hits_total", "limit=\"inbound_connections\""), 1);
  // It has not closed its side yet, so it is the one that may linger. The next one hears nothing.
  Client third(loop_, port.number());
  ASSERT_TRUE(until([&] { return third.over(); }));
  EXPECT_EQ(third.bytes, "");
  EXPECT_EQ(books_.count("limit_hits_total", "limit=\"refused_connections\""), 1);
  EXPECT_EQ(books_.count("limit_hits_total", "limit=\"inbound_connections\""), 2);
  EXPECT_EQ(limits_->open(), 1U) << "who was refused has no place";
  EXPECT_FALSE(first.over());
}

TEST_F(WorkerTest, AFloodOfOneAddressIsRefusedBeforeItTakesAPlace) {
  Port port;
  const auto running = snapshot(port.quoted());
  port.release();
  policy::Limits few;
  few.burst_per_address = 3;
  few.rate_per_address = 1;
  few.refused_connections = 2;
  limits_ = limits_with(few);
  const auto worker = started(running);
  std::vector<std::unique_ptr<Client>> flood;
  for (int i = 0; i < 50; ++i) flood.push_back(std::make_unique<Client>(loop_, port.number()));
  const auto over = [&] {
    return std::count_if(flood.begin(), flood.end(), [](const auto& one) { return one->over(); });
  };
  ASSERT_TRUE(until([&] { return over() >= 45; }));
  EXPECT_LE(limits_->open(), 5U);
  EXPECT_GE(books_.count("limit_hits_total", "limit=\"rate_per_address\""), 45);
}

// The handshake fails because it goes over a limit: that is one offence and not two.
TEST_F(WorkerTest, AHelloThatIsTooLongCountsAsOneMoreConnection) {
  Port port;
  const auto running = snapshot(port.quoted());
  port.release();
  policy::Limits few;
  few.burst_per_address = 3;
  few.rate_per_address = 1;
  limits_ = limits_with(few);
  const auto worker = started(running);
  Client offender(loop_, port.number());
  offender.socket->write(header());
  ASSERT_TRUE(until([&] { return offender.says("<stream:features>"); }));
  offender.socket->write("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
  ASSERT_TRUE(until([&] { return offender.says("<proceed"); }));
  // One record, in which a ClientHello of 20 KiB begins.
  offender.socket->write(std::string("\x16\x03\x01\x00\x04\x01\x00\x50\x00", 9));
  ASSERT_TRUE(until([&] { return offender.over(); }));
  EXPECT_EQ(books_.count("limit_hits_total", "limit=\"tls_hello\""), 1);
  EXPECT_TRUE(serves(port.number()));
  EXPECT_EQ(books_.count("limit_hits_total", "limit=\"rate_per_address\""), 0);
}

TEST_F(WorkerTest, APlaceIsFreeAgainOnceAConnectionIsGone) {
  Port port;
  const auto running = snapshot(port.quoted());
  port.release();
  const auto worker = started(running);
  ASSERT_TRUE(serves(port.number()));
  EXPECT_TRUE(until([this] { return limits_->open() == 0; }));
}

// ---- A newer snapshot

TEST_F(WorkerTest, AdoptingOpensAndClosesListeners) {
  Port a, b, c;
  const auto running = snapshot(a.quoted() + ", " + b.quoted());
  const auto next = snapshot(b.quoted() + ", " + c.quoted());
  a.release();
  b.release();
  const auto worker = started(running);
  ASSERT_TRUE(serves(a.number()));
  c.release();
  adopt(*worker, next, running);
  // The new one listens from prepare() on, and its listener is served before the old one is closed.
  EXPECT_TRUE(serves(c.number()));
  EXPECT_TRUE(until([&] { return !serves(a.number()); }));
  EXPECT_TRUE(serves(b.number()));
}

TEST_F(WorkerTest, AStreamLivesOnWhenItsListenerIsClosed) {
  Port a, b;
  const auto running = snapshot(a.quoted());
  const auto next = snapshot(b.quoted());
  a.release();
  const auto worker = started(running);
  Client client(loop_, a.number());
  client.socket->write(header());
  ASSERT_TRUE(until([&] { return client.says("<stream:features>"); }));
  b.release();
  adopt(*worker, next, running);
  ASSERT_TRUE(until([&] { return !serves(a.number()); }));
  EXPECT_FALSE(client.over());
  client.socket->write("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
  EXPECT_TRUE(until([&] { return client.says("<proceed"); }));
}

TEST_F(WorkerTest, NothingIsTakenOverWhereANewPortIsInUse) {
  Port a;
  const Port taken;
  const auto running = snapshot(a.quoted());
  a.release();
  const auto worker = started(running);
  const auto takeover = Takeover::prepare(snapshot(taken.quoted()), &running->config(), 1);
  ASSERT_FALSE(takeover);
  EXPECT_THAT(takeover.error().message, HasSubstr(std::to_string(taken.number())));
  EXPECT_TRUE(serves(a.number()));
}

TEST_F(WorkerTest, NewConnectionsGetTheNewSnapshot) {
  world_.certify("new", test::leaf_spec("new.example"));
  Port port;
  const auto running = snapshot(port.quoted());
  const auto next =
      snapshot(port.quoted(),
               "[[host]]\ndomain = \"new.example\"\n"
               "certificates = [ { chain = \"new.pem\", key = \"new.key\" } ]\n"
               "[host.backend]\ns2s = \"127.0.0.1:1\"\ncertificate = \"backend.pem\"\n");
  port.release();
  const auto worker = started(running);
  EXPECT_FALSE(serves(port.number(), "new.example"));
  adopt(*worker, next, running);
  EXPECT_TRUE(until([&] { return serves(port.number(), "new.example"); }));
  EXPECT_TRUE(serves(port.number()));
}

}  // namespace
}  // namespace portcullis::relay
