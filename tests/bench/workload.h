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
  // `more`: what else is to be told.
  void done(std::uint64_t units, const std::string& more = {});
  // Polls until `finished`, which is asked every so often; throws when the time is up.
  void run(Poller& poller, const std::function<bool()>& finished, int every_ms = 100) const;

 private:
  std::chrono::steady_clock::time_point deadline_;
  std::chrono::steady_clock::time_point begun_;
};

// Keeps at most `parallel` clients in negotiation until `count` of them are ready.
class Opener : public Client::Owner {
 public:
  // `script` is that of all of them.
  Opener(Poller& poller, const Target& target, Script script, std::size_t count,
         std::size_t parallel);
  // The callers in turn.
  Opener(Poller& poller, const Target& target, std::vector<Caller> callers, std::size_t count,
         std::size_t parallel);
  // Opens as many as are due, forgets the closed ones.
  void step();
  bool all_ready() const { return ready_ == count_; }
  const std::vector<std::unique_ptr<Client>>& clients() const { return clients_; }

  void on_ready(Client& client) override;
  void on_data(Client& client, std::string_view bytes) override;

 protected:
  // The session that the next client is to resume; null: none.
  virtual SessionPtr next_session() { return {nullptr, SSL_SESSION_free}; }

  bool close_when_ready_ = false;
  void open(const Caller& caller);
  void forget_soon() { ++closed_; }  // a client that is closed

 private:
  Poller& poller_;
  const Target& target_;
  const std::vector<Caller> callers_;
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
  bool resume = false;     // set-ups
  std::chrono::seconds limit{60};
};

// A server that calls, or many of them.
struct ServerLoad {
  std::string authority;  // folder of the CA that certifies the domains
  std::string domain;     // the one at the far end; each caller is a domain below `remote`
  std::string remote = "peer.example";
  std::size_t first = 0;           // number of the first remote domain
  std::size_t domains = 1;         // how many of them
  std::string from = "127.0.0.1";  // the first source address
  std::size_t sources = 1;         // how many
  double rate = 0;                 // stanzas each second; 0: as many as go through
  // We are the backend, with this certificate: the domain calls the remote ones.
  std::string backend_chain;
  std::string backend_key;
};

void measure_setup(const Load& load);
void measure_echo(const Load& load);
void measure_bulk(const Load& load);
void hold_idle(const Load& load);
// Between servers: streams that are authenticated and ended; stanzas; and all of them at once.
void measure_servers(const Load& load, const ServerLoad& servers);
void measure_stanzas(const Load& load, const ServerLoad& servers);
void measure_storm(const Load& load, const ServerLoad& servers);

// A stanza of exactly `size` bytes.
std::string message_of(std::size_t size);

}  // namespace portcullis::bench
