#pragma once

#include <cstddef>
#include <functional>

#include "proxy/net/timer.h"

namespace portcullis::app {

// Tells when much less memory is taken than before: when a flood is over. A value: no clock.
class MemoryFall {
 public:
  // Less is not worth the work.
  static constexpr std::size_t kWorthIt = std::size_t{16} * 1024 * 1024;

  // `taken`: octets, now. True if so much less is taken than at the most since it was true last.
  bool fell(std::size_t taken) {
    if (taken > most_) most_ = taken;
    if (most_ - taken < kWorthIt) return false;
    most_ = taken;
    return true;
  }

 private:
  std::size_t most_ = 0;
};

// Gives freed memory back to the system when a flood is over. The C library keeps it otherwise, as
// long as anything above it is in use. Lives on one loop, not on that of streams: while memory is
// given back, which takes 0.1 s for 1 GiB, whoever allocates waits.
class MemoryReturn {
 public:
  struct Owner {
    std::function<std::size_t()> taken;  // by all streams, in octets
    std::function<void()> give_back;
  };

  // `loop` must outlive this.
  MemoryReturn(net::Loop& loop, Owner owner);

  // What the C library has, it gives back.
  static void give_back();

 private:
  void look();

  Owner owner_;
  MemoryFall fall_;
  net::Timer timer_;
};

}  // namespace portcullis::app
