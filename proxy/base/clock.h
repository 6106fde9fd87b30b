#pragma once

#include <chrono>

namespace portcullis {

// The only readers of the wall clock; everything below is handed the time.
inline std::chrono::sys_time<std::chrono::milliseconds> wall_clock_now_ms() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}
inline std::chrono::sys_seconds wall_clock_now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

}  // namespace portcullis
