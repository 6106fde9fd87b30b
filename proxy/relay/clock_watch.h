#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <utility>

#include "policy/decide/clock_suspicion.h"
#include "policy/decide/verdict.h"
#include "proxy/telemetry/log.h"
#include "proxy/telemetry/metrics.h"

namespace portcullis::relay {

// Whether the clock of this machine is suspect: one for the whole program, because all event loops
// have the same clock. It is told what became of each outgoing stream, writes a line when a
// suspicion begins and when it ends, and sets the metric. Thread-safe; the times are given.
class ClockWatch {
 public:
  ClockWatch(telemetry::Metrics& metrics, telemetry::Log& log) : metrics_(metrics), log_(log) {}
  ClockWatch(const ClockWatch&) = delete;
  ClockWatch& operator=(const ClockWatch&) = delete;

  struct Now {
    std::chrono::milliseconds steady;
    std::chrono::sys_seconds wall;
  };

  // That of one stream with a good certificate, as long as it lives. It must not outlive the watch.
  class Standing {
   public:
    Standing() = default;
    Standing(Standing&& other) noexcept : watch_(std::exchange(other.watch_, nullptr)) {}
    Standing& operator=(Standing&& other) noexcept {
      std::swap(watch_, other.watch_);
      return *this;
    }
    Standing(const Standing&) = delete;
    Standing& operator=(const Standing&) = delete;
    ~Standing();

   private:
    friend class ClockWatch;
    explicit Standing(ClockWatch& watch) : watch_(&watch) {}
    ClockWatch* watch_ = nullptr;
  };

  // This server was called, and that was decided about it. What an exception waives says nothing:
  // the operator knows of it.
  void decided(policy::ClockSuspicion::Server server, const policy::Decision& decision,
               const Now& now);
  // The server that was called has shown a certificate that is good by our clock, and its stream is
  // established.
  Standing good(const Now& now);

  // Why the clock, which says `wall`, is suspect, and what to do; empty: it is not.
  std::string doubt(std::chrono::sys_seconds wall) const;

 private:
  std::string why(std::chrono::sys_seconds wall) const;  // under the lock

  telemetry::Metrics& metrics_;
  telemetry::Log& log_;
  mutable std::mutex mutex_;
  policy::ClockSuspicion suspicion_;
};

}  // namespace portcullis::relay
