#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>

#include "proxy/relay/stream_set.h"

namespace portcullis::relay {

// The newcomers of one event loop that read just now that no descriptor is left. There are few,
// because all loops have half of the descriptors that are kept (kept_descriptors.h). Those that do
// not leave when they were told must not keep the next ones from being told.
class ToldNewcomers {
 public:
  static constexpr std::size_t kMost = 2;
  static constexpr std::chrono::milliseconds kTimeToRead{200};

  // `streams` must outlive this.
  explicit ToldNewcomers(StreamSet& streams) : streams_(streams) {}

  // Whether one more can be told. The oldest is reset for it, if that had its time.
  bool make_room(std::chrono::milliseconds now) {
    std::erase_if(told_, [this](const Told& one) { return !streams_.contains(one.stream); });
    if (told_.size() < kMost) return true;
    const auto oldest = told_.front();
    if (now - oldest.since < kTimeToRead) return false;
    told_.pop_front();
    streams_.with(oldest.stream, [](Bridge& bridge) { bridge.abort(); });
    return true;
  }
  void add(std::uint64_t stream, std::chrono::milliseconds now) { told_.push_back({stream, now}); }

 private:
  struct Told {
    std::uint64_t stream;
    std::chrono::milliseconds since;
  };

  StreamSet& streams_;
  std::deque<Told> told_;  // the oldest first
};

}  // namespace portcullis::relay
