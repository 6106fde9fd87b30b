#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/model/config.h"
#include "proxy/app/service_manager.h"
#include "proxy/net/loop.h"
#include "proxy/net/timer.h"
#include "proxy/relay/worker.h"
#include "proxy/telemetry/log.h"
#include "proxy/telemetry/metrics.h"

namespace portcullis::app {

// How long the end by system-shutdown may take before the connections are reset: that of the
// streams of clients, and that of all.
inline constexpr std::chrono::milliseconds kClientsEnding{2'000};
inline constexpr std::chrono::milliseconds kEnding{5'000};
inline constexpr std::chrono::milliseconds kHurriedEnding{1'000};  // asked for a second time

// The end of the program, step by step: readiness says no; then nobody new is let in; then the
// streams that are left are ended in words. Used on the loop's thread, apart from begun().
// docs/decisions/0016-drain.md says why each step is as it is.
class Drain {
 public:
  enum class Phase : std::uint8_t {
    kServing,
    kHandedOver,
    kNotice,
    kStreams,
    kClients,
    kLastWords
  };

  struct Books {
    const ServiceManager& manager;
    telemetry::Log& log;
    telemetry::Metrics& metrics;
  };
  using Workers = std::vector<std::unique_ptr<relay::Worker>>;

  // `on_done` is called once, when every worker's loop has ended. All of these outlive this.
  Drain(net::Loop& loop, const Workers& workers, Books books, std::function<void()> on_done);

  // Begins; if it has begun, it goes to the last step at once. `notice`: in place of that of the
  // limits.
  void ask(const policy::Limits& limits, std::optional<std::chrono::milliseconds> notice = {});
  // Newcomers are still let in, although it has begun: they are so for this time from now on.
  // False: they are not.
  bool renew_notice(std::chrono::milliseconds notice);
  void end_now();
  // A successor accepts in our place: streams go on for `at_most` and are ended then. If the end is
  // asked for meanwhile, it comes in its usual steps.
  void hand_over(std::chrono::milliseconds at_most);
  bool begun() const { return phase_ != Phase::kServing; }  // thread-safe
  bool handed_over() const { return handed_over_; }
  // How long the streams that are left may go on in this step.
  std::chrono::milliseconds left() const;
  // What an operator reads: the step, and how many streams are left.
  std::string status() const;
  std::size_t streams() const;

 private:
  void enter(Phase phase);
  void start_step(std::chrono::milliseconds at_most);
  void give_notice(std::chrono::milliseconds notice);
  void tell() const;
  void next();
  void look();
  bool has_clients() const;

  net::Loop& loop_;
  const Workers& workers_;
  const Books books_;
  std::function<void()> on_done_;
  std::chrono::milliseconds streams_time_{0};
  std::atomic<Phase> phase_{Phase::kServing};
  std::chrono::milliseconds told_{0};
  std::chrono::milliseconds step_ends_{0};
  bool handed_over_ = false;
  net::Timer step_;
  net::Timer looks_;
};

constexpr std::string_view name(Drain::Phase phase) {
  switch (phase) {
    case Drain::Phase::kServing:
      return "serving";
    case Drain::Phase::kHandedOver:
      return "handed_over";
    case Drain::Phase::kNotice:
      return "notice";
    case Drain::Phase::kStreams:
      return "streams";
    case Drain::Phase::kClients:
      return "clients";
    case Drain::Phase::kLastWords:
      return "last_words";
  }
  return "";
}

}  // namespace portcullis::app
