#include "proxy/app/instance_lock.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <functional>
#include <optional>
#include <utility>

namespace portcullis::app {
namespace {

// Nobody accepts: each start that was refused stays in the queue until the lock is given up. So
// many as the kernel allows; with a full queue the holder is only "another process".
constexpr int kBacklog = SOMAXCONN;

struct Name {
  sockaddr_un address{};
  socklen_t size = 0;
  const sockaddr* raw() const { return reinterpret_cast<const sockaddr*>(&address); }
};

// The folder is named by its device and inode, which are the same in every mount namespace; an
// editor that replaces the file leaves them as they are.
std::string text_of(const std::string& config_file) {
  const std::filesystem::path path(config_file);
  const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  std::string text = "portcullis/";
  struct stat found {};
  if (::stat(folder.c_str(), &found) == 0)
    text += std::to_string(found.st_dev) + ":" + std::to_string(found.st_ino);
  // A file name can be longer than the name of a socket.
  return text + "/" + std::to_string(std::hash<std::string>()(path.filename().string()));
}

Name name_of(const std::string& config_file) {
  const std::string text = text_of(config_file);
  Name name;
  name.address.sun_family = AF_UNIX;
  // The first octet stays 0: that makes it abstract.
  const auto length = text.copy(name.address.sun_path + 1, sizeof name.address.sun_path - 1);
  name.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + length);
  return name;
}

net::Descriptor local_socket() {
  return net::Descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

// What the kernel noted when it began to listen. Nothing: it does not listen.
std::optional<ucred> holder_of(const Name& name) {
  const auto probe = local_socket();
  ucred holder{};
  socklen_t size = sizeof holder;
  if (::connect(probe.get(), name.raw(), name.size) != 0) return std::nullopt;
  if (getsockopt(probe.get(), SOL_SOCKET, SO_PEERCRED, &holder, &size) != 0) return std::nullopt;
  return holder;
}

}  // namespace

std::string InstanceLock::name(const std::string& config_file) {
  return text_of(config_file);
}

Result<InstanceLock> InstanceLock::take_over(const std::string& config_file,
                                             net::HandedSockets& handed) {
  auto held = handed.take_local("@" + text_of(config_file));
  if (!held) return take(config_file);
  // The kernel notes anew who listens.
  if (::listen(held->get(), kBacklog) != 0)
    return fail(std::string("cannot listen on a Unix socket: ") + std::strerror(errno));
  return InstanceLock(std::move(*held));
}

Result<InstanceLock> InstanceLock::take(const std::string& config_file) {
  const auto name = name_of(config_file);
  auto socket = local_socket();
  if (!socket) return fail(std::string("cannot make a Unix socket: ") + std::strerror(errno));
  if (::bind(socket.get(), name.raw(), name.size) == 0) {
    // Nobody accepts: whoever connects learns who holds the name, and goes.
    if (::listen(socket.get(), kBacklog) != 0)
      return fail(std::string("cannot listen on a Unix socket: ") + std::strerror(errno));
    return InstanceLock(std::move(socket));
  }
  if (errno != EADDRINUSE)
    return fail(std::string("cannot lock ") + config_file + ": " + std::strerror(errno));
  const auto holder = holder_of(name);
  if (holder && holder->uid != 0 && holder->uid != ::geteuid())
    return InstanceLock(net::Descriptor());
  const std::string who =
      holder && holder->pid > 0 ? "process " + std::to_string(holder->pid) : "another process";
  return fail("portcullis already runs with " + config_file + ": " + who +
              "; end it first, or have it take a change with `portcullis reload`");
}

}  // namespace portcullis::app
