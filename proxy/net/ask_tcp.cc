#include "proxy/net/ask_tcp.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "proxy/net/blocking_socket.h"
#include "proxy/net/socket_address.h"

namespace portcullis::net {
namespace {

Result<Descriptor> connect_to(const SocketAddress& address, const std::string& name,
                              SteadyTime deadline) {
  Descriptor socket(
      ::socket(address.raw()->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return fail(name + ": " + std::strerror(errno));
  if (::connect(socket.get(), address.raw(), address.raw_size()) == 0) return socket;
  if (errno != EINPROGRESS) return fail(name + ": " + std::strerror(errno));
  if (!wait_for(socket, POLLOUT, deadline)) return fail(name + ": no answer came in time");
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  if (error != 0) return fail(name + ": " + std::strerror(error));
  return socket;
}

}  // namespace

Result<std::string> ask_tcp(const Endpoint& service, std::string_view request,
                            const AskLimits& limits) {
  const auto deadline = after(limits.time);
  const auto name = service.text();
  const auto address = SocketAddress::from(service);
  if (!address) return tl::unexpected(address.error());
  const auto socket = connect_to(*address, name, deadline);
  if (!socket) return tl::unexpected(socket.error());
  // The send buffer of a new connection is empty, so it takes a short request as a whole.
  if (::send(socket->get(), request.data(), request.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request.size()))
    return fail(name + ": the request could not be sent");
  return read_to_end(*socket, name, {deadline, limits.answer_bytes});
}

}  // namespace portcullis::net
