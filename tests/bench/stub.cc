// XMPP servers for the benchmark, until standard input ends: plaintext backends of clients, a
// backend that takes streams of other servers, and servers for any domain.

#include <sys/epoll.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <functional>
#include <memory>
#include <vector>

#include "tests/bench/far_server.h"
#include "tests/bench/stub_stream.h"

namespace portcullis::bench {
namespace {

class StubListener : public Handler {
 public:
  using Serve = std::function<std::unique_ptr<ServedStream>(Fd fd)>;

  StubListener(Poller& poller, Fd listening, Serve serve)
      : fd_(std::move(listening)), serve_(std::move(serve)) {
    poller.add(fd_, *this);
  }

  void on_events(std::uint32_t) override {
    for (Fd fd = accept_from(fd_); fd.get() >= 0; fd = accept_from(fd_)) {
      streams_.push_back(serve_(std::move(fd)));
    }
  }

  void reap() {
    std::erase_if(streams_, [](const auto& stream) { return stream->over(); });
  }

 private:
  Fd fd_;
  Serve serve_;
  std::vector<std::unique_ptr<ServedStream>> streams_;
};

// Standard input ends when whoever started the stub is gone.
class EndOfInput : public Handler {
 public:
  explicit EndOfInput(Poller& poller) { poller.add(input_, *this); }
  void on_events(std::uint32_t) override { reached_ = true; }
  bool reached() const { return reached_; }

 private:
  Fd input_{0};
  bool reached_ = false;
};

struct Options {
  std::vector<std::uint16_t> ports;
  std::string address = "127.0.0.1";
  std::uint16_t servers_port = 0;
  std::string authority;
  std::uint16_t backend_port = 0;
  std::string chain;
  std::string key;
};

class Stub {
 public:
  explicit Stub(const Options& options) : end_(poller_) {
    for (const std::uint16_t port : options.ports) {
      listen(listen_on(port),
             [this](Fd fd) { return std::make_unique<StubStream>(poller_, std::move(fd)); });
    }
    if (options.servers_port != 0) {
      servers_ = std::make_unique<ServerContext>(PeerAuthority(options.authority));
      listen_as(options.address, options.servers_port, *servers_);
    }
    if (options.backend_port != 0) {
      backend_ = std::make_unique<ServerContext>(read_identity(options.chain, options.key));
      listen_as("127.0.0.1", options.backend_port, *backend_);
    }
  }

  void serve() {
    while (!end_.reached()) {
      poller_.wait(-1);
      for (const auto& listener : listeners_) listener->reap();
    }
  }

 private:
  void listen(Fd fd, StubListener::Serve serve) {
    listeners_.push_back(std::make_unique<StubListener>(poller_, std::move(fd), std::move(serve)));
  }

  void listen_as(const std::string& address, std::uint16_t port, const ServerContext& context) {
    listen(listen_at(address, port), [this, &context](Fd fd) {
      return std::make_unique<FarStream>(poller_, std::move(fd), context);
    });
  }

  Poller poller_;
  EndOfInput end_;
  std::unique_ptr<ServerContext> servers_;
  std::unique_ptr<ServerContext> backend_;
  std::vector<std::unique_ptr<StubListener>> listeners_;
};

}  // namespace
}  // namespace portcullis::bench

int main(int argc, char** argv) {
  CLI::App app("XMPP servers for the benchmark.");
  portcullis::bench::Options options;
  app.add_option("port", options.ports, "Ports on 127.0.0.1 for clients, in the clear");
  app.add_option("--servers", options.servers_port, "port of a server for every domain");
  app.add_option("--address", options.address, "its address");
  app.add_option("--authority", options.authority, "folder with ca.pem and ca.key, for it");
  app.add_option("--backend", options.backend_port, "port of a backend for other servers");
  app.add_option("--chain", options.chain, "its certificate");
  app.add_option("--key", options.key, "its key");
  CLI11_PARSE(app, argc, argv);
  try {
    portcullis::bench::Stub stub(options);
    std::puts("ready");
    std::fflush(stdout);
    stub.serve();
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_stub: %s\n", error.what());
    return 1;
  }
}
