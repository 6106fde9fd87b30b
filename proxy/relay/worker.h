#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <thread>
#include <unordered_map>
#include <vector>

#include "proxy/base/clock.h"
#include "proxy/net/listener.h"
#include "proxy/net/loop.h"
#include "proxy/net/timer.h"
#include "proxy/relay/bridge.h"
#include "proxy/relay/log_ids.h"
#include "proxy/relay/loop_network.h"
#include "proxy/relay/services.h"
#include "proxy/relay/stranger_turns.h"
#include "proxy/relay/worker_takeover.h"

namespace portcullis::relay {

// What all workers share.
struct Shared {
  std::shared_ptr<ConnectionLimits> limits;
  LogIds& ids;
  telemetry::Metrics& metrics;
  telemetry::Log& log;
  telemetry::LimitHits& limit_hits;
  BackendHealth& backends;
  HeldBytes& held;
  DialLimits& dials;
};

// One event loop on a thread of its own, with its listeners, its resolver and its bridges.
class Worker {
 public:
  // Opens every listener of the configuration. With SO_REUSEPORT each worker has listeners of its
  // own.
  static Result<std::unique_ptr<Worker>> make(SnapshotPtr snapshot, Shared shared);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void start();  // runs the loop on a thread of its own
  // Thread-safe. New connections get the new snapshot, and established streams are judged by it
  // again. Serves the listeners that the takeover has opened, then closes those that the snapshot
  // does not name.
  void adopt(Takeover takeover);
  // Thread-safe. Stops accepting, ends every stream with system-shutdown, and stops the loop when
  // all streams are gone or the drain time has passed.
  void drain();
  void join();  // blocks until that thread has ended
  // Whether the loop has run within the last five seconds. Thread-safe.
  bool alive() const;

 private:
  struct Listening {
    ListenerSpec spec;
    std::unique_ptr<net::Listener> listener;
  };

  explicit Worker(Shared shared);
  Result<void> serve(std::vector<Takeover::Opened> opened);
  void do_adopt(Takeover takeover);
  void close_unnamed();
  void rejudge_all();
  void rejudge_some();
  void on_connection(StreamKind kind, TlsEntry entry, const net::Listener::Accept& accept,
                     const net::SocketAddress& peer);
  bool expects_proxy_header(StreamKind kind, const net::SocketAddress& peer) const;
  void on_bridge_gone(std::uint64_t id);
  void do_drain();
  void beat();

  SnapshotPtr snapshot_;
  Shared shared_;
  Scratch scratch_;
  net::Loop loop_;
  StrangerTurns strangers_{loop_, &monotonic_now};
  std::unique_ptr<net::Resolver> resolver_;
  std::unique_ptr<LoopNetwork> network_;
  std::vector<net::CidrBlock> proxy_sources_;
  std::vector<Listening> listeners_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Bridge>> bridges_;
  std::vector<std::uint64_t> to_rejudge_;  // streams not yet judged by the newest snapshot
  std::unique_ptr<net::Timer> heartbeat_;
  std::unique_ptr<net::Timer> drain_deadline_;
  std::atomic<std::int64_t> last_beat_{0};
  std::size_t exhausted_ = 0;            // how many the metric has counted
  std::size_t exhausted_of_closed_ = 0;  // those of listeners that were closed
  bool draining_ = false;
  std::thread thread_;
};

}  // namespace portcullis::relay
