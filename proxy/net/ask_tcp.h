#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "proxy/base/endpoint.h"
#include "proxy/base/result.h"

namespace portcullis::net {

struct AskLimits {
  std::chrono::milliseconds time{0};  // for connecting, sending and reading together
  std::size_t answer_bytes = 0;
};

// Connects to `service`, an IP address with a port, sends `request` and reads until the other end
// closes. Blocks. An answer of more than `answer_bytes` is an error. Errors name the address.
Result<std::string> ask_tcp(const Endpoint& service, std::string_view request,
                            const AskLimits& limits);

}  // namespace portcullis::net
