#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "proxy/net/loop.h"
#include "proxy/net/timer.h"
#include "proxy/relay/worker.h"

namespace portcullis::app {

// Asks all workers something, each on its own loop, and waits for the answers without blocking:
// streams may only be looked at on the loop that they live on. Used on one loop, which is not that
// of a worker.
class Gathers {
 public:
  using Workers = std::vector<std::unique_ptr<relay::Worker>>;

  // A worker that has not answered by then is left out.
  static constexpr std::chrono::milliseconds kPatience{2'000};

  // Both outlive this, and this outlives the workers.
  Gathers(net::Loop& loop, const Workers& workers, std::chrono::milliseconds patience = kPatience)
      : loop_(loop), workers_(workers), patience_(patience) {}
  Gathers(const Gathers&) = delete;
  Gathers& operator=(const Gathers&) = delete;

  // Runs `look` on the loop of each worker, and then `done` here, once, with one entry for each
  // worker. The entry is empty where the worker did not answer, or had no memory for the look. One
  // whose loop has ended has no streams, so its entry is Part(). `done` is never called before this
  // returns.
  template <class Part>
  void ask(std::function<Part(relay::StreamSet&)> look,
           std::function<void(std::vector<std::optional<Part>>)> done) {
    const auto parts = std::make_shared<std::vector<std::optional<Part>>>(workers_.size());
    for (std::size_t i = 0; i < workers_.size(); ++i)
      if (workers_[i]->finished()) (*parts)[i] = Part();
    begin(
        [parts, look = std::move(look)](std::size_t worker, relay::StreamSet& streams) {
          auto part = std::make_shared<Part>(look(streams));
          return [parts, worker, part] { (*parts)[worker] = std::move(*part); };
        },
        [parts, done = std::move(done)] { done(std::move(*parts)); });
  }

 private:
  // Runs on a worker's loop. What it returns is run here, if somebody still waits for it.
  using Look = std::function<std::function<void()>(std::size_t worker, relay::StreamSet& streams)>;
  struct Waiting {
    std::size_t missing = 0;
    std::function<void()> done;
    std::unique_ptr<net::Timer> deadline;
  };

  static std::function<void()> outcome_of(const Look& look, std::size_t worker,
                                          relay::StreamSet& streams);
  void begin(const Look& look, std::function<void()> done);
  void take(std::uint64_t id, const std::function<void()>& keep);
  void finish(std::uint64_t id);

  net::Loop& loop_;
  const Workers& workers_;
  const std::chrono::milliseconds patience_;
  std::uint64_t last_ = 0;
  std::map<std::uint64_t, Waiting> waiting_;
};

}  // namespace portcullis::app
