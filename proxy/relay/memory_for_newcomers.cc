#include "proxy/relay/memory_for_newcomers.h"

#include <cstddef>

namespace portcullis::relay {
namespace {

constexpr std::chrono::seconds kAfterRunningOut{10};

// In sixteenths of the memory: others, the backend.
constexpr std::array<std::size_t, 2> kRefused{14, 15};
constexpr std::array<std::size_t, 2> kAdmitted{12, 14};

}  // namespace

void MemoryForNewcomers::ran_out(std::chrono::milliseconds now) {
  ran_out_until_ = now + kAfterRunningOut;
}

bool MemoryForNewcomers::refuses(bool of_backend, std::chrono::milliseconds now) {
  const std::size_t who = of_backend ? 1 : 0;
  const auto sixteenth = all_.memory_limit() / 16;
  const auto taken = all_.memory();
  if (taken >= sixteenth * kRefused.at(who))
    refusing_.at(who) = true;
  else if (taken < sixteenth * kAdmitted.at(who))
    refusing_.at(who) = false;
  return refusing_.at(who) || (!of_backend && now < ran_out_until_.load());
}

}  // namespace portcullis::relay
