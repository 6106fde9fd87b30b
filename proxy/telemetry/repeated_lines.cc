#include "proxy/telemetry/repeated_lines.h"

#include <utility>

namespace portcullis::telemetry {

std::int64_t RepeatedLines::happened(const std::string& kind, std::chrono::milliseconds now) {
  const std::scoped_lock lock(mutex_);
  auto known = kinds_.find(kind);
  if (known == kinds_.end()) {
    if (kinds_.size() >= kMostKinds)
      std::erase_if(kinds_,
                    [now](const auto& one) { return now - one.second.written >= kBetweenLines; });
    if (kinds_.size() >= kMostKinds) return 0;
    kinds_.emplace(kind, State{now, 0});
    return 1;
  }
  State& state = known->second;
  ++state.untold;
  if (now - state.written < kBetweenLines) return 0;
  state.written = now;
  return std::exchange(state.untold, 0);
}

}  // namespace portcullis::telemetry
