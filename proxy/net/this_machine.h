#pragma once

#include "proxy/net/socket_address.h"

namespace portcullis::net {

// Whether the kernel delivers what is sent to this address to this machine (to its network
// namespace). It is asked each time, so an interface that comes or goes is noticed at once. Costs
// four system calls, sends nothing. The port does not matter.
bool is_of_this_machine(const SocketAddress& address);

}  // namespace portcullis::net
