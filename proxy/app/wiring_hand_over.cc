// How the program takes the place of the one before it, and leaves its own to the next.

#include "proxy/app/wiring.h"
#include "proxy/base/log_words.h"

namespace portcullis::app {

void Program::name_unused_sockets() {
  for (const auto& socket : handed_.left())
    log_.write(telemetry::Severity::kWarning, log_event::kListen,
               {{log_field::kDetail,
                 socket + " was handed in, and the configuration names no listener there; it is "
                          "closed"}});
  if (!taker_) handed_.close_left();
}

// Until this, the process before us serves, and has noticed nothing.
Result<void> Program::take_over() {
  const bool owns_file = taker_->offer().owns_control_file;
  auto taken = hand_over_.confirm(std::move(*taker_));
  taker_.reset();
  if (!taken) return taken;
  handed_.close_left();
  if (owns_file) control_.own_file(true);
  admin_.open_when_free();
  return {};
}

Result<std::string> Program::drain(const DrainWish& wish) {
  // Who asks with a time wants streams to go on; a second request would end them.
  if (wish.notice && drain_.begun() && !drain_.handed_over()) {
    if (drain_.renew_notice(*wish.notice)) return drain_.status();
    return fail(drain_.status() +
                "; the listeners are closed already, so there is no notice to give");
  }
  hand_over_.withdraw();
  watches_.end();
  if (wish.now) hand_over_.end_those_before();
  // A service manager that has lost the process behind us starts no other one before we have ended,
  // and nobody accepts meanwhile.
  if (wish.now || hand_over_.successor_is_gone()) {
    drain_.end_now();
  } else {
    drain_.ask(config().limits, wish.notice);
  }
  return drain_.status();
}

void Program::step_back() {
  watchdog_.reset();
  watches_.step_back();
  dns_.close();
  control_.own_file(false);
  control_.close();
  admin_.close();
}

}  // namespace portcullis::app
