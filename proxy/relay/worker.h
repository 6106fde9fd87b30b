#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "proxy/base/clock.h"
#include "proxy/net/listener.h"
#include "proxy/net/loop.h"
#include "proxy/net/timer.h"
#include "proxy/relay/bridge.h"
#include "proxy/relay/error_streams.h"
#include "proxy/relay/log_ids.h"
#include "proxy/relay/loop_network.h"
#include "proxy/relay/memory_for_newcomers.h"
#include "proxy/relay/rejudging.h"
#include "proxy/relay/services.h"
#include "proxy/relay/stranger_turns.h"
#include "proxy/relay/stream_set.h"
#include "proxy/relay/told_newcomers.h"
#include "proxy/relay/worker_listeners.h"
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
  ClockWatch& clock;
  HeldBytes& held;
  MemoryForNewcomers& newcomers;
  DialLimits& dials;
};

// One event loop on a thread of its own, with its listeners, its resolver and its bridges.
class Worker {
 public:
  // Serves the listeners of `takeover`, which holds every one of the configuration.
  static Result<std::unique_ptr<Worker>> make(Takeover takeover, Shared shared);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void start();  // runs the loop on a thread of its own
  // Thread-safe. New connections get the new snapshot, and established streams are judged by it
  // again. Serves the listeners that the takeover has opened, then closes those that the snapshot
  // does not name.
  void adopt(Takeover takeover);
  // Thread-safe. Closes the listeners for peers and clients, and stops the loop when no stream is
  // left. The backend may still open streams, so that it reaches others while its own streams live;
  // with kAll a successor serves these, too, and their listeners are closed.
  enum class Closing : std::uint8_t { kOfStrangers, kAll };
  void retire(Closing closing);
  // Thread-safe. One more descriptor of each listening socket, for a successor. Waits for the loop;
  // fails when it does not run within `at_most`, and when descriptors have run out.
  Result<std::vector<net::Descriptor>> share_listeners(std::chrono::milliseconds at_most);
  // Thread-safe. Stops accepting, ends every stream with system-shutdown, and stops the loop when
  // all streams are gone, or after `at_most`.
  void finish(std::chrono::milliseconds at_most);
  // Thread-safe. Runs `work` on the loop; never, if the loop has ended or does not turn any more.
  void with_streams(std::function<void(StreamSet&)> work);
  bool finished() const { return finished_; }  // its loop has ended; thread-safe
  // Connections that it serves. Thread-safe.
  const StreamCounts& streams() const { return streams_.counts(); }
  void join();  // blocks until that thread has ended
  // Whether the loop has run within the last five seconds. Thread-safe.
  bool alive() const;

 private:
  explicit Worker(Shared shared);
  std::unique_ptr<ErrorStreams> make_error_streams();
  void do_adopt(Takeover takeover);
  void finish_adopting();
  bool rejudge(std::uint64_t id, Bridge::Changed changed);
  void on_connection(const ListenerSpec& spec, bool out_of_descriptors,
                     const net::Listener::Accept& accept, const net::SocketAddress& peer);
  bool admit(Admission& admission, const net::SocketAddress& peer, bool proxied,
             std::chrono::milliseconds now);
  void count_no_memory() noexcept;
  void do_finish(std::chrono::milliseconds at_most);
  void stop_if_unused();
  void beat();

  SnapshotPtr snapshot_;
  Shared shared_;
  Scratch scratch_;
  net::Loop loop_;
  StrangerTurns strangers_{loop_, &monotonic_now};
  std::unique_ptr<net::Resolver> resolver_;
  std::unique_ptr<LoopNetwork> network_;
  std::unique_ptr<ErrorStreams> errors_;
  std::vector<net::CidrBlock> proxy_sources_;
  WorkerListeners listeners_;
  StreamSet streams_;
  ToldNewcomers told_{streams_};
  std::unique_ptr<Rejudging> rejudging_;
  std::unique_ptr<net::Timer> heartbeat_;
  std::unique_ptr<net::Timer> finish_deadline_;
  std::atomic<std::int64_t> last_beat_{0};
  std::size_t failures_ = 0;   // of the loop, that were counted
  std::size_t exhausted_ = 0;  // how many the metric has counted
  bool adopting_ = false;      // a snapshot was taken, and not all that follows from it is done
  enum class Phase : std::uint8_t { kServing, kRetired, kFinishing };
  Phase phase_ = Phase::kServing;
  std::atomic<bool> finished_{false};
  std::thread thread_;
};

}  // namespace portcullis::relay
