#include "proxy/net/listening_socket.h"

#include <netinet/tcp.h>

#include <cerrno>
#include <cstring>

namespace portcullis::net {
namespace {

constexpr int kBacklog = 511;
constexpr int kKeepAliveSeconds = 60;

void set_option(const Descriptor& socket, int level, int option, int value) {
  setsockopt(socket.get(), level, option, &value, sizeof value);
}

// NODELAY and keep-alive are inherited by accepted sockets, which saves three system calls each.
void set_options(const Descriptor& socket, const SocketAddress& address) {
  set_option(socket, SOL_SOCKET, SO_REUSEADDR, 1);
  set_option(socket, SOL_SOCKET, SO_REUSEPORT, 1);
  set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(socket, IPPROTO_TCP, TCP_KEEPIDLE, kKeepAliveSeconds);
  if (address.raw()->sa_family == AF_INET6)
    set_option(socket, IPPROTO_IPV6, IPV6_V6ONLY, address.host() == "::" ? 0 : 1);
}

}  // namespace

tl::unexpected<Error> cannot_listen(const SocketAddress& address, int error) {
  std::string advice;
  if (error == EADDRINUSE)
    advice = "; another program listens there, `ss -ltnp` shows which";
  else if (error == EADDRNOTAVAIL)
    advice = "; no network interface of this machine has this address";
  else if (error == EACCES)
    advice = "; ports below 1024 need CAP_NET_BIND_SERVICE";
  else if (error == EMFILE || error == ENFILE)
    advice = "; raise the limit of open files (LimitNOFILE=)";
  return fail("cannot listen on " + address.text() + ": " + std::strerror(error) + advice);
}

Result<ListeningSocket> ListeningSocket::open(const SocketAddress& address) {
  Descriptor socket(
      ::socket(address.raw()->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return cannot_listen(address, errno);
  set_options(socket, address);
  if (::bind(socket.get(), address.raw(), address.raw_size()) != 0)
    return cannot_listen(address, errno);
  if (::listen(socket.get(), kBacklog) != 0) return cannot_listen(address, errno);
  return ListeningSocket(std::move(socket), address);
}

}  // namespace portcullis::net
