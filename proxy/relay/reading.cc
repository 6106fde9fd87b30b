#include "proxy/relay/reading.h"

#include <utility>

namespace portcullis::relay {

void Reading::stop(LegEnd& end, Why cause) {
  const auto before = std::exchange(why(end), static_cast<std::uint8_t>(why(end) | cause));
  if (before != 0) return;
  end.transport().pause_reading();
  if (end.side() == Side::kWan) pace_.pause(clock_.now());
}

void Reading::go_on(LegEnd& end, Why cause) {
  const auto before = std::exchange(why(end), static_cast<std::uint8_t>(why(end) & ~cause));
  if (before != cause) return;  // it is read from, or there is another cause
  end.transport().resume_reading();
  if (end.side() == Side::kWan) pace_.resume(clock_.now());
}

void Reading::stop(LegEnd& near, LegEnd& far) {
  if (stopped_) return;
  stopped_.emplace(all_);
  since_ = clock_.now();
  stop(near, kMemory);
  stop(far, kMemory);
}

void Reading::go_on(LegEnd& near, LegEnd* far) {
  if (!stopped_) return;
  stopped_.reset();
  go_on(near, kMemory);
  if (far != nullptr) go_on(*far, kMemory);
}

std::chrono::milliseconds Reading::stopped_for() const {
  return stopped_ ? clock_.now() - since_ : std::chrono::milliseconds(0);
}

}  // namespace portcullis::relay
