#include "proxy/relay/linger.h"

#include <algorithm>
#include <utility>

namespace portcullis::relay {
namespace {

using std::chrono::milliseconds;

// No callback tells that a kernel has acknowledged something, so we look: soon at first, because
// most connections end at once, then rarely.
constexpr milliseconds kFirstInterval{50};
constexpr milliseconds kLastInterval{2'000};
// For an end that has taken all and does not close. Its kernel has everything, so nothing is lost
// when we close the socket; but some programs read no further when their own answer fails.
constexpr milliseconds kToClose{2'000};

}  // namespace

Linger::Linger(Scheduler& scheduler, const Patience& patience, Owner owner)
    : scheduler_(scheduler),
      stall_(patience.stall),
      ends_(scheduler.now() + patience.linger),
      interval_(kFirstInterval),
      owner_(std::move(owner)),
      timer_(scheduler.make_timer([this] { look(); })) {
  progress_.without(owner_.delivery(), scheduler_.now());
  look_later();
}

void Linger::look_later() {
  const auto left = std::max(ends_ - scheduler_.now(), milliseconds(0));
  timer_->start(std::min({left, stall_, interval_}));
  interval_ = std::min(interval_ * 2, kLastInterval);
}

bool Linger::is_over() {
  const auto now = scheduler_.now();
  const auto delivery = owner_.delivery();
  if (now >= ends_ || delivery.over) return true;
  if (delivery.waiting() > 0) {
    all_taken_since_.reset();
    return progress_.without(delivery, now) >= stall_;
  }
  if (!all_taken_since_) all_taken_since_ = now;
  return owner_.peer_closed() || now - *all_taken_since_ >= kToClose;
}

void Linger::look() {
  if (!is_over()) return look_later();
  const auto on_over = std::move(owner_.on_over);
  on_over();  // may destroy this
}

}  // namespace portcullis::relay
