#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <limits>

#include "proxy/relay/stream_ranks.h"

namespace portcullis::relay {

// The memory that all streams take together, in octets. That is what they hold for their peers
// (unfinished stanzas, and what is queued to connections), and a fixed sum for each of them,
// measured, for its objects, its TLS session and its buffers. Two limits hold: one for what is
// held, which peers can make grow, and one for everything.
//
// When much of what may be held is taken, the streams that hold most are not read from; when there
// is more than that, they have to end: each asks its HeldShare. Those of strangers come before all
// others (observe mode lets them through, under any name). When much of everything is taken,
// newcomers are refused, so that those who are there keep what they have: MemoryForNewcomers.
// Nobody else is slowed down: a stranger could otherwise stop everybody by filling the memory that
// all share. Thread-safe; nothing is locked.
class HeldBytes {
 public:
  static constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max() / 64;

  // `held` as limits.held_bytes, `memory` for everything.
  explicit HeldBytes(std::size_t held, std::size_t memory = kNoLimit)
      : limit_(held), memory_limit_(memory) {}
  HeldBytes(const HeldBytes&) = delete;
  HeldBytes& operator=(const HeldBytes&) = delete;

  void change(std::size_t held, std::size_t memory = kNoLimit) {
    limit_ = held;
    memory_limit_ = memory;
  }

  std::size_t total() const { return total_.load(std::memory_order_relaxed); }
  // Of everything.
  std::size_t memory() const { return total() + costs_.load(std::memory_order_relaxed); }
  std::size_t memory_limit() const { return memory_limit_.load(std::memory_order_relaxed); }
  // How many streams are stopped.
  std::size_t stopped() const { return stopped_.load(std::memory_order_relaxed); }
  bool too_many() const { return total() > room(); }
  // Whether streams may have to stop, to go on or to end, so that each has to be asked.
  bool is_short() const { return stopped() > 0 || takes(kStrangersStop); }

 private:
  friend class HeldShare;
  friend class StoppedStream;

  // The first who have to stop do so from here on, in eighths of what may be held.
  static constexpr std::size_t kStrangersStop = 5;

  // What may be held. What the streams cost by themselves is there, and nothing that is held can be
  // ended for it. So a part of the memory stays for what is held even if they cost more than they
  // should.
  std::size_t room() const {
    const auto memory = memory_limit();
    const auto costs = std::min(memory, costs_.load(std::memory_order_relaxed));
    return std::min(limit_.load(std::memory_order_relaxed), std::max(memory - costs, memory / 8));
  }
  std::size_t room(std::size_t eighths) const { return room() / 8 * eighths; }
  bool takes(std::size_t eighths) const { return total() > room(eighths); }

  void add_cost(std::size_t octets) { costs_.fetch_add(octets, std::memory_order_relaxed); }
  void drop_cost(std::size_t octets) { costs_.fetch_sub(octets, std::memory_order_relaxed); }
  void hold(std::size_t octets) { total_.fetch_add(octets, std::memory_order_relaxed); }
  void release(std::size_t octets) { total_.fetch_sub(octets, std::memory_order_relaxed); }
  // Releases them if the total is more than `most`. Of two loops that ask at once, the second one
  // sees what the first one has released.
  bool release_if_above(std::size_t most, std::size_t octets) {
    auto total = this->total();
    do {
      if (total <= most) return false;
    } while (!total_.compare_exchange_weak(total, total - octets, std::memory_order_relaxed));
    return true;
  }

  std::atomic<std::size_t> limit_;
  std::atomic<std::size_t> memory_limit_;
  std::atomic<std::size_t> total_{0};
  std::atomic<std::size_t> costs_{0};
  std::atomic<std::size_t> stopped_{0};
  StreamRanks ranks_;
};

}  // namespace portcullis::relay
