#include "proxy/relay/stream_watch.h"

#include <algorithm>
#include <utility>

namespace portcullis::relay {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kInterval{30};

}  // namespace

StreamWatch::StreamWatch(Scheduler& scheduler, const Times& times, Owner owner)
    : scheduler_(scheduler),
      times_(times),
      owner_(std::move(owner)),
      timer_(scheduler.make_timer([this] { wake(); })) {}

void StreamWatch::start(std::chrono::sys_seconds expires) {
  moved();
  next_look_ = scheduler_.now() + interval();
  change(expires);
}

// The next look stays where it is: whoever changes something again and again must not put it off.
void StreamWatch::change(std::chrono::sys_seconds expires) {
  expires_ = expires;
  sleep();
}

void StreamWatch::ends() {
  if (lingers_until_) return;
  lingers_until_ = scheduler_.now() + times_.linger;
  next_look_ = std::min(next_look_, *lingers_until_);
  sleep();
}

milliseconds StreamWatch::interval() const {
  return std::min({milliseconds(kInterval), times_.idle, times_.stall});
}

void StreamWatch::sleep() {
  // This is computed in whole seconds and bounded before it becomes milliseconds: what
  // never expires has the time sys_seconds::max(), which is too large for milliseconds.
  const seconds left = std::clamp(expires_ - scheduler_.wall_clock(), seconds(0), kInterval);
  const auto until_look = std::max(next_look_ - scheduler_.now(), milliseconds(0));
  timer_->start(std::min(milliseconds(left + seconds(1)), until_look));
}

void StreamWatch::wake() {
  if (scheduler_.wall_clock() > expires_) return owner_.on_over(Over::kExpired);
  if (scheduler_.now() >= next_look_) return look();
  sleep();
}

void StreamWatch::look() {
  const auto now = scheduler_.now();
  const auto deliveries = owner_.deliveries();
  const bool near_stalled = progress_[0].without(deliveries[0], now) >= times_.stall;
  const bool far_stalled = progress_[1].without(deliveries[1], now) >= times_.stall;
  if (near_stalled) return owner_.on_over(Over::kNearStalled);
  if (far_stalled) return owner_.on_over(Over::kFarStalled);
  if (lingers_until_ && now >= *lingers_until_) return owner_.on_over(Over::kLingered);
  if (owner_.too_slow()) return owner_.on_over(Over::kSlow);
  if (now - last_byte_ >= times_.idle) return owner_.on_over(Over::kIdle);
  next_look_ = now + interval();
  if (lingers_until_) next_look_ = std::min(next_look_, *lingers_until_);
  sleep();
}

}  // namespace portcullis::relay
