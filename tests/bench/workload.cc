#include "tests/bench/workload.h"

#include <cstdio>
#include <iostream>
#include <stdexcept>

namespace portcullis::bench {
namespace {

void await_line() {
  std::string line;
  if (!std::getline(std::cin, line)) throw std::runtime_error("standard input ended");
}

}  // namespace

Gauge::Gauge(std::chrono::seconds limit) : deadline_(std::chrono::steady_clock::now() + limit) {}

void Gauge::ready() {
  std::puts("ready");
  std::fflush(stdout);
  await_line();
  begun_ = std::chrono::steady_clock::now();
}

void Gauge::done(std::uint64_t units, const std::string& more) {
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun_;
  std::printf("done %llu %.6f %s\n", static_cast<unsigned long long>(units), took.count(),
              more.c_str());
  std::fflush(stdout);
  await_line();
}

void Gauge::run(Poller& poller, const std::function<bool()>& finished, int every_ms) const {
  while (!finished()) {
    poller.wait(every_ms);
    if (std::chrono::steady_clock::now() > deadline_) {
      throw std::runtime_error("not finished within the time limit");
    }
  }
}

Opener::Opener(Poller& poller, const Target& target, Script script, std::size_t count,
               std::size_t parallel)
    : Opener(poller, target, std::vector<Caller>{{std::move(script)}}, count, parallel) {}

Opener::Opener(Poller& poller, const Target& target, std::vector<Caller> callers, std::size_t count,
               std::size_t parallel)
    : poller_(poller),
      target_(target),
      callers_(std::move(callers)),
      count_(count),
      parallel_(parallel) {}

void Opener::step() {
  if (closed_ > 0) {
    std::erase_if(clients_, [](const auto& client) { return client->closed(); });
    closed_ = 0;
  }
  while (opened_ < count_ && opened_ - ready_ < parallel_) {
    open(callers_[opened_ % callers_.size()]);
    ++opened_;
  }
}

void Opener::open(const Caller& caller) {
  clients_.push_back(std::make_unique<Client>(poller_, target_, caller, *this, next_session()));
}

void Opener::on_ready(Client& client) {
  ++ready_;
  if (!close_when_ready_) return;
  client.close();
  ++closed_;
}

void Opener::on_data(Client&, std::string_view bytes) {
  throw std::runtime_error("unexpected: " + std::string(bytes.substr(0, 200)));
}

std::string message_of(std::size_t size) {
  const std::string head = "<message to='romeo@bench.example' type='chat'><body>";
  const std::string tail = "</body></message>";
  if (size < head.size() + tail.size()) throw std::runtime_error("--size is too small");
  return head + std::string(size - head.size() - tail.size(), 'x') + tail;
}

}  // namespace portcullis::bench
