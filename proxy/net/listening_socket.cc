#include "proxy/net/listening_socket.h"

#include <fcntl.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "proxy/net/handed_sockets.h"
#include "proxy/net/port_holder.h"

namespace portcullis::net {
namespace {

constexpr int kBacklog = 511;
constexpr int kKeepAliveSeconds = 60;

void set_option(const Descriptor& socket, int level, int option, int value) {
  setsockopt(socket.get(), level, option, &value, sizeof value);
}

// NODELAY and keep-alive are inherited by accepted sockets, which saves three system calls each.
void set_options_of_accepted(const Descriptor& socket) {
  set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(socket, IPPROTO_TCP, TCP_KEEPIDLE, kKeepAliveSeconds);
}

void set_options(const Descriptor& socket, const SocketAddress& address) {
  set_option(socket, SOL_SOCKET, SO_REUSEADDR, 1);
  set_options_of_accepted(socket);
  if (address.raw()->sa_family == AF_INET6)
    set_option(socket, IPPROTO_IPV6, IPV6_V6ONLY, address.host() == "::" ? 0 : 1);
}

Result<Descriptor> make(const SocketAddress& address) {
  Descriptor socket(
      ::socket(address.raw()->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return cannot_listen(address, errno);
  set_options(socket, address);
  return socket;
}

void share(const Descriptor& socket) {
  set_option(socket, SOL_SOCKET, SO_REUSEPORT, 1);
}

bool bind_to(const Descriptor& socket, const SocketAddress& address) {
  return ::bind(socket.get(), address.raw(), address.raw_size()) == 0;
}

// Whether sockets of our user may join it. systemd's may not: they are root's, and alone.
bool is_shared(const Descriptor& socket) {
  int value = 0;
  socklen_t size = sizeof value;
  return getsockopt(socket.get(), SOL_SOCKET, SO_REUSEPORT, &value, &size) == 0 && value != 0;
}

bool is_held_by_us_alone(const SocketAddress& address) {
  const auto holders = holders_of(address);
  return !holders.empty() && std::all_of(holders.begin(), holders.end(),
                                         [](const PortHolder& holder) { return holder.is_ours; });
}

std::string holders_text(const SocketAddress& address) {
  const auto text = served_by(address);
  return text.empty() ? "; another program has it, `ss -ltnp` shows which" : text;
}

}  // namespace

tl::unexpected<Error> cannot_listen(const SocketAddress& address, int error) {
  std::string advice;
  if (error == EADDRINUSE)
    advice = holders_text(address);
  else if (error == EADDRNOTAVAIL)
    advice = "; no network interface of this machine has this address";
  else if (error == EACCES)
    advice = "; ports below 1024 need CAP_NET_BIND_SERVICE";
  else if (error == EMFILE || error == ENFILE)
    advice = "; raise the limit of open files (LimitNOFILE=)";
  return fail("cannot listen on " + address.text() + ": " + std::strerror(error) + advice);
}

// A bind without SO_REUSEPORT fails where anybody listens, whatever options that one has. The
// option is set afterwards, for our other sockets. After a reload that gives an address of ours to
// another kind of stream, or a wildcard to its port, our own listeners are in the way until they
// are closed.
Result<ListeningSocket> ListeningSocket::claim(const SocketAddress& address) {
  auto socket = make(address);
  if (!socket) return tl::unexpected(socket.error());
  if (!bind_to(*socket, address)) {
    if (errno != EADDRINUSE) return cannot_listen(address, errno);
    if (!is_held_by_us_alone(address)) return cannot_listen(address, EADDRINUSE);
    return join(address);
  }
  share(*socket);
  return ListeningSocket(std::move(*socket), address);
}

Result<ListeningSocket> ListeningSocket::join(const SocketAddress& address) {
  auto socket = make(address);
  if (!socket) return tl::unexpected(socket.error());
  share(*socket);
  if (!bind_to(*socket, address)) return cannot_listen(address, errno);
  return ListeningSocket(std::move(*socket), address);
}

Result<std::vector<ListeningSocket>> ListeningSocket::adopt(std::vector<Descriptor> handed,
                                                            const SocketAddress& address,
                                                            std::size_t workers) {
  std::vector<ListeningSocket> sockets;
  for (auto& one : handed) {
    ::fcntl(one.get(), F_SETFL, O_NONBLOCK);
    set_options_of_accepted(one);
    sockets.push_back(ListeningSocket(std::move(one), address));
  }
  const std::size_t handed_over = sockets.size();
  while (sockets.size() < workers) {
    if (is_shared(sockets.front().descriptor_)) {
      if (auto joined = join(address)) {
        sockets.push_back(std::move(*joined));
        continue;
      }
    }
    auto shared = duplicate(sockets[sockets.size() % handed_over].descriptor_.get());
    if (!shared) return cannot_listen(address, errno);
    sockets.push_back(ListeningSocket(std::move(shared), address));
  }
  return sockets;
}

Result<void> ListeningSocket::listen() {
  if (::listen(descriptor_.get(), kBacklog) != 0) return cannot_listen(address_, errno);
  return {};
}

}  // namespace portcullis::net
