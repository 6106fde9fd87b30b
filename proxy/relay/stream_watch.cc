#include "proxy/relay/stream_watch.h"

#include <algorithm>
#include <utility>

namespace portcullis::relay {
namespace {

constexpr std::chrono::seconds kInterval{30};

}  // namespace

StreamWatch::StreamWatch(Scheduler& scheduler, std::chrono::milliseconds idle, Owner owner)
    : scheduler_(scheduler),
      idle_(idle),
      owner_(std::move(owner)),
      timer_(scheduler.make_timer([this] { look(); })) {}

void StreamWatch::start(std::chrono::sys_seconds expires) {
  moved();
  change(expires);
}

void StreamWatch::change(std::chrono::sys_seconds expires) {
  expires_ = expires;
  look_again();
}

void StreamWatch::look_again() {
  using std::chrono::milliseconds;
  using std::chrono::seconds;
  // This is computed in whole seconds and bounded before it becomes milliseconds: what
  // never expires has the time sys_seconds::max(), which is too large for milliseconds.
  const seconds left = std::clamp(expires_ - scheduler_.wall_clock(), seconds(0), kInterval);
  timer_->start(std::min({milliseconds(left + seconds(1)), milliseconds(kInterval), idle_}));
}

void StreamWatch::look() {
  if (scheduler_.wall_clock() > expires_) return owner_.on_over(Over::kExpired);
  const auto queued = owner_.queued();
  const auto before = std::exchange(queued_, queued);
  if (queued > 0 && queued == before) return owner_.on_over(Over::kStalled);
  if (owner_.too_slow()) return owner_.on_over(Over::kSlow);
  if (scheduler_.now() - last_byte_ >= idle_) return owner_.on_over(Over::kIdle);
  look_again();
}

}  // namespace portcullis::relay
