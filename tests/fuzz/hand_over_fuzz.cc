// What a process says that wants to give or to take listeners.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "proxy/handover/offer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace portcullis::handover;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto left = read_left(text);
      left && read_left(text_of(*left).substr(0, text_of(*left).size() - 1)) != left)
    std::abort();
  const auto read = read_offer(text);
  if (!read || !*read) return 0;
  const auto& offer = **read;
  if (offer.process <= 0 || offer.sockets > kMostSockets ||
      offer.predecessors.size() > kMostPredecessors)
    std::abort();
  // What was understood is written so that it is understood alike.
  const auto again = read_offer(text_of(offer));
  if (!again || !*again || text_of(**again) != text_of(offer)) std::abort();
  return 0;
}
