#include "proxy/net/handed_sockets.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <utility>

namespace portcullis::net {
namespace {

constexpr int kFirstHanded = 3;  // SD_LISTEN_FDS_START
constexpr int kMostHanded = 4096;

std::optional<int> option(const Descriptor& socket, int level, int name) {
  int value = 0;
  socklen_t size = sizeof value;
  if (getsockopt(socket.get(), level, name, &value, &size) != 0) return std::nullopt;
  return value;
}

// Names of files end with a zero octet, others are as long as the size says.
std::string local_name(const sockaddr_un& address, socklen_t size) {
  const auto length = size - std::min<std::size_t>(size, offsetof(sockaddr_un, sun_path));
  if (length == 0) return "";
  if (address.sun_path[0] == '\0') return "@" + std::string(address.sun_path + 1, length - 1);
  return {address.sun_path, ::strnlen(address.sun_path, length)};
}

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// The names stand between colons, one for each descriptor.
std::string take_name(std::string_view& names) {
  const auto colon = names.find(':');
  std::string name(names.substr(0, colon));
  names = colon == std::string_view::npos ? std::string_view() : names.substr(colon + 1);
  return name;
}

}  // namespace

Descriptor duplicate(int descriptor) {
  return Descriptor(::fcntl(descriptor, F_DUPFD_CLOEXEC, 0));
}

Result<HandedSockets::Socket> HandedSockets::look_at(Descriptor descriptor, std::string name) {
  const auto type = option(descriptor, SOL_SOCKET, SO_TYPE);
  if (!type) return fail(name + " is not a socket");
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (getsockname(descriptor.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
    return fail(name + " has no address");
  const bool listens = option(descriptor, SOL_SOCKET, SO_ACCEPTCONN).value_or(0) != 0;
  if (*type == SOCK_STREAM && !listens)
    return fail(name +
                " does not listen: it is one connection, or nobody has called listen(2) "
                "for it (a .socket unit needs Accept=no)");
  if (address.ss_family == AF_UNIX && *type == SOCK_STREAM)
    return Socket{std::move(descriptor), Kind::kLocal,
                  local_name(reinterpret_cast<const sockaddr_un&>(address), size), std::move(name)};
  const bool internet = address.ss_family == AF_INET || address.ss_family == AF_INET6;
  if (!internet || (*type != SOCK_STREAM && *type != SOCK_DGRAM))
    return fail(name + " is neither TCP, nor UDP, nor a Unix socket for connections");
  const auto bound = SocketAddress::from(reinterpret_cast<const sockaddr*>(&address));
  if (bound.is_v6() && bound.host() == "::" && *type == SOCK_STREAM &&
      option(descriptor, IPPROTO_IPV6, IPV6_V6ONLY).value_or(0) != 0)
    return fail(name +
                " takes IPv6 only, and \"[::]\" in [listen] means IPv4, too (a .socket unit "
                "needs BindIPv6Only=both)");
  return Socket{std::move(descriptor), *type == SOCK_STREAM ? Kind::kTcp : Kind::kUdp, bound.text(),
                std::move(name)};
}

Result<void> HandedSockets::add(Descriptor socket, std::string name) {
  auto looked_at = look_at(std::move(socket), std::move(name));
  if (!looked_at) return tl::unexpected(looked_at.error());
  sockets_.push_back(std::move(*looked_at));
  return {};
}

std::vector<Descriptor> HandedSockets::take(Kind kind, const std::string& bound_to) {
  std::vector<Descriptor> taken;
  std::vector<Socket> rest;
  for (auto& socket : sockets_) {
    if (socket.kind == kind && socket.bound_to == bound_to)
      taken.push_back(std::move(socket.descriptor));
    else
      rest.push_back(std::move(socket));
  }
  sockets_ = std::move(rest);
  return taken;
}

std::vector<Descriptor> HandedSockets::take_tcp(const SocketAddress& address) {
  return take(Kind::kTcp, address.text());
}

std::optional<Descriptor> HandedSockets::take_udp(const SocketAddress& address) {
  auto found = take(Kind::kUdp, address.text());
  return found.empty() ? std::nullopt : std::optional(std::move(found.front()));
}

std::optional<Descriptor> HandedSockets::take_local(const std::string& path) {
  auto found = take(Kind::kLocal, path);
  return found.empty() ? std::nullopt : std::optional(std::move(found.front()));
}

std::vector<std::string> HandedSockets::left() const {
  constexpr std::array kWords{"TCP ", "UDP ", "the Unix socket "};
  std::vector<std::string> texts;
  for (const auto& socket : sockets_)
    texts.push_back(kWords.at(static_cast<std::size_t>(socket.kind)) + socket.bound_to + " (" +
                    socket.name + ")");
  return texts;
}

HandedSockets handed_in(const ListenEnvironment& environment, std::vector<std::string>& faults) {
  HandedSockets sockets;
  // Meant for another process, which has left its environment to us.
  if (environment.pid.empty() || number(environment.pid) != ::getpid()) return sockets;
  const auto all = number(environment.fds);
  if (!all || *all < 0 || *all > kMostHanded) {
    faults.push_back("LISTEN_FDS is \"" + environment.fds.substr(0, 20) +
                     "\", which is no number of sockets; none of them is used");
    return sockets;
  }
  std::string_view rest = environment.names;
  for (int i = 0; i < *all; ++i) {
    const int descriptor = kFirstHanded + i;
    const auto given = take_name(rest);
    std::string name = "socket " + std::to_string(i + 1) + " of LISTEN_FDS";
    if (!given.empty()) name.append(", \"").append(given).append("\"");
    if (::fcntl(descriptor, F_SETFD, FD_CLOEXEC) != 0) {
      faults.push_back(name + " is not there");
      continue;
    }
    if (auto added = sockets.add(Descriptor(descriptor), name); !added)
      faults.push_back(added.error().message + "; it is closed");
  }
  return sockets;
}

}  // namespace portcullis::net
