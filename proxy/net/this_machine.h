#pragma once

#include <cstdint>

#include "proxy/net/socket_address.h"

namespace portcullis::net {

// Whose an address is. kUnknown: the kernel could not be asked, because descriptors or memory have
// run out. The more an answer forbids, the greater it is.
enum class Whose : std::uint8_t { kOthers, kUnknown, kOurs };

// Whether the kernel delivers what is sent to this address to this machine (to its network
// namespace). It is asked each time, so an interface that comes or goes is noticed at once. Costs
// four system calls, sends nothing. The port does not matter. An address of a family that this
// machine does not have is not ours.
Whose whose_address(const SocketAddress& address);

}  // namespace portcullis::net
