#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "proxy/base/result.h"
#include "proxy/net/descriptor.h"

namespace portcullis::net {

// For the short commands, which ask a running portcullis one thing and have no event loop.

using SteadyTime = std::chrono::steady_clock::time_point;

// The point in time that is `span` from now.
SteadyTime after(std::chrono::milliseconds span);

// Blocks until `events` of poll(2) are possible; false when `deadline` is over.
bool wait_for(const Descriptor& socket, std::int16_t events, SteadyTime deadline);

struct AnswerLimits {
  SteadyTime deadline;
  std::size_t bytes = 0;
};

// Reads until the other end closes. An error: it does not close before the deadline, or says more
// than `bytes`. `name` is what errors call the other end.
Result<std::string> read_to_end(const Descriptor& socket, const std::string& name,
                                const AnswerLimits& limits);

}  // namespace portcullis::net
