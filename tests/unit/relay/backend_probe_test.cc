// Unit tests of the probe: real sockets on loopback, a backend that a test scripts.

#include "proxy/relay/backend_probe.h"

#include "tests/unit/net/harness.h"
#include "tests/unit/relay/record_support.h"

namespace portcullis::relay {
namespace {

using net::test::loopback;
using net::test::Recorder;
using net::test::run_until;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view kHeader =
    "<?xml version='1.0'?><stream:stream xmlns='jabber:server' "
    "xmlns:stream='http://etherx.jabber.org/streams' id='1' version='1.0'><stream:features/>";

// Takes connections and answers the first octets of each with `answer`.
class Backend {
 public:
  Backend(net::Loop& loop, std::string_view answer) : answer_(answer) {
    listener_ =
        std::move(*net::Listener::listen(loop, loopback(), [this](const auto& accept, const auto&) {
          auto& one = *connections.emplace_back(std::make_unique<Recorder>());
          one.hook = [this, &one] {
            if (one.ended || one.error != 0) return;
            if (!answer_.empty() && !one.bytes.empty()) one.socket->write(std::string(answer_));
            if (leaves) one.socket->shutdown();
          };
          one.socket = accept(one);
          one.socket->read_start();
        }));
  }
  std::uint16_t port() const { return listener_->address().port(); }

  std::vector<std::unique_ptr<Recorder>> connections;
  bool leaves = false;

 private:
  std::string answer_;
  std::unique_ptr<net::Listener> listener_;
};

class BackendProbeTest : public testing::Test {
 protected:
  BackendHealth::Backend at(std::uint16_t port, StreamKind kind = StreamKind::kS2sInbound) {
    return {domain_, kind, Endpoint{"127.0.0.1", port}, policy::ProxyProtocol::kOff};
  }
  // What the probe said; it is over afterwards.
  std::string probe(BackendHealth::Backend backend) {
    std::optional<std::string> said;
    BackendProbe probe(loop_, std::move(backend), [&](const std::string& why) {
      EXPECT_FALSE(said) << "it said two things";
      said = why;
    });
    EXPECT_FALSE(said) << "it answered before it was made";
    EXPECT_TRUE(run_until(loop_, [&] { return probe.over(); }));
    EXPECT_TRUE(said);
    return said.value_or("nothing");
  }

  const DomainName domain_ = *DomainName::parse("legacy.example");
  net::Loop loop_;
};

TEST_F(BackendProbeTest, ABackendThatOpensAStreamIsUp) {
  Backend backend(loop_, kHeader);
  backend.leaves = true;
  EXPECT_EQ(probe(at(backend.port())), "");
  ASSERT_EQ(backend.connections.size(), 1U);
  const auto& bytes = backend.connections[0]->bytes;
  EXPECT_THAT(bytes, HasSubstr("to='legacy.example'"));
  EXPECT_THAT(bytes, HasSubstr("xmlns='jabber:server'"));
  EXPECT_THAT(bytes, testing::Not(HasSubstr("from=")));
  EXPECT_TRUE(bytes.ends_with("</stream:stream>")) << bytes;
}

TEST_F(BackendProbeTest, AsksForClientsInTheirNamespaceBehindAProxyHeader) {
  Backend backend(loop_, kHeader);
  backend.leaves = true;
  auto where = at(backend.port(), StreamKind::kC2s);
  where.proxy_protocol = policy::ProxyProtocol::kV1;
  EXPECT_EQ(probe(where), "");
  EXPECT_THAT(backend.connections[0]->bytes, StartsWith("PROXY TCP4 127.0.0.1 127.0.0.1 "));
  EXPECT_THAT(backend.connections[0]->bytes, HasSubstr("xmlns='jabber:client'"));
}

TEST_F(BackendProbeTest, NobodyListens) {
  net::SocketAddress nobody;
  {
    auto listener =
        net::Listener::listen(loop_, net::test::process_address(), [](const auto&, const auto&) {});
    nobody = (*listener)->address();
  }
  auto where = at(nobody.port());
  where.endpoint.host = nobody.host();
  EXPECT_THAT(probe(where), HasSubstr("refused"));
}

TEST_F(BackendProbeTest, ANameWithoutAnAddressIsSaid) {
  auto where = at(1);
  where.endpoint.host = "no such name";
  EXPECT_THAT(probe(where), HasSubstr("no such name"));
}

TEST_F(BackendProbeTest, SomethingElseThanXmppIsDown) {
  for (const std::string_view answer : {"HTTP/1.1 400 Bad Request\r\n\r\n", "<html>",
                                        "<!DOCTYPE a><a>", "<?xml version='1.0'?>junk"}) {
    Backend backend(loop_, answer);
    EXPECT_THAT(probe(at(backend.port())), HasSubstr("no XMPP stream")) << answer;
  }
}

TEST_F(BackendProbeTest, AnEndlessHeaderIsDownAndReadOnlyInPart) {
  Backend backend(loop_, "<stream:stream a='" + std::string(100'000, 'x'));
  EXPECT_THAT(probe(at(backend.port())), HasSubstr("no XMPP stream"));
}

TEST_F(BackendProbeTest, OneThatHangsUpIsDown) {
  Backend backend(loop_, "");
  backend.leaves = true;
  EXPECT_THAT(probe(at(backend.port())), HasSubstr("closed the connection"));
}

// The kernel takes connections for a process that hangs, too.
TEST_F(BackendProbeTest, OneThatIsSilentIsDownAfterFiveSeconds) {
  const Backend backend(loop_, "");
  const auto begun = loop_.now();
  EXPECT_THAT(probe(at(backend.port())), HasSubstr("5 s"));
  EXPECT_GE(loop_.now() - begun, std::chrono::seconds(5));
}

TEST_F(BackendProbeTest, ABackendThatAnswersAndNeverClosesIsLeft) {
  Backend backend(loop_, kHeader);
  EXPECT_EQ(probe(at(backend.port())), "");
}

TEST_F(BackendProbeTest, MayBeDestroyedWhileItWaits) {
  const Backend backend(loop_, "");
  auto probe = std::make_unique<BackendProbe>(loop_, at(backend.port()),
                                              [](const auto&) { ADD_FAILURE() << "told"; });
  EXPECT_TRUE(run_until(loop_, [&] { return !backend.connections.empty(); }));
  probe.reset();
  EXPECT_TRUE(run_until(
      loop_, [&] { return backend.connections[0]->ended || backend.connections[0]->error != 0; }));
}

class BackendProberTest : public BackendProbeTest {
 protected:
  void watch(std::uint16_t port) {
    policy::Config config;
    config.listen.s2s.push_back({"0.0.0.0", 5269});
    policy::Host host{domain_, {}, {}, {}};
    host.backend.s2s = Endpoint{"127.0.0.1", port};
    config.hosts.push_back(std::move(host));
    books_.backends().watch(config);
  }
  bool becomes(double value) {
    return run_until(loop_, [&] { return books_.count("backend_up") == value; });
  }
  Books books_;
};

TEST_F(BackendProberTest, FindsABackendThatNobodyCalls) {
  Backend backend(loop_, kHeader);
  watch(backend.port());
  const BackendProber prober(loop_, books_.backends(), books_.log());
  EXPECT_TRUE(becomes(1));
  EXPECT_EQ(backend.connections.size(), 1U);
  EXPECT_TRUE(books_.lines.empty());
}

TEST_F(BackendProberTest, SaysInTheLogThatABackendIsDown) {
  watch(1);
  const BackendProber prober(loop_, books_.backends(), books_.log());
  EXPECT_TRUE(becomes(0));
  ASSERT_EQ(books_.lines.size(), 1U);
  EXPECT_THAT(books_.lines[0], HasSubstr("level=error event=backend kind=s2s_in"));
  EXPECT_THAT(books_.lines[0], HasSubstr("host=legacy.example address=127.0.0.1:1"));
}

// What streams see counts, too: then there is no reason to ask.
TEST_F(BackendProberTest, LeavesABackendAloneThatStreamsCall) {
  Backend backend(loop_, kHeader);
  watch(backend.port());
  books_.backends().answered(domain_, StreamKind::kS2sInbound, loop_.now());
  const BackendProber prober(loop_, books_.backends(), books_.log());
  const auto end = loop_.now() + std::chrono::milliseconds(2500);
  EXPECT_TRUE(run_until(loop_, [&] { return loop_.now() > end; }));
  EXPECT_TRUE(backend.connections.empty());
}

}  // namespace
}  // namespace portcullis::relay
