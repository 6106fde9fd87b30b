#include "proxy/app/service_manager.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <utility>

namespace portcullis::app {
namespace {

constexpr std::chrono::seconds kGrace{5};  // to leave the process after the last stream

std::optional<std::int64_t> number(const std::string& text) {
  std::int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || rest != end) return std::nullopt;
  return value;
}

std::optional<std::chrono::microseconds> watchdog_of(const ServiceEnvironment& environment) {
  if (!environment.watchdog_pid.empty() && number(environment.watchdog_pid) != ::getpid())
    return std::nullopt;
  const auto microseconds = number(environment.watchdog_usec);
  if (!microseconds || *microseconds <= 0) return std::nullopt;
  return std::chrono::microseconds(*microseconds);
}

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string take_variable(const char* name) {
  std::string value = variable(name);
  ::unsetenv(name);
  return value;
}

// A line end would begin another assignment.
std::string one_line(std::string_view text) {
  std::string out(text);
  std::replace(out.begin(), out.end(), '\n', ' ');
  return out;
}

}  // namespace

ServiceEnvironment service_environment() {
  return {variable("NOTIFY_SOCKET"), variable("WATCHDOG_USEC"), variable("WATCHDOG_PID")};
}

net::ListenEnvironment take_listen_environment() {
  return {take_variable("LISTEN_PID"), take_variable("LISTEN_FDS"),
          take_variable("LISTEN_FDNAMES")};
}

Result<ServiceManager> ServiceManager::connect(const ServiceEnvironment& environment) {
  ServiceManager manager;
  if (environment.notify_socket.empty()) return manager;
  auto socket = net::NotifySocket::connect(environment.notify_socket);
  if (!socket) return tl::unexpected(socket.error());
  manager.socket_ = std::make_shared<const net::NotifySocket>(std::move(*socket));
  manager.watchdog_ = watchdog_of(environment);
  manager.environment_ = environment;
  return manager;
}

void ServiceManager::tell(const std::string& message) const {
  if (socket_) static_cast<void>(socket_->send(message));
}

void ServiceManager::ready(std::string_view status) const {
  tell("READY=1\nSTATUS=" + one_line(status));
}

void ServiceManager::reloading(std::chrono::microseconds monotonic) const {
  tell("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(monotonic.count()) +
       "\nSTATUS=Loading the configuration");
}

void ServiceManager::stopping(std::chrono::milliseconds at_most) const {
  const auto limit = std::chrono::microseconds(at_most) + kGrace;
  tell("STOPPING=1\nEXTEND_TIMEOUT_USEC=" +
       std::to_string(std::chrono::microseconds(limit).count()) + "\nSTATUS=Shutting down");
}

void ServiceManager::status(std::string_view text) const {
  tell("STATUS=" + one_line(text));
}

void ServiceManager::alive() const {
  tell("WATCHDOG=1");
}

void ServiceManager::hand_over(pid_t successor) {
  tell("MAINPID=" + std::to_string(successor));
  socket_.reset();
  watchdog_.reset();
}

WatchdogFeed::WatchdogFeed(net::Loop& loop, const ServiceManager& manager,
                           std::function<bool()> is_alive)
    : manager_(manager), is_alive_(std::move(is_alive)), timer_(loop, [this] { feed(); }) {
  if (!manager.watchdog()) return;
  // Half the time, as sd_watchdog_enabled(3) advises.
  interval_ =
      std::max(std::chrono::milliseconds(1),
               std::chrono::duration_cast<std::chrono::milliseconds>(*manager.watchdog() / 2));
  feed();
}

void WatchdogFeed::feed() {
  if (is_alive_()) manager_.alive();
  timer_.start(interval_);
}

}  // namespace portcullis::app
