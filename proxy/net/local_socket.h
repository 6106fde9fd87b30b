#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "proxy/base/result.h"
#include "proxy/net/descriptor.h"

namespace portcullis::net {

// Unix sockets (AF_UNIX, SOCK_STREAM) that live in the file system.

// Listens at `path`, mode 0600. A socket that a dead process left behind is replaced. If a process
// still answers on it, or if the file is not a socket, that is an error and the file stays.
Result<Descriptor> listen_local(const std::string& path);

// Connects to the one who listens at `path`. Does not wait where its queue is full.
Result<Descriptor> connect_local(const std::string& path);

inline constexpr std::size_t kMaxLocalAnswer = std::size_t{4} * 1024 * 1024;

// Sends `line` and '\n' and reads until the other end closes. Blocks for at most `at_most` in all.
// An answer of more than kMaxLocalAnswer octets is an error.
Result<std::string> ask_local(const std::string& path, const std::string& line,
                              std::chrono::milliseconds at_most);

}  // namespace portcullis::net
