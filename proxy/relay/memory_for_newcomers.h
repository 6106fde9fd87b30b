#pragma once

#include <array>
#include <atomic>
#include <chrono>

#include "proxy/relay/held_bytes.h"

namespace portcullis::relay {

// Whether there is memory for one more stream, so that newcomers are refused before those who are
// there have to end. Thread-safe; nothing is locked. `now` is of any clock that all loops share.
class MemoryForNewcomers {
 public:
  // `all` must outlive this.
  explicit MemoryForNewcomers(const HeldBytes& all) : all_(all) {}
  MemoryForNewcomers(const MemoryForNewcomers&) = delete;
  MemoryForNewcomers& operator=(const MemoryForNewcomers&) = delete;

  // Whether a new stream is to be refused. Streams of the backend are refused later than those of
  // others. Once refused, they are until clearly less is taken.
  bool refuses(bool of_backend, std::chrono::milliseconds now);
  // The system had no memory for us. Newcomers that are not of the backend are refused for ten
  // seconds.
  void ran_out(std::chrono::milliseconds now);

 private:
  const HeldBytes& all_;
  std::array<std::atomic<bool>, 2> refusing_{};  // others, the backend
  std::atomic<std::chrono::milliseconds> ran_out_until_{std::chrono::milliseconds::min()};
};

}  // namespace portcullis::relay
