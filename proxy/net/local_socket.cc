#include "proxy/net/local_socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

#include "proxy/net/blocking_socket.h"

namespace portcullis::net {
namespace {

constexpr int kBacklog = 8;

tl::unexpected<Error> problem(const std::string& path, int error, const std::string& advice = "") {
  return fail(path + ": " + std::strerror(error) + advice);
}

Result<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path)
    return fail(path + ": the path of a Unix socket has 1 to " +
                std::to_string(sizeof address.sun_path - 1) + " octets; choose a shorter one");
  path.copy(address.sun_path, path.size());
  return address;
}

Descriptor local_socket(int flags) {
  return Descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0));
}

const sockaddr* raw(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

// Whether a process listens there. EAGAIN also means that one does: only its backlog is full.
bool is_served(const sockaddr_un& address) {
  const auto probe = local_socket(SOCK_NONBLOCK);
  return ::connect(probe.get(), raw(address), sizeof address) == 0 || errno == EAGAIN;
}

// Removes the socket file of a process that ended without removing it.
Result<void> clear(const std::string& path, const sockaddr_un& address) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) {
    if (errno == ENOENT) return {};
    return problem(path, errno);
  }
  if (!S_ISSOCK(found.st_mode))
    return fail(path + " is a file, not a socket; remove it or choose another path");
  if (is_served(address))
    return fail(path + ": another process answers there; is portcullis running already?");
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return problem(path, errno);
  return {};
}

}  // namespace

Result<Descriptor> listen_local(const std::string& path) {
  const auto address = address_of(path);
  if (!address) return tl::unexpected(address.error());
  if (auto cleared = clear(path, *address); !cleared) return tl::unexpected(cleared.error());
  auto socket = local_socket(SOCK_NONBLOCK);
  if (!socket) return problem(path, errno);
  // This is done before bind(2), because bind(2) gives the file the mode of the socket. So there is
  // no moment in which another user could connect.
  if (::fchmod(socket.get(), S_IRUSR | S_IWUSR) != 0) return problem(path, errno);
  if (::bind(socket.get(), raw(*address), sizeof *address) != 0)
    return problem(path, errno, "; its folder must exist and be writable by portcullis");
  if (::listen(socket.get(), kBacklog) != 0) return problem(path, errno);
  return socket;
}

Result<Descriptor> connect_local(const std::string& path) {
  const auto address = address_of(path);
  if (!address) return tl::unexpected(address.error());
  auto socket = local_socket(SOCK_NONBLOCK);
  if (!socket || ::connect(socket.get(), raw(*address), sizeof *address) != 0)
    return problem(path, errno);
  return socket;
}

Result<std::string> ask_local(const std::string& path, const std::string& line,
                              std::chrono::milliseconds at_most) {
  const auto deadline = after(at_most);
  const auto address = address_of(path);
  if (!address) return tl::unexpected(address.error());
  const auto socket = local_socket(0);
  if (!socket) return problem(path, errno);
  if (::connect(socket.get(), raw(*address), sizeof *address) != 0) return problem(path, errno);
  const std::string request = line + "\n";  // fits any socket buffer
  if (::send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request.size()))
    return problem(path, errno);
  return read_to_end(socket, path, {deadline, kMaxLocalAnswer});
}

}  // namespace portcullis::net
