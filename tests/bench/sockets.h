#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace portcullis::bench {

// Owns a file descriptor.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept;
  ~Fd();

  int get() const { return fd_; }

 private:
  int fd_ = -1;
};

// All sockets are on 127.0.0.1 where no address is given, non-blocking and without Nagle's delay.
// Errors are thrown as std::system_error.
Fd listen_on(std::uint16_t port);
Fd listen_at(const std::string& address, std::uint16_t port);
Fd accept_from(const Fd& listener);  // -1 when nobody waits
// From one address, IPv4 or IPv6 in text, to another; still under way when this returns.
Fd connect_between(const std::string& from, const std::string& to, std::uint16_t port);

// Bytes taken by the kernel; 0 when it has no room.
std::size_t send_some(const Fd& fd, std::string_view bytes);

enum class Received : std::uint8_t { kBytes, kNothing, kEnd };
// Valid until the next call.
std::pair<Received, std::string_view> receive_some(const Fd& fd);

class Handler {
 public:
  virtual ~Handler() = default;
  virtual void on_events(std::uint32_t events) = 0;
};

// epoll, level-triggered. A handler must outlive the wait() in which it is called.
class Poller {
 public:
  Poller();
  void add(const Fd& fd, Handler& handler);
  void want_write(const Fd& fd, Handler& handler, bool on);
  void forget(const Fd& fd);
  // Calls the handlers of what is ready; false after `timeout_ms` without anything.
  bool wait(int timeout_ms);

 private:
  Fd epoll_;
};

}  // namespace portcullis::bench
