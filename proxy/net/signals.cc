#include "proxy/net/signals.h"

#include <csignal>
#include <utility>

#include "proxy/net/handle.h"

namespace portcullis::net {

struct SignalWatch::Impl : SharedHandle {
  Impl(Loop& on_loop, std::function<void()> on_signal)
      : loop(on_loop), arrived(std::move(on_signal)) {}

  void open(int signal_number) {
    uv_signal_init(loop.raw(), &signal);
    opened(&signal);
    uv_signal_start(
        &signal,
        [](uv_signal_t* handle, int) {
          const auto self = SharedHandle::of<Impl>(handle).shared_from_this();
          auto& impl = static_cast<Impl&>(*self);
          impl.loop.enter(nullptr, impl.arrived);
        },
        signal_number);
  }

  Loop& loop;
  uv_signal_t signal{};
  std::function<void()> arrived;
};

SignalWatch::SignalWatch(Loop& loop, int signal_number, std::function<void()> on_signal)
    : impl_(std::make_shared<Impl>(loop, std::move(on_signal))) {
  impl_->open(signal_number);
}

SignalWatch::~SignalWatch() {
  impl_->close();
}

void ignore_sigpipe() {
  struct sigaction action {};
  action.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &action, nullptr);
}

}  // namespace portcullis::net
