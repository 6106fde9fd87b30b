#include "proxy/app/admin_port.h"

#include <algorithm>
#include <utility>

#include "proxy/base/log_words.h"
#include "proxy/net/port_holder.h"
#include "proxy/net/socket_address.h"

namespace portcullis::app {

AdminPort::AdminPort(net::Loop& loop, Timing timing, telemetry::Log& log, Owner owner)
    : timing_(timing),
      log_(log),
      owner_(std::move(owner)),
      pause_(timing.pause),
      timer_(loop, [this] { try_again(); }) {}

Result<void> AdminPort::try_once() {
  auto opened = owner_.open();
  if (!opened) return tl::unexpected(opened.error());
  server_ = std::move(*opened);
  return {};
}

Result<void> AdminPort::open() {
  auto opened = try_once();
  if (!opened) return fail(opened.error().message + owner_.holder());
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
  if (try_once()) {
    if (server_)
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

std::string holder_of(const std::optional<Endpoint>& admin) {
  if (!admin) return {};
  const auto address = net::SocketAddress::from(*admin);
  return address ? net::served_by(*address) : "";
}

}  // namespace portcullis::app
