#include "proxy/net/signals.h"

#include <csignal>
#include <utility>

#include "proxy/net/handle.h"

namespace portcullis::net {

struct SignalWatch::Impl : SharedHandle {
  explicit Impl(std::function<void()> on_signal) : arrived(std::move(on_signal)) {}

  void open(Loop& loop, int signal_number) {
    uv_signal_init(loop.raw(), &signal);
    opened(&signal);
    uv_signal_start(
        &signal,
        [](uv_signal_t* handle, int) {
          const auto self = SharedHandle::of<Impl>(handle).shared_from_this();
          static_cast<Impl&>(*self).arrived();
        },
        signal_number);
  }

  uv_signal_t signal{};
  std::function<void()> arrived;
};

SignalWatch::SignalWatch(Loop& loop, int signal_number, std::function<void()> on_signal)
    : impl_(std::make_shared<Impl>(std::move(on_signal))) {
  impl_->open(loop, signal_number);
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
