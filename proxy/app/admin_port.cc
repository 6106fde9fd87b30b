#include "proxy/app/admin_port.h"

#include <algorithm>
#include <utility>

#include "proxy/base/log_words.h"

namespace portcullis::app {

AdminPort::AdminPort(net::Loop& loop, Timing timing, telemetry::Log& log, Open open)
    : timing_(timing),
      log_(log),
      open_(std::move(open)),
      pause_(timing.pause),
      timer_(loop, [this] { try_again(); }) {}

Result<void> AdminPort::open() {
  auto opened = open_();
  if (!opened) return tl::unexpected(opened.error());
  server_ = std::move(*opened);
  return {};
}

void AdminPort::open_when_free() {
  const auto opened = open();
  if (opened) return;
  log_.write(telemetry::Severity::kError, log_event::kListen,
             {{log_field::kDetail, opened.error().message +
                                       "; this is tried again until it succeeds, and nobody can "
                                       "ask for metrics and readiness until then"}});
  pause_ = timing_.pause;
  timer_.start(pause_);
}

void AdminPort::try_again() {
  if (open()) {
    log_.write(telemetry::Severity::kNotice, log_event::kListen,
               {{log_field::kDetail, "[listen] admin: listens now, after it could not before"}});
    return;
  }
  pause_ = std::min(2 * pause_, timing_.longest_pause);
  timer_.start(pause_);
}

void AdminPort::close() {
  timer_.stop();
  server_.reset();
}

}  // namespace portcullis::app
