#include "proxy/net/timer.h"

#include <algorithm>
#include <utility>

#include "proxy/net/handle.h"

namespace portcullis::net {

struct Timer::Impl : SharedHandle {
  explicit Impl(std::function<void()> on_expiry) : expired(std::move(on_expiry)) {}

  void open(Loop& loop) {
    uv_timer_init(loop.raw(), &timer);
    opened(&timer);
  }

  uv_timer_t timer{};
  std::function<void()> expired;
};

Timer::Timer(Loop& loop, std::function<void()> on_expiry)
    : impl_(std::make_shared<Impl>(std::move(on_expiry))) {
  impl_->open(loop);
}

Timer::~Timer() {
  impl_->close();
}

void Timer::start(std::chrono::milliseconds after) {
  const auto delay = static_cast<std::uint64_t>(std::max<std::int64_t>(after.count(), 0));
  uv_timer_start(
      &impl_->timer,
      [](uv_timer_t* timer) {
        // The owner may destroy the timer inside the callback. The function that runs must survive
        // that.
        const auto self = SharedHandle::of<Impl>(timer).shared_from_this();
        static_cast<Impl&>(*self).expired();
      },
      delay, 0);
}

void Timer::stop() {
  uv_timer_stop(&impl_->timer);
}

}  // namespace portcullis::net
