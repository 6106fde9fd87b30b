#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace portcullis::relay {

// How many streams there are of each rank. The rank is the length in bits of what a stream holds;
// strangers rank above everybody else, and 0 are all those that hold nothing. Thread-safe; nothing
// is locked.
class StreamRanks {
 public:
  // Of a stream that holds so many octets.
  static std::size_t of(std::size_t octets, bool stranger) {
    const auto size = static_cast<std::size_t>(std::bit_width(octets));
    return stranger && size != 0 ? kSizes + size : size;
  }

  // One stream had the rank `from`, and has the rank `to` now. It is of rank 0 when it begins, and
  // has to be when it ends.
  void move(std::size_t from, std::size_t to) {
    if (from == to) return;
    if (from != 0) streams_[from].fetch_sub(1, std::memory_order_relaxed);
    if (to != 0) streams_[to].fetch_add(1, std::memory_order_relaxed);
  }

  bool is_any_above(std::size_t rank) const {
    return std::any_of(streams_.begin() + static_cast<std::ptrdiff_t>(rank) + 1, streams_.end(),
                       [](const auto& count) { return count.load(std::memory_order_relaxed) > 0; });
  }

 private:
  static constexpr std::size_t kSizes = sizeof(std::size_t) * 8 + 1;
  static constexpr std::size_t kRanks = 2 * kSizes;

  std::array<std::atomic<std::uint32_t>, kRanks> streams_{};  // those of rank 0 are not counted
};

}  // namespace portcullis::relay
