#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <utility>

#include "proxy/telemetry/metric.h"

namespace portcullis::telemetry {

// Threads are numbered from 0 in the order in which they ask. No number is given twice.
std::size_t number_of_thread();

// A Counter for what all loops count at each stanza. One cell for all of them would be handed from
// processor to processor each time. So a thread counts in a lane of its own, and the lanes are
// added up at each scrape. Nobody else writes there, so that no instruction has to lock the cell,
// which would wait for everything that was written before. The last lane is for all threads for
// which there is no other one.
template <ClosedLabel... Labels>
class SpreadCounter {
 public:
  static constexpr std::size_t kLanes = 128;

  SpreadCounter(MetricRegistry& registry, std::string_view name, std::string_view help)
      : counter_(registry, name, help) {
    registry.before_render([this] { gather(); });
  }

  void add(std::uint64_t amount, const Labels&... labels) {
    const auto lane = std::min(number_of_thread(), kLanes - 1);
    auto& cell = lanes_[lane].cells[Grid<Labels...>::index(labels...)];
    if (lane == kLanes - 1)
      cell.fetch_add(amount, std::memory_order_relaxed);
    else
      cell.store(cell.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }

 private:
  static constexpr std::size_t kCacheLine = 64;
  struct alignas(kCacheLine) Lane {
    std::array<std::atomic<std::uint64_t>, Grid<Labels...>::kSize> cells{};
  };

  void gather() {
    const std::lock_guard lock(mutex_);
    for (std::size_t number = 0; number < Grid<Labels...>::kSize; ++number) {
      std::uint64_t all = 0;
      for (const auto& lane : lanes_) all += lane.cells[number].load(std::memory_order_relaxed);
      const auto amount = all - std::exchange(told_[number], all);
      if (amount > 0)
        Grid<Labels...>::at(number,
                            [&](const Labels&... labels) { counter_.add(amount, labels...); });
    }
  }

  Counter<Labels...> counter_;
  std::array<Lane, kLanes> lanes_;
  std::mutex mutex_;                                          // two may scrape at once
  std::array<std::uint64_t, Grid<Labels...>::kSize> told_{};  // to counter_
};

}  // namespace portcullis::telemetry
