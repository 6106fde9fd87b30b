#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "proxy/telemetry/log.h"
#include "proxy/telemetry/metrics.h"

namespace portcullis::telemetry {

// Tells metrics and log that a limit was reached. Each time is counted. The log gets one line for
// each limit in ten seconds; `repeated` in the next line is how often the limit was reached since
// the line before, so that a flood cannot fill the log. Thread-safe; the time is given.
class LimitHits {
 public:
  static constexpr std::chrono::milliseconds kBetweenLines{10'000};

  // Both must outlive this.
  LimitHits(Metrics& metrics, Log& log) : metrics_(metrics), log_(log) {}

  // What the limit was reached by. Empty texts are left out of the line.
  struct By {
    std::string peer;                // its address
    std::string domain;              // that it authenticated, or claims
    std::optional<StreamKind> kind;  // of the stream
  };
  void hit(Limit limit, By by, std::chrono::milliseconds now);
  // Writes the lines of limits that were reached again, once their time has come. Call it from time
  // to time, so that the end of a flood is told, too.
  void flush(std::chrono::milliseconds now);

 private:
  struct State {
    std::optional<std::chrono::milliseconds> written;  // the last line
    std::int64_t untold = 0;                           // times since then
    By last;
  };

  void tell(Limit limit, State& state, std::chrono::milliseconds now);

  Metrics& metrics_;
  Log& log_;
  std::mutex mutex_;
  std::array<State, Label<Limit>::kSize> states_;
};

}  // namespace portcullis::telemetry
