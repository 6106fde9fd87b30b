#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "proxy/net/socket_address.h"

namespace portcullis::net {

// A TCP socket of this network namespace that listens.
struct PortHolder {
  std::uint64_t inode = 0;
  uid_t user = 0;
  bool is_ours = false;  // of this process
};

// Who listens on an address that shares connections with `address`: it is the same one, or one of
// the two is a wildcard. Empty where /proc cannot be read. Reads the table of all TCP connections,
// so it is for errors only.
std::vector<PortHolder> holders_of(const SocketAddress& address);

// "process 1234 (haproxy) of user 1000"; only the user where we may not look into that process.
std::string text_of(const PortHolder& holder);

// "; it is served by ..." with every holder that is not ours; "" where none is known.
std::string served_by(const SocketAddress& address);

// The lines of /proc/net/tcp or tcp6 in `table` that listen() and overlap with `address`.
std::vector<PortHolder> read_holders(const std::string& table, const SocketAddress& address);

}  // namespace portcullis::net
