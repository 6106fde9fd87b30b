#include "proxy/net/udp_socket.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "proxy/net/descriptor.h"
#include "proxy/net/handed_sockets.h"
#include "proxy/net/handle.h"

namespace portcullis::net {
namespace {

Descriptor make(const SocketAddress& address) {
  Descriptor socket(
      ::socket(address.raw()->sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int one = 1;
  if (socket && address.raw()->sa_family == AF_INET6)
    setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
  return socket;
}

tl::unexpected<Error> cannot_take(const SocketAddress& address, int error) {
  std::string advice;
  if (error == EADDRINUSE)
    advice = "; another program has it, `ss -lunp` shows which";
  else if (error == EADDRNOTAVAIL)
    advice = "; no network interface of this machine has this address";
  else if (error == EACCES)
    advice = "; ports below 1024 need CAP_NET_BIND_SERVICE";
  return fail("cannot listen on UDP " + address.text() + ": " + std::strerror(error) + advice);
}

}  // namespace

struct UdpSocket::Impl : OwnedHandle {
  Impl(Loop& on_loop, Handler& for_handler) : OwnedHandle(on_loop), handler(&for_handler) {}

  bool open(Descriptor socket) {
    if (uv_udp_init(loop().raw(), &udp) != 0) return false;
    opened(&udp);
    if (uv_udp_open(&udp, socket.get()) != 0) return false;
    socket.release();
    return uv_udp_recv_start(&udp, &Impl::on_alloc, &Impl::on_received) == 0;
  }

  void let_go() {
    handler = nullptr;
    close();
  }

  void send(std::string_view bytes, const sockaddr* to) {
    // libuv does not write into it.
    const uv_buf_t buffer{const_cast<char*>(bytes.data()), bytes.size()};
    uv_udp_try_send(&udp, &buffer, 1, to);
  }

  // Without a sender it is only the end of what has arrived.
  void received(ssize_t size, const char* bytes, const sockaddr* from) {
    if (handler == nullptr) return;
    if (size < 0) return handler->on_unreachable();
    if (from != nullptr)
      handler->on_datagram({bytes, static_cast<std::size_t>(size)}, SocketAddress::from(from));
  }

  static void on_alloc(uv_handle_t* handle, std::size_t, uv_buf_t* buffer) {
    *buffer = of<Impl>(handle).loop().receive_buffer();
  }
  static void on_received(uv_udp_t* handle, ssize_t size, const uv_buf_t* buffer,
                          const sockaddr* from, unsigned) {
    enter<Impl>(handle, [&](Impl& self) { self.received(size, buffer->base, from); });
  }

  Handler* handler;  // nullptr as soon as no callback is allowed any more
  uv_udp_t udp{};
};

Result<std::unique_ptr<UdpSocket>> UdpSocket::listen(Loop& loop, const SocketAddress& address,
                                                     Handler& handler) {
  auto socket = make(address);
  if (!socket || ::bind(socket.get(), address.raw(), address.raw_size()) != 0)
    return cannot_take(address, errno);
  std::unique_ptr<UdpSocket> udp(new UdpSocket(std::make_shared<Impl>(loop, handler)));
  if (!udp->impl_->open(std::move(socket))) return cannot_take(address, ENOMEM);
  return udp;
}

Result<std::unique_ptr<UdpSocket>> UdpSocket::adopt(Loop& loop, Descriptor socket,
                                                    Handler& handler) {
  ::fcntl(socket.get(), F_SETFL, O_NONBLOCK);
  std::unique_ptr<UdpSocket> udp(new UdpSocket(std::make_shared<Impl>(loop, handler)));
  if (!udp->impl_->open(std::move(socket)))
    return fail("the kernel has no memory to watch a UDP socket");
  return udp;
}

std::unique_ptr<UdpSocket> UdpSocket::connect(Loop& loop, const SocketAddress& peer,
                                              Handler& handler) {
  auto socket = make(peer);
  if (!socket || ::connect(socket.get(), peer.raw(), peer.raw_size()) != 0) return nullptr;
  std::unique_ptr<UdpSocket> udp(new UdpSocket(std::make_shared<Impl>(loop, handler)));
  return udp->impl_->open(std::move(socket)) ? std::move(udp) : nullptr;
}

UdpSocket::UdpSocket(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

UdpSocket::~UdpSocket() {
  impl_->let_go();
}

void UdpSocket::send(std::string_view bytes) {
  impl_->send(bytes, nullptr);
}

void UdpSocket::send_to(std::string_view bytes, const SocketAddress& to) {
  impl_->send(bytes, to.raw());
}

Descriptor UdpSocket::share() const {
  uv_os_fd_t socket = -1;
  uv_fileno(reinterpret_cast<const uv_handle_t*>(&impl_->udp), &socket);
  return duplicate(socket);
}

SocketAddress UdpSocket::address() const {
  sockaddr_storage address{};
  int size = sizeof address;
  if (uv_udp_getsockname(&impl_->udp, reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
  return SocketAddress::from(reinterpret_cast<const sockaddr*>(&address));
}

}  // namespace portcullis::net
