#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "proxy/base/result.h"
#include "proxy/net/handed_sockets.h"
#include "proxy/net/loop.h"
#include "proxy/net/notify_socket.h"
#include "proxy/net/timer.h"

namespace portcullis::app {

// What a service manager puts into the environment of a service; "" where it does not.
struct ServiceEnvironment {
  std::string notify_socket;  // NOTIFY_SOCKET
  std::string watchdog_usec;  // WATCHDOG_USEC: after this much silence the service counts as hung
  std::string watchdog_pid;   // WATCHDOG_PID: the process that this is said to
};
ServiceEnvironment service_environment();
// The sockets that it hands in. The variables are removed, so that no program that we start takes
// them for its own. Before any thread.
net::ListenEnvironment take_listen_environment();

// Tells the service manager that started us, if one did, how we are: systemd's Type=notify. What it
// cannot be told is lost; serving does not depend on it.
class ServiceManager {
 public:
  // The manager that `environment` names. An error when it cannot be reached.
  static Result<ServiceManager> connect(const ServiceEnvironment& environment);
  // There is none: nothing is said.
  ServiceManager() = default;

  // We serve, or serve again after reloading(). `status` is what an operator reads in
  // `systemctl status`.
  void ready(std::string_view status) const;
  // `monotonic`: CLOCK_MONOTONIC, not before the wish to reload came.
  void reloading(std::chrono::microseconds monotonic) const;
  // It may take up to `at_most` from now on, whatever the manager's own limit is.
  void stopping(std::chrono::milliseconds at_most) const;

  // What an operator reads in `systemctl status`.
  void status(std::string_view text) const;

  // How long a silence counts as hung; none: nobody watches.
  const std::optional<std::chrono::microseconds>& watchdog() const { return watchdog_; }
  void alive() const;

  // Whoever started us: what a successor needs to speak with it in our place.
  const ServiceEnvironment& environment() const { return environment_; }
  // The service is another process from now on. Nothing more is said by this one.
  void hand_over(pid_t successor);

 private:
  void tell(const std::string& message) const;

  std::shared_ptr<const net::NotifySocket> socket_;
  std::optional<std::chrono::microseconds> watchdog_;
  ServiceEnvironment environment_;
};

// Says alive() as often as the manager wants to hear it, as long as `is_alive` holds. It runs on
// `loop`, so a loop that hangs is noticed as well.
class WatchdogFeed {
 public:
  WatchdogFeed(net::Loop& loop, const ServiceManager& manager, std::function<bool()> is_alive);

 private:
  void feed();

  const ServiceManager& manager_;  // outlives us
  std::function<bool()> is_alive_;
  std::chrono::milliseconds interval_{0};
  net::Timer timer_;
};

}  // namespace portcullis::app
