#include "tests/bench/sockets.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace portcullis::bench {
namespace {

constexpr std::size_t kReceiveBytes = 128 * std::size_t{1024};
constexpr int kBacklog = 4096;

int checked(int result, const char* what) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), what);
  return result;
}

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
  const sockaddr* raw() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

Address address_of(const std::string& text, std::uint16_t port) {
  Address made;
  auto* const v4 = reinterpret_cast<sockaddr_in*>(&made.storage);
  auto* const v6 = reinterpret_cast<sockaddr_in6*>(&made.storage);
  if (inet_pton(AF_INET, text.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    made.size = sizeof *v4;
  } else if (inet_pton(AF_INET6, text.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    made.size = sizeof *v6;
  } else {
    throw std::system_error(EINVAL, std::generic_category(), text);
  }
  return made;
}

void no_delay(int fd) {
  const int on = 1;
  checked(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "TCP_NODELAY");
}

bool would_block() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

}  // namespace

Fd& Fd::operator=(Fd&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

Fd::~Fd() {
  if (fd_ >= 0) close(fd_);
}

Fd listen_on(std::uint16_t port) {
  return listen_at("127.0.0.1", port);
}

Fd listen_at(const std::string& text, std::uint16_t port) {
  const Address address = address_of(text, port);
  const int type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
  Fd fd(checked(socket(address.storage.ss_family, type, 0), "socket"));
  const int on = 1;
  checked(setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), "SO_REUSEADDR");
  checked(bind(fd.get(), address.raw(), address.size), "bind");
  checked(listen(fd.get(), kBacklog), "listen");
  return fd;
}

Fd connect_between(const std::string& from, const std::string& to, std::uint16_t port) {
  const Address source = address_of(from, 0);
  const Address target = address_of(to, port);
  const int type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
  Fd fd(checked(socket(source.storage.ss_family, type, 0), "socket"));
  no_delay(fd.get());
  // The port is chosen by connect(): so each may be used again toward another target.
  const int on = 1;
  checked(setsockopt(fd.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on), "socket");
  checked(bind(fd.get(), source.raw(), source.size), "bind");
  const int result = connect(fd.get(), target.raw(), target.size);
  if (result < 0 && errno != EINPROGRESS) checked(result, "connect");
  return fd;
}

Fd accept_from(const Fd& listener) {
  const int fd = accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0 && !would_block()) checked(fd, "accept");
  if (fd >= 0) no_delay(fd);
  return Fd(fd);
}

std::size_t send_some(const Fd& fd, std::string_view bytes) {
  const ssize_t sent = send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent < 0) {
    if (would_block()) return 0;
    throw std::system_error(errno, std::generic_category(), "send");
  }
  return static_cast<std::size_t>(sent);
}

std::pair<Received, std::string_view> receive_some(const Fd& fd) {
  static std::array<char, kReceiveBytes> buffer;
  const ssize_t got = recv(fd.get(), buffer.data(), buffer.size(), 0);
  if (got == 0) return {Received::kEnd, {}};
  if (got < 0) {
    if (would_block()) return {Received::kNothing, {}};
    throw std::system_error(errno, std::generic_category(), "recv");
  }
  return {Received::kBytes, {buffer.data(), static_cast<std::size_t>(got)}};
}

Poller::Poller() : epoll_(checked(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")) {}

void Poller::add(const Fd& fd, Handler& handler) {
  epoll_event event{.events = EPOLLIN, .data = {.ptr = &handler}};
  checked(epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd.get(), &event), "epoll_ctl");
}

void Poller::want_write(const Fd& fd, Handler& handler, bool on) {
  epoll_event event{.events = EPOLLIN, .data = {.ptr = &handler}};
  if (on) event.events |= EPOLLOUT;
  checked(epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd.get(), &event), "epoll_ctl");
}

void Poller::forget(const Fd& fd) {
  checked(epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd.get(), nullptr), "epoll_ctl");
}

bool Poller::wait(int timeout_ms) {
  std::array<epoll_event, 256> events;
  const int count =
      epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), timeout_ms);
  if (count < 0 && errno != EINTR) checked(count, "epoll_wait");
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    static_cast<Handler*>(event.data.ptr)->on_events(event.events);
  }
  return count > 0;
}

}  // namespace portcullis::bench
