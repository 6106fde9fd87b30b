#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace portcullis::telemetry {

// Bounds how often lines that say the same are written, where strangers bring them about: one in
// ten seconds of each kind. Thread-safe; the time is given.
class RepeatedLines {
 public:
  static constexpr std::chrono::milliseconds kBetweenLines{10'000};
  static constexpr std::size_t kMostKinds = 1024;

  // It happened once more. If a line of this kind is due: how often it happened since the line
  // before, this time included. Otherwise 0, and no line is to be written.
  std::int64_t happened(const std::string& kind, std::chrono::milliseconds now);

 private:
  struct State {
    std::chrono::milliseconds written{0};
    std::int64_t untold = 0;
  };

  std::mutex mutex_;
  std::map<std::string, State> kinds_;
};

}  // namespace portcullis::telemetry
