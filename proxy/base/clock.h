#pragma once

#include <chrono>

namespace portcullis {

// All code that needs the wall clock reads it here, apart from the time stamps of the log. Protocol
// and policy code does not read it, but gets the time as an argument.
inline std::chrono::sys_time<std::chrono::milliseconds> wall_clock_now_ms() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}
inline std::chrono::sys_seconds wall_clock_now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

// CLOCK_MONOTONIC, to measure spans of time; its zero means nothing.
inline std::chrono::microseconds monotonic_now() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now().time_since_epoch());
}

}  // namespace portcullis
