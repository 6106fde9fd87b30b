// Memory that runs out anywhere in the work for one stream: that stream ends, and all others go on.
//
// A real worker serves real sockets. A client logs in and talks through it, again and again, and
// each time one more allocation of the worker's thread fails than the time before.

#include <gtest/gtest.h>

#include <array>
#include <future>
#include <new>

#include "proxy/net/signals.h"
#include "proxy/relay/worker.h"
#include "tests/unit/net/harness.h"
#include "tests/unit/relay/failing_new.h"
#include "tests/unit/relay/limits_support.h"
#include "tests/unit/relay/record_support.h"
#include "tests/unit/relay/snapshot_world.h"
#include "tests/unit/tls/engine_pair.h"

namespace portcullis::relay {
namespace {

const std::string kHeader =
    "<?xml version='1.0'?><stream:stream xmlns='jabber:client' "
    "xmlns:stream='http://etherx.jabber.org/streams' to='legacy.example' version='1.0'>";

// A server for clients that lets everybody in and sends each stanza back.
class Backend {
 public:
  explicit Backend(net::Loop& loop) {
    auto made = net::Listener::listen(loop, net::test::loopback(),
                                      [this](const auto& accept, const auto&) { take(accept); });
    EXPECT_TRUE(made) << made.error().message;
    listener_ = std::move(*made);
  }
  std::uint16_t port() const { return listener_->address().port(); }

 private:
  struct Session : net::test::Recorder {
    std::size_t step = 0;
  };
  void take(const net::Listener::Accept& accept) {
    sessions_.push_back(std::make_unique<Session>());
    auto& session = *sessions_.back();
    session.socket = accept(session);
    session.socket->read_start();
    session.hook = [&session] { answer(session); };
  }
  static void answer(Session& session) {
    static const std::string header =
        "<?xml version='1.0'?><stream:stream xmlns='jabber:client' id='b' from='legacy.example' "
        "xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>";
    static const std::array<std::pair<std::string, std::string>, 3> script{
        {{"version='1.0'>", header +
                                "<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-"
                                "sasl'><mechanism>PLAIN</mechanism></mechanisms>"
                                "</stream:features>"},
         {"</auth>", "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>"},
         {"version='1.0'>", header +
                                "<stream:features><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"
                                "</stream:features>"}}};
    if (session.ended || session.errors > 0) return session.socket->shutdown();
    if (session.step == script.size())
      return session.socket->write(std::exchange(session.bytes, {}));
    const auto& [awaited, said] = script.at(session.step);
    if (session.bytes.find(awaited) == std::string::npos) return;
    session.bytes.clear();
    ++session.step;
    session.socket->write(said);
  }

  std::unique_ptr<net::Listener> listener_;
  std::vector<std::unique_ptr<Session>> sessions_;
};

// A client over TLS that logs in, and then may talk.
class Client final : public net::test::Recorder {
 public:
  Client(net::Loop& loop, std::uint16_t port) {
    socket = std::make_unique<net::TcpSocket>(loop, *this);
    hook = [this] { go_on(); };
    socket->read_start();
    socket->connect(net::test::loopback(port));
  }
  void say(const std::string& text) {
    std::string wire;
    tls_.engine->send(text, wire);
    socket->write(wire);
  }
  bool has(std::string_view text) const { return heard_.find(text) != std::string::npos; }
  bool is_logged_in() const { return step_ == kScript.size(); }
  bool is_over() const { return ended || errors > 0 || tls_.engine->state() > kTalking; }
  const std::string& heard() const { return heard_; }

 private:
  static constexpr auto kTalking = tls::Engine::State::kEstablished;
  struct Step {
    std::string says, awaits;
  };
  inline static const std::array<Step, 3> kScript{
      {{kHeader, "</stream:features>"},
       {"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGEAYg==</auth>",
        "<success"},
       {kHeader, "<bind"}}};

  void go_on() {
    std::string wire;
    if (connected && !std::exchange(started_, true)) tls_.engine->start(wire);
    if (const auto came = std::exchange(bytes, {}); !came.empty())
      tls_.engine->receive(came, heard_, wire);
    socket->write(std::exchange(wire, {}));
    if (tls_.engine->state() != kTalking || is_logged_in()) return;
    if (!std::exchange(said_, true)) say(kScript.at(step_).says);
    if (!has(kScript.at(step_).awaits)) return;
    heard_.clear();
    said_ = false;
    if (++step_ < kScript.size()) go_on();
  }

  tls::RawClient tls_;
  std::string heard_;
  std::size_t step_ = 0;
  bool started_ = false;
  bool said_ = false;
};

class AllocationFailureTest : public testing::Test {
 protected:
  AllocationFailureTest() {
    test::spare_this_thread();
    net::ignore_sigpipe();
    // The port is asked of a listener that is closed again. Nobody else takes it: see WorkerTest.
    auto probe =
        net::Listener::listen(loop_, net::test::loopback(), [](const auto&, const auto&) {});
    port_ = (*probe)->address().port();
    probe->reset();
    auto takeovers = Takeover::prepare(snapshot(), nullptr, 1);
    EXPECT_TRUE(takeovers && Takeover::listen(*takeovers));
    auto made = Worker::make(std::move(takeovers->front()),
                             {limits_, ids_, books_.metrics(), books_.log(), limit_hits_,
                              books_.backends(), books_.clock(), held_, newcomers_, dials_});
    EXPECT_TRUE(made) << made.error().message;
    worker_ = std::move(*made);
    worker_->start();
  }
  ~AllocationFailureTest() override {
    test::fail_allocation(0);
    worker_.reset();
  }

  SnapshotPtr snapshot() const {
    const std::string toml =
        "version = 1\n[listen]\ns2s = \"off\"\ns2s_direct = \"off\"\nc2s = \"off\"\n"
        "c2s_direct = [\"127.0.0.1:" +
        std::to_string(port_) +
        "\"]\n[outbound]\nlisten = []\n[dns]\nservers = [\"127.0.0.1:1\"]\n[local_ca]\n"
        "directory = \"ca\"\n[[host]]\ndomain = \"legacy.example\"\n"
        "certificates = [ { chain = \"host.pem\", key = \"host.key\" } ]\n"
        "[host.backend]\nc2s = \"127.0.0.1:" +
        std::to_string(backend_.port()) + "\"\ncertificate = \"backend.pem\"\n";
    auto loaded = policy::load_config(toml, world_.path("p.toml"));
    EXPECT_TRUE(loaded.config) << (loaded.diagnostics.empty() ? "" : loaded.diagnostics[0].text());
    auto built = Snapshot::build(std::move(loaded.config.value()), test::kNow);
    EXPECT_TRUE(built.snapshot) << texts(built);
    return built.snapshot;
  }
  static std::shared_ptr<ConnectionLimits> without_rates() {
    policy::Limits limits;
    limits.rate_per_address = limits.rate_total = 100'000;
    limits.burst_per_address = limits.burst_total = 1'000'000;
    limits.connections_per_address = 10'000;
    return limits_with(limits);
  }
  bool until(const std::function<bool()>& condition) {
    return net::test::run_until(loop_, condition);
  }
  // Says something, and waits for it to come back.
  testing::AssertionResult answers(Client& client, const std::string& word) {
    const std::string text = "<message id='" + word + "'/>";
    client.say(text);
    if (until([&] { return client.has(text) || client.is_over(); }) && client.has(text))
      return testing::AssertionSuccess();
    return testing::AssertionFailure()
           << word << (client.is_over() ? " is over: " : ": ") << client.heard();
  }
  // One client logs in, talks and leaves, and the allocation with this number fails meanwhile.
  // False when there were not so many.
  bool attempt(long number) {
    while (true) {
      const auto refused = books_.count("limit_hits_total", "limit=\"memory\"");
      newcomers_.ran_out(
          std::chrono::hours(-1));  // so that nobody is refused for the failure before
      Client client(loop_, port_);
      test::fail_allocation(number);
      EXPECT_TRUE(until([&] { return client.is_logged_in() || client.is_over(); })) << number;
      if (!client.is_over()) client.say("<message id='ping'/></stream:stream>");
      EXPECT_TRUE(until([&] { return client.has("ping") || client.is_over(); })) << number;
      const bool failed = test::fail_allocation(0) <= 0;
      // A failure in work of nobody is told up to 250 ms later, and then this client was refused.
      if (books_.count("limit_hits_total", "limit=\"memory\"") > refused) continue;
      EXPECT_TRUE(client.has("ping") || failed) << number << ": " << client.heard();
      return failed;
    }
  }

  SnapshotWorld world_;
  Books books_;
  std::shared_ptr<ConnectionLimits> limits_ = without_rates();
  HeldBytes held_{policy::Limits().held_bytes};
  MemoryForNewcomers newcomers_{held_};
  telemetry::LimitHits limit_hits_{books_.metrics(), books_.log()};
  LogIds ids_{test::kNow};
  DialLimits dials_;
  net::Loop loop_;
  Backend backend_{loop_};
  std::uint16_t port_ = 0;
  std::unique_ptr<Worker> worker_;
};

TEST_F(AllocationFailureTest, EndsTheStreamThatHadNoMemoryAndNobodyElse) {
  Client other(loop_, port_);
  ASSERT_TRUE(until([&] { return other.is_logged_in(); })) << other.heard();
  ASSERT_TRUE(answers(other, "before"));
  long last = 0;
  for (long number = 1; attempt(number); ++number) {
    last = number;
    if (number % 50 == 0) {
      ASSERT_TRUE(answers(other, "n" + std::to_string(number)));
    }
    ASSERT_FALSE(HasFailure()) << number;
  }
  EXPECT_GT(last, 150) << "a login and a relay need more allocations than that";
  ASSERT_TRUE(answers(other, "after"));
  EXPECT_GT(books_.count("limit_hits_total", "limit=\"allocation\""), 100);
  // Nothing is left of those that ended, and each was counted once.
  ASSERT_TRUE(until([this] { return limits_->open() == 1; }));
  EXPECT_TRUE(until([this] {
    return books_.count("connections_accepted_total") ==
           books_.count("streams_closed_total") + books_.count("streams_rejected_total") + 1;
  }));
  EXPECT_EQ(books_.count("streams_active"), 1);
  EXPECT_TRUE(until([this] { return held_.memory() == HeldShare::kEstablished; }));
  RecordProperty("allocations", std::to_string(last));
}

// What an operator has no memory to see is nobody else's fault.
TEST_F(AllocationFailureTest, ALookEndsNoStream) {
  Client other(loop_, port_);
  ASSERT_TRUE(until([&] { return other.is_logged_in(); })) << other.heard();
  const auto look_failed = [this](long number) {
    std::promise<bool> done;
    worker_->with_streams([&](const StreamSet& streams) {
      bool failed = false;
      test::fail_allocation(number);
      try {
        std::vector<status::StreamRow> rows;
        streams.look_at_each(
            [&](const Bridge& bridge) { rows.push_back(bridge.operators().row()); });
        for (const auto id : streams.ids())
          streams.look_at(id,
                          [&](const Bridge& bridge) { rows.push_back(bridge.operators().row()); });
        EXPECT_EQ(rows.size(), 2U);
      } catch (const std::bad_alloc&) {
        failed = true;
      }
      test::fail_allocation(0);
      done.set_value(failed);
    });
    return done.get_future().get();
  };
  long number = 1;
  while (look_failed(number)) ++number;
  EXPECT_GT(number, 5) << "a row needs more allocations than that";
  EXPECT_TRUE(answers(other, "after"));
  EXPECT_EQ(books_.count("limit_hits_total", "limit=\"allocation\""), 0);
  EXPECT_EQ(books_.count("streams_active"), 1);
}

TEST_F(AllocationFailureTest, NewcomersAreRefusedAfterItAndThoseWhoAreThereGoOn) {
  Client other(loop_, port_);
  ASSERT_TRUE(until([&] { return other.is_logged_in(); })) << other.heard();
  newcomers_.ran_out(std::chrono::duration_cast<std::chrono::milliseconds>(monotonic_now()));
  Client newcomer(loop_, port_);
  ASSERT_TRUE(until([&] { return newcomer.is_over(); }));
  EXPECT_EQ(newcomer.heard(), "") << "words would need a handshake, and that needs memory";
  EXPECT_EQ(books_.count("limit_hits_total", "limit=\"memory\""), 1);
  EXPECT_EQ(books_.count("streams_rejected_total", "reason=\"memory_short\""), 1);
  EXPECT_TRUE(answers(other, "after"));
}

}  // namespace
}  // namespace portcullis::relay
