#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "proxy/telemetry/metric.h"

namespace portcullis::telemetry {

// Which of `count` lanes this thread has. Threads get them in turn, so that no two have the same
// one before all are taken.
std::size_t lane_of_thread(std::size_t count);

// A Counter for what all loops count at each stanza. One cell for all of them would be handed from
// processor to processor each time. So a thread counts in a lane of its own, and the lanes are
// added up at each scrape.
template <ClosedLabel... Labels>
class SpreadCounter {
 public:
  SpreadCounter(MetricRegistry& registry, std::string_view name, std::string_view help)
      : counter_(registry, name, help) {
    registry.before_render([this] { gather(); });
  }

  void add(std::uint64_t amount, const Labels&... labels) {
    lanes_[lane_of_thread(kLanes)].cells[Grid<Labels...>::index(labels...)].fetch_add(
        amount, std::memory_order_relaxed);
  }

 private:
  static constexpr std::size_t kLanes = 32;
  static constexpr std::size_t kCacheLine = 64;
  struct alignas(kCacheLine) Lane {
    std::array<std::atomic<std::uint64_t>, Grid<Labels...>::kSize> cells{};
  };

  void gather() {
    for (std::size_t number = 0; number < Grid<Labels...>::kSize; ++number) {
      std::uint64_t amount = 0;
      for (auto& lane : lanes_) amount += lane.cells[number].exchange(0, std::memory_order_relaxed);
      if (amount > 0)
        Grid<Labels...>::at(number,
                            [&](const Labels&... labels) { counter_.add(amount, labels...); });
    }
  }

  Counter<Labels...> counter_;
  std::array<Lane, kLanes> lanes_;
};

}  // namespace portcullis::telemetry
