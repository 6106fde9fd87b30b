// Unit tests of Worker: its listeners, what it adopts and how it ends, over real sockets.

#include "proxy/relay/worker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proxy/net/signals.h"
#include "tests/unit/net/harness.h"
#include "tests/unit/relay/limits_support.h"
#include "tests/unit/relay/record_support.h"
#include "tests/unit/relay/snapshot_world.h"

namespace portcullis::relay {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

std::string header(const std::string& to = "legacy.example") {
  return "<?xml version='1.0'?><stream:stream xmlns='jabber:server' "
         "xmlns:stream='http://etherx.jabber.org/streams' from='peer.example' version='1.0' to='" +
         to + "'>";
}

// A port of loopback that nobody listens on. It is ours while this lives, because nobody shares it.
class Port {
 public:
  Port() : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const auto any = net::test::loopback();
    EXPECT_EQ(::bind(descriptor_, any.raw(), any.raw_size()), 0);
    sockaddr_storage bound{};
    socklen_t size = sizeof bound;
    EXPECT_EQ(::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&bound), &size), 0);
    number_ = net::SocketAddress::from(reinterpret_cast<const sockaddr*>(&bound)).port();
  }
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;
  ~Port() { release(); }
  void release() {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
  }
  std::uint16_t number() const { return number_; }
  std::string quoted() const { return "\"127.0.0.1:" + std::to_string(number_) + "\""; }

 private:
  int descriptor_;
  std::uint16_t number_ = 0;
};

class WorkerTest : public testing::Test {
 protected:
  WorkerTest() { net::ignore_sigpipe(); }  // as the program does at its start

  // With these s2s listeners.
  SnapshotPtr snapshot(const std::string& listeners, const std::string& more = "") const {
    const std::string toml = "version = 1\n[listen]\ns2s = [" + listeners +
                             "]\ns2s_direct = []\n[outbound]\nlisten = []\n"
                             "[dns]\nservers = [\"127.0.0.1:1\"]\n[local_ca]\n"
                             "directory = \"ca\"\n[[host]]\ndomain = \"legacy.example\"\n"
                             "certificates = [ { chain = \"host.pem\", key = \"host.key\" } ]\n"
                             "[host.backend]\ns2s = \"127.0.0.1:1\"\n"
                             "certificate = \"backend.pem\"\n[s2s]\nroots = \"roots.pem\"\n" +
                             more;
    auto loaded = policy::load_config(toml, world_.path("p.toml"));
    EXPECT_TRUE(loaded.config) << (loaded.diagnostics.empty() ? "" : loaded.diagnostics[0].text());
    auto built = Snapshot::build(std::move(loaded.config.value()), test::kNow);
    EXPECT_TRUE(built.snapshot) << texts(built);
    return built.snapshot;
  }
  Result<std::unique_ptr<Worker>> make(const SnapshotPtr& snapshot) {
    auto takeovers = Takeover::prepare(snapshot, nullptr, 1);
    if (!takeovers) return tl::unexpected(takeovers.error());
    if (auto done = Takeover::listen(*takeovers); !done) return tl::unexpected(done.error());
    return Worker::make(std::move(takeovers->front()),
                        {limits_, ids_, books_.metrics(), books_.log(), limit_hits_,
                         books_.backends(), books_.clock(), held_, dials_});
  }
  std::unique_ptr<Worker> started(const SnapshotPtr& snapshot) {
    auto made = make(snapshot);
    EXPECT_TRUE(made) << made.error().message;
    (*made)->start();
    return std::move(*made);
  }
  static void adopt(Worker& worker, const SnapshotPtr& next, const SnapshotPtr& running) {
    auto takeovers = Takeover::prepare(next, &running->config(), 1);
    ASSERT_TRUE(takeovers) << takeovers.error().message;
    ASSERT_TRUE(Takeover::listen(*takeovers));
    worker.adopt(std::move(takeovers->front()));
  }
  bool until(const std::function<bool()>& condition) {
    return net::test::run_until(loop_, condition);
  }

  struct Client : net::test::Recorder {
    Client(net::Loop& loop, std::uint16_t port) {
      socket = std::make_unique<net::TcpSocket>(loop, *this);
      socket->read_start();
      socket->connect(net::test::loopback(port));
    }
    bool says(std::string_view words) const { return bytes.find(words) != std::string::npos; }
    bool over() const { return ended || errors > 0; }
  };
  // Whether somebody takes connections at this port, and answers a stream to this domain.
  bool serves(std::uint16_t port, const std::string& to = "legacy.example") {
    Client client(loop_, port);
    client.socket->write(header(to));
    return until([&] { return client.over() || client.says("<stream:features>"); }) &&
           client.says("<stream:features>");
  }

  SnapshotWorld world_;
  Books books_;
  std::shared_ptr<ConnectionLimits> limits_ = limits_with(policy::Limits());
  HeldBytes held_{policy::Limits().held_bytes};
  telemetry::LimitHits limit_hits_{books_.metrics(), books_.log()};
  LogIds ids_{test::kNow};
  DialLimits dials_;
  net::Loop loop_;
};

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

// ---- The end

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
