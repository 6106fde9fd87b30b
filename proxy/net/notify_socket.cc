#include "proxy/net/notify_socket.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>

namespace portcullis::net {
namespace {

constexpr timeval kPatience{1, 0};

tl::unexpected<Error> problem(std::string_view address, int error) {
  return fail("the service manager cannot be told anything at " + std::string(address) + ": " +
              std::strerror(error));
}

}  // namespace

Result<NotifySocket> NotifySocket::connect(std::string_view address) {
  sockaddr_un target{};
  target.sun_family = AF_UNIX;
  const bool has_file = address.starts_with('/');
  if ((!has_file && !address.starts_with('@')) || address.size() < 2 ||
      address.size() >= sizeof target.sun_path)
    return fail("NOTIFY_SOCKET: \"" + std::string(address) +
                "\" is neither a path nor a name behind \"@\"");
  std::copy(address.begin(), address.end(), target.sun_path);
  // A name without a file begins with a zero octet and is as long as it says (unix(7)).
  if (!has_file) target.sun_path[0] = '\0';
  const auto size = offsetof(sockaddr_un, sun_path) + address.size() + (has_file ? 1 : 0);

  Descriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket) return problem(address, errno);
  if (::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience) != 0 ||
      ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&target),
                static_cast<socklen_t>(size)) != 0)
    return problem(address, errno);
  return NotifySocket(std::move(socket), address);
}

Result<void> NotifySocket::send(std::string_view message) const {
  while (::send(socket_.get(), message.data(), message.size(), MSG_NOSIGNAL) < 0)
    if (errno != EINTR) return problem(address_, errno);
  return {};
}

}  // namespace portcullis::net
