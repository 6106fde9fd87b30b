#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "proxy/net/socket_address.h"

namespace portcullis::net {

// A TCP connection of this machine that is open, or is being opened.
struct OpenConnection {
  std::uint32_t user = 0;  // number of the user whose socket it is
  SocketAddress remote;
  bool operator==(const OpenConnection&) const = default;
};

// Reads what Linux writes into /proc/net/tcp or /proc/net/tcp6 (proc(5)), and returns the
// connections to a remote port for which `wanted` is true. Lines that cannot be read are skipped.
std::vector<OpenConnection> read_socket_table(std::string_view table,
                                              bool (*wanted)(std::uint16_t));

}  // namespace portcullis::net
