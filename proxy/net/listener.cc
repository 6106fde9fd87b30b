#include "proxy/net/listener.h"

#include <fcntl.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "proxy/base/clock.h"
#include "proxy/net/descriptor.h"
#include "proxy/net/handed_sockets.h"
#include "proxy/net/handle.h"
#include "proxy/net/kept_descriptors.h"
#include "proxy/net/listening_socket.h"
#include "proxy/net/timer.h"

namespace portcullis::net {
namespace {

// Then established connections get their turn. The time counts when the owner has much to do for
// each connection; the number bounds what is new in one turn.
constexpr int kAcceptsPerTurn = 64;
constexpr std::chrono::microseconds kAcceptTime{1'000};
constexpr std::chrono::milliseconds kPause{100};

Descriptor open_reserve() {
  return Descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}

// Errors of one pending connection that accept(2) passes on; the next one may be fine.
bool concerns_one_connection(int error) {
  switch (error) {
    case EINTR:
    case ECONNABORTED:
    case ENETDOWN:
    case EPROTO:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
    case EPERM:
      return true;
    default:
      return false;
  }
}

}  // namespace

// The descriptor is watched with uv_poll instead of uv_listen. On EMFILE, libuv 1.44 closes
// connections without telling us; for that it gives up a reserve descriptor of its own. If another
// thread takes that descriptor, libuv retries accept() for ever within one callback.
struct Listener::Impl : SharedHandle {
  Impl(Loop& on_loop, Descriptor listening, OnConnection callback, OnConnection on_kept_callback)
      : loop(on_loop),
        socket(std::move(listening)),
        reserve(open_reserve()),
        on_connection(std::move(callback)),
        on_kept(std::move(on_kept_callback)),
        pause(on_loop, [this] { resume(); }) {}

  int open() {
    const int status = uv_poll_init(loop.raw(), &poll, socket.get());
    if (status != 0) return status;
    opened(&poll);
    resume();
    return 0;
  }

  void resume() {
    if (!socket) return;
    if (!reserve) reserve = open_reserve();
    uv_poll_start(&poll, UV_READABLE, [](uv_poll_t* handle, int, int) {
      const auto self = SharedHandle::of<Impl>(handle).shared_from_this();
      auto& impl = static_cast<Impl&>(*self);
      impl.loop.enter(nullptr, [&] { impl.accept_pending(); });
    });
  }

  void stop() {
    if (!socket) return;
    pause.stop();
    close();  // libuv must let go of the descriptor before it is closed
    socket.reset();
    reserve.reset();
  }

  void wait_a_little() {
    uv_poll_stop(&poll);
    pause.start(kPause);
  }

  void accept_pending() {
    const auto begun = monotonic_now();
    for (int i = 0; i < kAcceptsPerTurn && socket; ++i) {
      if (monotonic_now() - begun >= kAcceptTime) return;
      sockaddr_storage peer{};
      socklen_t size = sizeof peer;
      Descriptor accepted(::accept4(socket.get(), reinterpret_cast<sockaddr*>(&peer), &size,
                                    SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (is_kept_descriptor(accepted.get())) {
        ++exhausted;
        if (on_kept && !is_last_descriptor(accepted.get()))
          hand_over(std::move(accepted), peer, on_kept);
        continue;  // which closes it
      }
      if (accepted) {
        hand_over(std::move(accepted), peer, on_connection);
        continue;
      }
      if (errno == EAGAIN) return;
      if (concerns_one_connection(errno)) continue;
      if ((errno == EMFILE || errno == ENFILE) && refuse_one()) continue;
      return wait_a_little();
    }
  }

  // Accepts one connection with the reserve descriptor and closes it. Otherwise the peer would
  // wait, and epoll would report the connection again and again. Returns false if this was not
  // possible, because another thread took the reserve descriptor.
  bool refuse_one() {
    ++exhausted;
    reserve.reset();
    Descriptor refused(::accept4(socket.get(), nullptr, nullptr, SOCK_CLOEXEC));
    const bool done = static_cast<bool>(refused);
    refused.reset();
    reserve = open_reserve();
    return done;
  }

  void hand_over(Descriptor accepted, const sockaddr_storage& peer, const OnConnection& to);

  Loop& loop;
  Descriptor socket;
  Descriptor reserve;
  OnConnection on_connection;
  OnConnection on_kept;
  Timer pause;
  uv_poll_t poll{};
  std::size_t exhausted = 0;
};

void Listener::Impl::hand_over(Descriptor accepted, const sockaddr_storage& peer,
                               const OnConnection& to) {
  const auto pending = std::make_shared<Descriptor>(std::move(accepted));
  const Accept accept = [&on = loop, pending](TcpSocket::Handler& handler) {
    std::unique_ptr<TcpSocket> connection;
    if (!*pending) return connection;
    connection = std::make_unique<TcpSocket>(on, handler);
    if (connection->adopt(pending->get()))
      pending->release();
    else
      connection.reset();
    return connection;
  };
  to(accept, SocketAddress::from(reinterpret_cast<const sockaddr*>(&peer)));
}

Result<std::unique_ptr<Listener>> Listener::listen(Loop& loop, const SocketAddress& address,
                                                   OnConnection on_connection) {
  auto socket = ListeningSocket::join(address);
  if (!socket) return tl::unexpected(std::move(socket.error()));
  if (auto listening = socket->listen(); !listening) return tl::unexpected(listening.error());
  return serve(loop, std::move(*socket), std::move(on_connection));
}

Result<std::unique_ptr<Listener>> Listener::serve(Loop& loop, ListeningSocket socket,
                                                  OnConnection on_connection,
                                                  OnConnection on_kept) {
  const auto address = socket.address();
  auto impl = std::make_shared<Impl>(loop, std::move(socket).release(), std::move(on_connection),
                                     std::move(on_kept));
  const int status = impl->open();
  if (status != 0) return cannot_listen(address, -status);
  return std::unique_ptr<Listener>(new Listener(std::move(impl)));
}

Listener::Listener(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

Listener::~Listener() {
  impl_->stop();
}

void Listener::close() {
  impl_->stop();
}

SocketAddress Listener::address() const {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (getsockname(impl_->socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
    return {};
  return SocketAddress::from(reinterpret_cast<const sockaddr*>(&address));
}

Descriptor Listener::share() const {
  return duplicate(impl_->socket.get());
}

std::size_t Listener::exhausted() const {
  return impl_->exhausted;
}

}  // namespace portcullis::net
