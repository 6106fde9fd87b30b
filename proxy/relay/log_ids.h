#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

namespace portcullis::relay {

// Names the streams of one run of the program for the log. Thread-safe.
class LogIds {
 public:
  // `started` is when the program started, by the wall clock. Two runs that start in different
  // milliseconds have no name in common.
  explicit LogIds(std::chrono::sys_time<std::chrono::milliseconds> started);

  // 1, 2, 3 and so on, in the order of the calls.
  std::uint64_t next() { return ++last_; }
  // "19abb8a4d10-17": the millisecond the program started, in hexadecimal, and the number.
  std::string text(std::uint64_t number) const;

 private:
  const std::string prefix_;
  std::atomic<std::uint64_t> last_{0};
};

}  // namespace portcullis::relay
