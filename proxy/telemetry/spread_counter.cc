#include "proxy/telemetry/spread_counter.h"

namespace portcullis::telemetry {

std::size_t lane_of_thread(std::size_t count) {
  static std::atomic<std::size_t> threads{0};
  thread_local const std::size_t number = threads.fetch_add(1, std::memory_order_relaxed);
  return number % count;
}

}  // namespace portcullis::telemetry
