#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/bench/client.h"

namespace portcullis::bench {

// What a workload shares with the process that measures: "ready" is printed when everything is set
// up, then a line is awaited; "done" when the work is over, then another line is awaited. So the
// CPU time between the two is that of the work alone.
class Gauge {
 public:
  explicit Gauge(std::chrono::seconds limit);
  void ready();
  void done(std::uint64_t units);
  // Polls until `finished`; throws when the time is up.
  void run(Poller& poller, const std::function<bool()>& finished) const;

 private:
  std::chrono::steady_clock::time_point deadline_;
  std::chrono::steady_clock::time_point begun_;
};

// Keeps at most `parallel` clients in negotiation until `count` of them are ready.
class Opener : public Client::Owner {
 public:
  Opener(Poller& poller, const Target& target, Script script, std::size_t count,
         std::size_t parallel);
  // Opens as many as are due, forgets the closed ones.
  void step();
  bool all_ready() const { return ready_ == count_; }
  const std::vector<std::unique_ptr<Client>>& clients() const { return clients_; }

  void on_ready(Client& client) override;
  void on_data(Client& client, std::string_view bytes) override;

 protected:
  bool close_when_ready_ = false;

 private:
  Poller& poller_;
  const Target& target_;
  Script script_;
  std::size_t count_;
  std::size_t parallel_;
  std::size_t opened_ = 0;
  std::size_t ready_ = 0;
  std::size_t closed_ = 0;  // since the last step()
  std::vector<std::unique_ptr<Client>> clients_;
};

struct Load {
  Target target;
  std::size_t count = 1000;  // set-ups, stanzas, or connections to keep idle
  std::size_t connections = 16;
  std::size_t window = 1;
  std::size_t size = 200;  // of one stanza
  std::size_t bytes = 0;   // bulk
  bool upward = true;      // bulk
  std::chrono::seconds limit{60};
};

void measure_setup(const Load& load);
void measure_echo(const Load& load);
void measure_bulk(const Load& load);
void hold_idle(const Load& load);

// A stanza of exactly `size` bytes.
std::string message_of(std::size_t size);

}  // namespace portcullis::bench
