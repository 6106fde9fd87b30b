#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "proxy/net/signals.h"
#include "proxy/relay/worker.h"
#include "tests/unit/net/harness.h"
#include "tests/unit/relay/limits_support.h"
#include "tests/unit/relay/record_support.h"
#include "tests/unit/relay/snapshot_world.h"

namespace portcullis::relay {

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

// A worker over real sockets, and the clients that call it.
class WorkerTest : public testing::Test {
 protected:
  WorkerTest() { net::ignore_sigpipe(); }  // as the program does at its start

  static std::string header(const std::string& to = "legacy.example") {
    return "<?xml version='1.0'?><stream:stream xmlns='jabber:server' "
           "xmlns:stream='http://etherx.jabber.org/streams' from='peer.example' version='1.0' "
           "to='" +
           to + "'>";
  }
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
                         books_.backends(), books_.clock(), held_, newcomers_, dials_});
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
  MemoryForNewcomers newcomers_{held_};
  telemetry::LimitHits limit_hits_{books_.metrics(), books_.log()};
  LogIds ids_{test::kNow};
  DialLimits dials_;
  net::Loop loop_;
};

}  // namespace portcullis::relay
