#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "proxy/base/result.h"
#include "proxy/net/descriptor.h"

namespace portcullis::net {

// Helpers for the short commands, which ask a running portcullis one question and have no event
// loop.

using SteadyTime = std::chrono::steady_clock::time_point;

// The point in time that is `span` from now.
SteadyTime after(std::chrono::milliseconds span);

// Blocks until one of the poll(2) `events` is reported. Returns false when `deadline` has passed.
bool wait_for(const Descriptor& socket, std::int16_t events, SteadyTime deadline);

struct AnswerLimits {
  SteadyTime deadline;
  std::size_t bytes = 0;
};

// Reads until the other end closes. It is an error if the other end does not close before the
// deadline, or sends more than `bytes` octets. Error messages call the other end `name`.
Result<std::string> read_to_end(const Descriptor& socket, const std::string& name,
                                const AnswerLimits& limits);

}  // namespace portcullis::net
