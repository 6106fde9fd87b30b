#pragma once

#include <sys/types.h>

#include <cstdint>
#include <set>
#include <string>
#include <unordered_map>

namespace portcullis::net {

// The process that has a socket open.
struct SocketOwner {
  pid_t process = 0;
  std::string program;  // as the process names itself; printable
};

// Of the sockets with these inodes, as far as we may look into other processes. Where several
// processes share a socket, one of them; the service manager only where nobody else has it.
std::unordered_map<std::uint64_t, SocketOwner> owners_of(const std::set<std::uint64_t>& inodes);

}  // namespace portcullis::net
