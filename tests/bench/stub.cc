// A plaintext XMPP backend for the benchmark: `bench_stub PORT...`, until standard input ends.

#include <sys/epoll.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <memory>
#include <vector>

#include "tests/bench/stub_stream.h"

namespace portcullis::bench {
namespace {

class StubListener : public Handler {
 public:
  StubListener(Poller& poller, std::uint16_t port) : poller_(poller), fd_(listen_on(port)) {
    poller_.add(fd_, *this);
  }

  void on_events(std::uint32_t) override {
    for (Fd fd = accept_from(fd_); fd.get() >= 0; fd = accept_from(fd_)) {
      streams_.push_back(std::make_unique<StubStream>(poller_, std::move(fd)));
    }
  }

  void reap() {
    std::erase_if(streams_, [](const auto& stream) { return stream->over(); });
  }

 private:
  Poller& poller_;
  Fd fd_;
  std::vector<std::unique_ptr<StubStream>> streams_;
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

int serve(const std::vector<std::uint16_t>& ports) {
  Poller poller;
  EndOfInput end(poller);
  std::vector<std::unique_ptr<StubListener>> listeners;
  listeners.reserve(ports.size());
  for (const std::uint16_t port : ports) {
    listeners.push_back(std::make_unique<StubListener>(poller, port));
  }
  std::puts("ready");
  std::fflush(stdout);
  while (!end.reached()) {
    poller.wait(-1);
    for (const auto& listener : listeners) listener->reap();
  }
  return 0;
}

}  // namespace
}  // namespace portcullis::bench

int main(int argc, char** argv) {
  CLI::App app("Plaintext XMPP backend for the benchmark.");
  std::vector<std::uint16_t> ports;
  app.add_option("port", ports, "Ports on 127.0.0.1")->required();
  CLI11_PARSE(app, argc, argv);
  try {
    return portcullis::bench::serve(ports);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_stub: %s\n", error.what());
    return 1;
  }
}
