#include "proxy/net/this_machine.h"

#include <cerrno>
#include <cstring>

#include "proxy/net/descriptor.h"

namespace portcullis::net {
namespace {

constexpr std::uint8_t kLoopbackNetwork = 127;  // RFC 1122 section 3.2.1.3

// The unspecified address reaches this machine, too.
bool is_always_local(const SocketAddress& address) {
  const in6_addr raw = address.as_v6();
  if (!address.is_v6()) return raw.s6_addr[12] == kLoopbackNetwork || address.host() == "0.0.0.0";
  return IN6_IS_ADDR_LOOPBACK(&raw) || IN6_IS_ADDR_UNSPECIFIED(&raw);
}

// connect(2) needs some port.
SocketAddress with_a_port(const SocketAddress& address) {
  constexpr std::uint16_t kDiscard = 9;
  const auto made = SocketAddress::from(Endpoint{address.host(), kDiscard});
  return made ? *made : SocketAddress();
}

// Whether a socket could not be made because something has run out, and not because this machine
// has no such sockets.
bool has_run_out(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

}  // namespace

// Toward an address of its own the kernel chooses that address as the source. A datagram socket
// that is connected shows which source was chosen. That needs neither netlink, which the sandbox of
// the service forbids, nor a list that would be out of date.
Whose whose_address(const SocketAddress& address) {
  if (is_always_local(address)) return Whose::kOurs;
  const auto to = with_a_port(address);
  const Descriptor socket(::socket(to.raw()->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket) return has_run_out(errno) ? Whose::kUnknown : Whose::kOthers;
  if (::connect(socket.get(), to.raw(), to.raw_size()) != 0) return Whose::kOthers;
  sockaddr_storage source{};
  socklen_t size = sizeof source;
  if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&source), &size) != 0)
    return Whose::kOthers;
  const auto chosen = SocketAddress::from(reinterpret_cast<const sockaddr*>(&source)).as_v6();
  const auto asked = to.as_v6();
  return std::memcmp(&chosen, &asked, sizeof asked) == 0 ? Whose::kOurs : Whose::kOthers;
}

}  // namespace portcullis::net
