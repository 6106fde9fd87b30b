#include "proxy/relay/held_bytes.h"

#include <bit>
#include <utility>

namespace portcullis::relay {
namespace {

constexpr std::size_t kSmall = 1024;

}  // namespace

std::size_t HeldBytes::size_of(std::size_t bytes) {
  return static_cast<std::size_t>(std::bit_width(bytes));
}

void HeldBytes::Share::set(std::size_t bytes) {
  const std::size_t difference = bytes > told_ ? bytes - told_ : told_ - bytes;
  if (difference == 0 || (difference < kSmall && bytes != 0)) return;
  if (bytes > told_)
    all_.total_.fetch_add(difference, std::memory_order_relaxed);
  else
    all_.total_.fetch_sub(difference, std::memory_order_relaxed);
  const auto before = size_of(std::exchange(told_, bytes));
  const auto after = size_of(told_);
  if (before == after) return;
  if (before != 0) all_.streams_[before].fetch_sub(1, std::memory_order_relaxed);
  if (after != 0) all_.streams_[after].fetch_add(1, std::memory_order_relaxed);
}

bool HeldBytes::Share::must_end() const {
  if (told_ == 0 || !all_.too_many()) return false;
  for (std::size_t size = size_of(told_) + 1; size < kSizes; ++size)
    if (all_.streams_[size].load(std::memory_order_relaxed) > 0) return false;
  return true;
}

}  // namespace portcullis::relay
