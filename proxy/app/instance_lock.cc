#include "proxy/app/instance_lock.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <functional>
#include <optional>
#include <thread>
#include <utility>
#include <variant>

namespace portcullis::app {
namespace {

// Nobody accepts: each start that was refused stays in the queue until the lock is given up. So
// many as the kernel allows.
constexpr int kBacklog = SOMAXCONN;

// Between its bind(2) and its listen(2) one of us cannot be connected to. That is over in no time.
constexpr std::chrono::milliseconds kPause{10};
constexpr int kTries = 50;

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

// What the kernel noted when it began to listen. Nothing: it does not listen, or its queue is full.
// Nothing here waits: the sockets do not block.
std::optional<ucred> holder_of(const Name& name) {
  const auto probe = local_socket();
  ucred holder{};
  socklen_t size = sizeof holder;
  if (::connect(probe.get(), name.raw(), name.size) != 0) return std::nullopt;
  if (getsockopt(probe.get(), SOL_SOCKET, SO_PEERCRED, &holder, &size) != 0) return std::nullopt;
  return holder;
}

// Taken, with whom the name belongs to; nobody, where that cannot be seen.
using Refused = std::optional<ucred>;

Result<std::variant<net::Descriptor, Refused>> try_to_take(const Name& name) {
  auto socket = local_socket();
  if (!socket) return fail(std::string("cannot make a Unix socket: ") + std::strerror(errno));
  if (::bind(socket.get(), name.raw(), name.size) != 0) {
    if (errno != EADDRINUSE)
      return fail(std::string("cannot bind a Unix socket: ") + std::strerror(errno));
    return holder_of(name);
  }
  // Nobody accepts: whoever connects learns who holds the name, and goes.
  if (::listen(socket.get(), kBacklog) != 0)
    return fail(std::string("cannot listen on a Unix socket: ") + std::strerror(errno));
  return std::variant<net::Descriptor, Refused>(std::move(socket));
}

// Who holds the name is not one of us, or cannot be seen.
std::string without_it(const std::string& config_file, const std::string& whose) {
  return "nothing keeps a second portcullis from starting with " + config_file +
         ", because the name for that among the abstract Unix sockets is held by " + whose +
         "; this one goes on, and its ports are its own all the same. To find that process: `sudo "
         "ss "
         "-xap | grep '@" +
         text_of(config_file) + "'`; end it, and restart portcullis when it suits";
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
  return InstanceLock(std::move(*held), "");
}

Result<InstanceLock> InstanceLock::take(const std::string& config_file) {
  const auto name = name_of(config_file);
  Refused holder;
  for (int i = 0; i < kTries && !holder; ++i) {
    if (i > 0) std::this_thread::sleep_for(kPause);
    auto taken = try_to_take(name);
    if (!taken) return fail("cannot lock " + config_file + ": " + taken.error().message);
    if (auto* const socket = std::get_if<net::Descriptor>(&*taken))
      return InstanceLock(std::move(*socket), "");
    holder = std::get<Refused>(*taken);
  }
  // One of us listens. If it is one whose queue somebody has filled, its ports refuse us.
  if (!holder)
    return InstanceLock(net::Descriptor(),
                        without_it(config_file, "a process that takes no connection"));
  const auto process = "process " + std::to_string(holder->pid);
  if (holder->uid != 0 && holder->uid != ::geteuid())
    return InstanceLock(
        net::Descriptor(),
        without_it(config_file, process + " of the user " + std::to_string(holder->uid)));
  return fail("portcullis already runs with " + config_file + ": " +
              (holder->pid > 0 ? process : "another process") +
              "; end it first, or have it take a change with `portcullis reload`");
}

}  // namespace portcullis::app
