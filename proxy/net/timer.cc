#include "proxy/net/timer.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "proxy/net/handle.h"

namespace portcullis::net {

struct Timer::Impl : OwnedHandle {
  Impl(Loop& on_loop, std::function<void()> on_expiry)
      : OwnedHandle(on_loop), expired(std::move(on_expiry)) {}

  void open() {
    uv_timer_init(loop().raw(), &timer);
    opened(&timer);
  }

  static void on_expired(uv_timer_t* timer) {
    // The owner may destroy the timer inside the callback. The function that runs must survive
    // that.
    const auto kept = of<Impl>(timer).shared_from_this();
    enter<Impl>(timer, [](Impl& self) { self.expired(); });
  }

  uv_timer_t timer{};
  std::function<void()> expired;
};

Timer::Timer(Loop& loop, std::function<void()> on_expiry)
    : impl_(std::make_shared<Impl>(loop, std::move(on_expiry))) {
  impl_->open();
}

Timer::~Timer() {
  impl_->close();
}

void Timer::start(std::chrono::milliseconds after) {
  const auto delay = static_cast<std::uint64_t>(std::max<std::int64_t>(after.count(), 0));
  uv_timer_start(&impl_->timer, &Impl::on_expired, delay, 0);
}

void Timer::stop() {
  uv_timer_stop(&impl_->timer);
}

}  // namespace portcullis::net
