#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "proxy/admin/server.h"
#include "proxy/net/loop.h"
#include "proxy/net/signals.h"
#include "proxy/relay/worker.h"
#include "proxy/telemetry/decision_log.h"
#include "proxy/telemetry/metrics.h"

namespace portcullis::app {

// The running program: the only place that knows all parts. Built once, runs until SIGTERM or
// SIGINT, then drains.
class Program {
 public:
  Program(relay::SnapshotPtr snapshot, const policy::Log& log);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  telemetry::Log& log() { return log_; }
  // Opens listeners and the admin endpoint, starts the workers, waits for a signal, drains.
  Result<void> run();

 private:
  Result<void> start_workers();
  Result<void> start_admin();
  std::vector<admin::ReadyCheck> readiness() const;
  bool alive() const;
  void drain();
  void announce();

  relay::SnapshotPtr snapshot_;
  telemetry::Metrics metrics_;
  telemetry::Log log_;
  net::Loop loop_;  // signals only; streams live on the workers' loops
  std::atomic<std::uint64_t> next_id_{0};
  std::atomic<bool> draining_{false};
  std::vector<std::unique_ptr<relay::Worker>> workers_;
  std::unique_ptr<admin::Server> admin_;
};

}  // namespace portcullis::app
