#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "proxy/net/socket_address.h"

namespace portcullis::net {

// A TCP connection that this machine has opened, or is opening.
struct OpenConnection {
  std::uint32_t user = 0;  // number of the user whose socket it is
  SocketAddress remote;
  bool operator==(const OpenConnection&) const = default;
};

// Reads what Linux writes into /proc/net/tcp and /proc/net/tcp6 (proc(5)), one after the other, and
// returns the connections to a remote port for which `wanted` is true. Those to an address and port
// where this machine listens were opened by somebody else, who may choose his own port as he
// likes: they are left out. Lines that cannot be read are skipped.
std::vector<OpenConnection> read_socket_table(std::string_view table,
                                              bool (*wanted)(std::uint16_t));

// A TCP socket that listens.
struct OpenListener {
  SocketAddress address;
  std::uint32_t user = 0;
  std::uint64_t inode = 0;
  bool operator==(const OpenListener&) const = default;
};

// All of them in the same two tables.
std::vector<OpenListener> read_listeners(std::string_view table);

}  // namespace portcullis::net
